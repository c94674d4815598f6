// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/openbits/openbits/bitsup"
	"github.com/openbits/openbits/internal/testlab"
)

// served is the "bits serve" of a script.
type served struct {
	cmd            *exec.Cmd
	url, metrics   string
	user, password string
	session        string
	client         *http.Client
}

// servers are those of the scripts that run, by working folder.
var servers sync.Map

func serverOf(ts *testscript.TestScript) *served {
	s, _ := servers.LoadOrStore(ts.Getenv("WORK"), &served{client: http.DefaultClient})
	return s.(*served)
}

var announced = regexp.MustCompile(`^serving \S+ \(.*\) on (https?://\S+)/(?:, metrics on (\S+))?\n$`)

func serving(ts *testscript.TestScript, _ bool, args []string) {
	s := serverOf(ts)
	if args[0] == "stop" {
		ts.Check(s.cmd.Process.Signal(stopSignal))
		if err := s.cmd.Wait(); err != nil && stopSignal != os.Kill {
			ts.Fatalf("the server ended with %v", err)
		}
		s.cmd = nil
		return
	}
	program, err := os.Executable()
	ts.Check(err)
	log, err := os.OpenFile(ts.MkAbs("server.log"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	ts.Check(err)
	s.cmd = &exec.Cmd{Path: program, Args: append([]string{"bits", "serve"}, args...), Dir: ts.MkAbs("."), Stderr: log}
	out, err := s.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	ts.Defer(func() {
		if s.cmd != nil {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait()
		}
		_ = log.Close()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		text, _ := os.ReadFile(log.Name())
		ts.Fatalf("the server does not start: %s", text)
	}
	parts := announced.FindStringSubmatch(line)
	if parts == nil {
		ts.Fatalf("the server says %q", line)
	}
	s.url, s.metrics = strings.Replace(parts[1], "[::]", "127.0.0.1", 1), parts[2]
}

// certified makes cert.pem and key.pem, and has the requests that follow trust them.
func certified(ts *testscript.TestScript, _ bool, _ []string) {
	authority, err := testlab.NewAuthority("scripts")
	ts.Check(err)
	cert, key, err := authority.Issue(testlab.Leaf{})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("cert.pem"), []byte(cert), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("key.pem"), []byte(key), 0o600))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(authority.PEM))
	serverOf(ts).client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
}

func signin(ts *testscript.TestScript, _ bool, args []string) {
	s := serverOf(ts)
	s.user, s.password = "", ""
	if len(args) == 2 {
		s.user, s.password = args[0], args[1]
	}
}

// call makes a request and checks its status.
func (s *served) call(ts *testscript.TestScript, method, url, body, status string, headers map[string]string) *http.Response {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	ts.Check(err)
	if method == bitsup.Method && body == "" {
		r.Body, r.TransferEncoding = http.NoBody, []string{"identity"} // or net/http leaves the length out
	}
	for name, value := range headers {
		r.Header[name] = []string{value}
	}
	if s.user != "" {
		r.SetBasicAuth(s.user, s.password)
	}
	resp, err := s.client.Do(r)
	ts.Check(err)
	if got := strconv.Itoa(resp.StatusCode); got != status {
		ts.Fatalf("%s %s is answered %s, want %s: %v", method, url, got, status, resp.Header)
	}
	return resp
}

func packet(ts *testscript.TestScript, _ bool, args []string) {
	s := serverOf(ts)
	headers := map[string]string{"BITS-Packet-Type": args[1], "BITS-Supported-Protocols": bitsup.Protocol}
	if args[1] != "Create-Session" {
		headers["BITS-Session-Id"] = s.session
	}
	body := ""
	if len(args) == 5 {
		headers["Content-Range"], body = "bytes "+args[2], args[3]
	}
	resp := s.call(ts, bitsup.Method, s.url+args[0], body, args[len(args)-1], headers)
	ts.Check(resp.Body.Close())
	if id := resp.Header.Get("BITS-Session-Id"); id != "" {
		s.session = id
	}
}

func fetch(ts *testscript.TestScript, _ bool, args []string) {
	s := serverOf(ts)
	resp := s.call(ts, http.MethodGet, s.url+args[0], "", args[1], nil)
	b, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	if len(args) == 3 && string(b) != args[2] {
		ts.Fatalf("%s holds %q, want %q", args[0], b, args[2])
	}
}

func figures(ts *testscript.TestScript, _ bool, args []string) {
	s := serverOf(ts)
	resp := s.call(ts, http.MethodGet, s.metrics, "", "200", nil)
	b, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	if !strings.Contains("\n"+string(b), "\n"+args[0]+"\n") {
		ts.Fatalf("there is no %q in\n%s", args[0], b)
	}
}

func holds(ts *testscript.TestScript, _ bool, args []string) {
	if got := ts.ReadFile(args[0]); got != args[1] {
		ts.Fatalf("%s holds %q, want %q", args[0], got, args[1])
	}
}

// TestServeFlags: what the flags say arrives where it counts.
func TestServeFlags(t *testing.T) {
	f := serveFlags{
		maxSize: "1G", maxFragment: "8MiB", quota: "2T", userQuota: "3M", sessionTimeout: "3d", notifyTimeout: "10s", maxSessions: 7, clientSessions: 3,
		notifyURL: "http://127.0.0.1:1/x", notifyMode: "value", hostID: "h", hostIDFallback: "2h", publicURL: "https://p", overwrite: true, makeDirs: true, emptyFiles: true,
	}
	o, err := f.options("dir")
	if err != nil {
		t.Fatal(err)
	}
	if o.Dir != "dir" || o.MaxSize != 1<<30 || o.MaxFragment != 8<<20 || o.Quota != 2<<40 || o.UserQuota != 3<<20 || o.SessionTimeout.Hours() != 72 ||
		o.NotifyTimeout.Seconds() != 10 || o.Sessions != 7 || o.ClientSessions != 3 || o.NotifyURL.Path != "/x" || o.NotifyMode != bitsup.NotifyByValue ||
		o.HostID != "h" || o.HostIDFallback.Hours() != 2 || o.PublicURL.Host != "p" || !o.Overwrite || !o.MakeFolders || !o.EmptyFiles {
		t.Errorf("the options are %+v", o)
	}
}
