// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/places"
	"github.com/openbits/openbits/internal/sock"
	"github.com/openbits/openbits/internal/testlab"
)

// origins are the servers of the scripts that run, by working folder.
var origins sync.Map

func originOf(ts *testscript.TestScript) *testlab.Origin {
	o, ok := origins.Load(ts.Getenv("WORK"))
	if !ok {
		ts.Fatalf("there is no origin yet")
	}
	return o.(*testlab.Origin)
}

func origin(ts *testscript.TestScript, _ bool, args []string) {
	var options testlab.Options
	for _, arg := range args {
		switch arg {
		case "http":
		case "https":
			authority, err := testlab.NewAuthority("scripts")
			ts.Check(err)
			options.Authority = authority
			ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), []byte(authority.PEM), 0o600))
		case "expired":
			options.Leaf.Expired = true
		case "clients":
			options.ClientCerts = true
			cert, key, err := options.Authority.Issue(testlab.Leaf{Client: true})
			ts.Check(err)
			ts.Check(os.WriteFile(ts.MkAbs("cert.pem"), []byte(cert), 0o600))
			ts.Check(os.WriteFile(ts.MkAbs("key.pem"), []byte(key), 0o600))
		default:
			rate, err := strconv.ParseInt(arg, 10, 64)
			ts.Check(err)
			options.Rate = rate
		}
	}
	o, err := testlab.StartOrigin(options)
	ts.Check(err)
	ts.Defer(o.Close)
	origins.Store(ts.Getenv("WORK"), o)
	ts.Setenv("ORIGIN", o.URL)
}

func serve(ts *testscript.TestScript, _ bool, args []string) {
	length, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	content := testlab.Content{Seed: uint64(len(args[0])), Size: length}
	file := testlab.File{Content: content}
	if len(args) > 2 {
		file.Plan = func(int) testlab.Step { return testlab.Step{Fault: testlab.Fault(args[2])} }
	}
	originOf(ts).Put(args[0], file)
	ts.Setenv("SHA256", content.SHA256())
}

func answer(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	originOf(ts).Handle(args[0], func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range args[2:] {
			name, value, _ := strings.Cut(h, ":")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		if status == http.StatusOK {
			fmt.Fprintln(w, "<html>sign in</html>")
		}
	})
}

func signed(ts *testscript.TestScript, _ bool, args []string) {
	locked(ts, args[0], args[1], func(r *http.Request) bool { return r.URL.Query().Get("sig") == args[2] })
}

func guarded(ts *testscript.TestScript, _ bool, args []string) {
	locked(ts, args[0], args[1], func(r *http.Request) bool { return r.Header.Get(args[2]) == args[3] })
}

// locked serves a file to those who have the key.
func locked(ts *testscript.TestScript, path, length string, key func(*http.Request) bool) {
	size, err := strconv.ParseInt(length, 10, 64)
	ts.Check(err)
	content := testlab.Content{Seed: 7, Size: size}
	originOf(ts).Handle(path, func(w http.ResponseWriter, r *http.Request) {
		if !key(r) {
			http.Error(w, "not for you", http.StatusForbidden)
			return
		}
		w.Header().Set("ETag", `"locked"`)
		http.ServeContent(w, r, "", time.Time{}, content.Reader())
	})
}

func same(ts *testscript.TestScript, neg bool, args []string) {
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	versions := originOf(ts).Versions(args[1])
	if is := versions[len(versions)-1].Is(data); is == neg {
		ts.Fatalf("%s is what the server serves under %s: %v", args[0], args[1], is)
	}
}

// ancient is a service of a time before the first: it knows no call but the one that tells its version.
func ancient(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := sock.Listen(places.In(ts.Getenv(places.Home)).Socket)
	ts.Check(err)
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(api.HeaderAPI, "0")
		w.Header().Set(api.HeaderVersion, "0.0.1")
		if r.URL.Path != "/v1/service" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, `{"version":"0.0.1","api":0,"pid":%d}`, os.Getpid())
	}
	s := &http.Server{Handler: http.HandlerFunc(handler)}
	go func() { _ = s.Serve(l) }()
	ts.Defer(func() { _ = s.Shutdown(context.Background()) })
}

// tmpfs mounts a disk; the condition "mounts" tells whether that can be done.
func tmpfs(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(ts.Exec("mount", "-t", "tmpfs", "-o", "size="+args[1], "tmpfs", dir))
	ts.Defer(func() { _ = exec.Command("umount", "-l", dir).Run() })
}

func bind(ts *testscript.TestScript, _ bool, args []string) {
	from, to := ts.MkAbs(args[0]), ts.MkAbs(args[1])
	ts.Check(ts.Exec("mount", "--bind", from, to))
	ts.Defer(func() { _ = exec.Command("umount", "-l", to).Run() })
}
