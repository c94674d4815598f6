// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/server"
	"github.com/openbits/openbits/server/servertest"
)

// strangerSocket tells the test's own program, run under another account, to call every route.
const strangerSocket = "OPENBITS_TEST_STRANGER_SOCKET"

// nobody is the account that strangers run under.
const nobody = 65534

func TestMain(m *testing.M) {
	if socket := os.Getenv(strangerSocket); socket != "" {
		if err := callAll(socket, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// reply is what a stranger was told.
type reply struct {
	Call   string
	UID    int
	Status int
	Code   openbits.Kind
}

// callAll calls every route that the description in the binary's working folder names.
func callAll(socket string, out io.Writer) error {
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	enc := json.NewEncoder(out)
	for call := range strings.Lines(os.Getenv("OPENBITS_TEST_CALLS")) {
		method, path, _ := strings.Cut(strings.TrimSpace(call), " ")
		req, err := http.NewRequest(method, "http://openbits"+path, strings.NewReader("{}"))
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		var p api.Problem
		err = json.NewDecoder(resp.Body).Decode(&p)
		_ = resp.Body.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", call, err)
		}
		if err := enc.Encode(reply{strings.TrimSpace(call), os.Getuid(), resp.StatusCode, p.Code}); err != nil {
			return err
		}
	}
	return nil
}

// TestAnotherUsersProcessIsRefused lets a process of another account onto the socket, which its
// mode would not, and sees that the service turns it away from every route.
func TestAnotherUsersProcessIsRefused(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can run a process under another account; TestStrangersAreRefusedEverywhere fakes one")
	}
	svc := &servertest.Service{}
	socket, _ := servertest.Serve(t, svc, server.Options{})
	folder := filepath.Dir(socket)
	program := filepath.Join(folder, "stranger")
	copyProgram(t, program)
	for path, mode := range map[string]os.FileMode{folder: 0o755, socket: 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	calls := server.Calls()
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Dir = folder
	cmd.Env = []string{strangerSocket + "=" + socket, "OPENBITS_TEST_CALLS=" + strings.Join(calls, "\n")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: false}}
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); answers++ {
		var r reply
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		if r.UID != nobody {
			t.Fatalf("the stranger runs as %d", r.UID)
		}
		if r.Status != http.StatusForbidden || r.Code != openbits.KindAccessDenied {
			t.Errorf("%s answers a stranger with %d %s", r.Call, r.Status, r.Code)
		}
	}
	if answers != len(calls) || answers == 0 {
		t.Errorf("%d of %d calls were answered", answers, len(calls))
	}
	if page, err := svc.Jobs(t.Context(), openbits.JobQuery{}); err != nil || len(page.Jobs) != 0 {
		t.Errorf("the stranger left jobs behind: %+v, %v", page, err)
	}
}

func copyProgram(t *testing.T, to string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(to, 0o755); err != nil {
		t.Fatal(err)
	}
}
