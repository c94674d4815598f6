// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/testlab"
)

// trace attaches strace to a process. The answer ends it and tells what it wrote.
func trace(t *testing.T, pid int) (finish func() []string) {
	t.Helper()
	program, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: apt-get install strace")
	}
	out := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command(program, "-f", "-y", "-s", "0", "-o", out, "-p", strconv.Itoa(pid),
		"-e", "trace=pwrite64,write,fsync,fdatasync,sync_file_range,fallocate,renameat,renameat2,ioprio_set")
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(said)
	if first, err := lines.ReadString('\n'); err != nil || !strings.Contains(first, "attached") {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Skipf("strace cannot look at the service here: %s", first)
	}
	drained := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, lines); close(drained) }()
	return func() []string {
		_ = cmd.Process.Signal(syscall.SIGINT)
		<-drained
		_ = cmd.Wait() // it ends by the signal
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(string(text), "\n")
	}
}

// call is a line of strace's: thread, call, and for calls about a file its path.
var call = regexp.MustCompile(`^(\d+) +(\w+)\((?:\d+<([^>]*)>)?(.*)`)

// TestIdleClass looks at the real service at work: the bytes of a background job are written and given to the disk by threads that have
// the idle class just then. Those of a foreground job, the queue's and every sync that others may wait for are not.
func TestIdleClass(t *testing.T) {
	origin, err := testlab.StartOrigin(testlab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(origin.Close)
	s, out := newService(t), t.TempDir()
	s.start()
	finish := trace(t, s.cmd.Process.Pid)
	var ids []string
	for name, p := range map[string]openbits.Priority{"background": openbits.PriorityNormal, "foreground": openbits.PriorityForeground} {
		dir := filepath.Join(out, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		origin.Put("/"+name, testlab.File{Content: testlab.Content{Seed: 1, Size: 20 << 20}})
		job := api.NewJob{ID: client.NewID(), Priority: p, Start: true, Settings: api.NewSettings{AutoComplete: true}, Files: []api.NewFile{
			{URL: origin.URL + "/" + name, Destination: api.Destination{Path: filepath.Join(dir, "f")}},
		}}
		if _, _, err := s.Create(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, job.ID)
	}
	jobs, err := s.Wait(t.Context(), ids...)
	if err != nil || jobs[0].State != openbits.StateAcknowledged || jobs[1].State != openbits.StateAcknowledged {
		t.Fatalf("%+v, %v", jobs, err)
	}
	seen := classes(finish(), map[string]string{
		filepath.Join(out, "background"): "background", filepath.Join(out, "foreground"): "foreground", s.home: "queue",
	})
	for _, c := range []struct {
		what string
		idle bool
	}{
		{"background pwrite64", true},
		{"background sync_file_range", true},
		{"background fallocate", false},
		{"background fsync", false},
		{"foreground pwrite64", false},
		{"foreground fsync", false},
		{"queue pwrite64", false},
		{"queue fsync", false},
	} {
		n := seen[c.what]
		t.Logf("%s: %d times with the idle class, %d times without", c.what, n[true], n[false])
		if n[c.idle] == 0 || n[!c.idle] > 0 {
			t.Errorf("%s: %d times with the idle class, %d times without", c.what, n[true], n[false])
		}
	}
}

// classes counts calls about files in some folders, by whether their thread had the idle class.
func classes(lines []string, folders map[string]string) map[string]map[bool]int {
	idle, seen := map[string]bool{}, map[string]map[bool]int{}
	for _, line := range lines {
		m := call.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		tid, name, path := m[1], m[2], m[3]
		if name == "ioprio_set" {
			idle[tid] = strings.Contains(m[4], "IOPRIO_CLASS_IDLE")
			continue
		}
		if name == "fdatasync" {
			name = "fsync"
		}
		for dir, side := range folders {
			if !strings.HasPrefix(path, dir) {
				continue
			}
			what := side + " " + name
			if seen[what] == nil {
				seen[what] = map[bool]int{}
			}
			seen[what][idle[tid]]++
		}
	}
	return seen
}
