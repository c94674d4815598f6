// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/server"
	"github.com/openbits/openbits/server/servertest"
)

// python writes the program of docs/clients.md to a file, and answers how to run it.
func python(t *testing.T) (program string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "clients.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n```python\n")
	block, _, closed := strings.Cut(after, "\n```\n")
	if !ok || !closed || strings.Contains(after, "\n```python\n") {
		t.Fatal("docs/clients.md does not have exactly one Python program")
	}
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import socket; socket.AF_UNIX").CombinedOutput(); err != nil {
		t.Skipf("there is no python3 with unix sockets: %v %s", err, out)
	}
	program = filepath.Join(t.TempDir(), "fetch.py")
	if err := os.WriteFile(program, []byte(block+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return program
}

// fetch is a run of the program against the service on a socket named bits.sock.
func fetch(t *testing.T, program, socket, url string) (cmd *exec.Cmd, out *bytes.Buffer) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), "python3", program, url, "/tmp/fetched")
	cmd.Env = append(os.Environ(), "OPENBITS_HOME="+filepath.Dir(socket), "PYTHONDONTWRITEBYTECODE=1")
	out = &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

func TestPythonOfTheDocs(t *testing.T) {
	program := python(t)
	var full atomic.Bool
	svc := &servertest.Service{Content: map[string]string{"https://example.org/a": "hello"}, Fail: func(string) error {
		if full.Load() {
			return &openbits.Error{Kind: openbits.KindDiskFull, Text: "no room", Hint: "Make some.", File: -1}
		}
		return nil
	}}
	socket, stop := servertest.Serve(t, svc, server.Options{})

	cmd, out := fetch(t, program, socket, "https://example.org/a")
	if err := cmd.Run(); err != nil || !strings.Contains(out.String(), "\nacknowledged") || !strings.HasSuffix(out.String(), "done: 5 bytes in /tmp/fetched\n") {
		t.Errorf("a download: %v\n%s", err, out)
	}
	cmd, out = fetch(t, program, socket, "https://example.org/missing")
	if err := cmd.Run(); err == nil || !strings.Contains(out.String(), "failed: cannot fetch https://example.org/missing") {
		t.Errorf("a download that fails: %v\n%s", err, out)
	}
	full.Store(true)
	cmd, out = fetch(t, program, socket, "https://example.org/a")
	if err := cmd.Run(); err == nil || out.String() != "no room (disk_full) Make some.\n" {
		t.Errorf("a refused download: %v\n%s", err, out)
	}
	stop()
	cmd, out = fetch(t, program, socket, "https://example.org/a")
	if err := cmd.Run(); err == nil || !strings.HasPrefix(out.String(), "no service is running") {
		t.Errorf("without a service: %v\n%s", err, out)
	}
}

func TestPythonOfTheDocsFollowsOverARestart(t *testing.T) {
	program := python(t)
	svc := &servertest.Service{}
	streams := make(chan struct{}, 16)
	svc.Fail = func(call string) error {
		if call == "updates" {
			streams <- struct{}{}
		}
		return nil
	}
	socket := servertest.Socket(t)
	stop := servertest.ServeOn(t, socket, svc, server.Options{})
	cmd, out := fetch(t, program, socket, "https://example.org/a")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-streams
	page, err := svc.Jobs(t.Context(), openbits.JobQuery{})
	if err != nil || len(page.Jobs) != 1 {
		t.Fatalf("the queue holds %+v, %v", page.Jobs, err)
	}
	id := page.Jobs[0].ID
	svc.Move(id, openbits.StateTransferring, "")
	stop()
	svc.Move(id, openbits.StateTransientError, openbits.ReasonOffline)
	servertest.ServeOn(t, socket, svc, server.Options{})
	<-streams
	svc.Move(id, openbits.StateAcknowledged, openbits.ReasonCompleted)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, state := range []string{"\ntransient_error offline\n", "\nacknowledged completed\n", "\ndone: "} {
		if !strings.Contains(out.String(), state) {
			t.Errorf("the program did not say %q:\n%s", state, out)
		}
	}
}
