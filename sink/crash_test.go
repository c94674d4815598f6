// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd

package sink_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/sink"
)

// A test that needs a process of its own starts this binary again with the name of a child in childVariable.
const (
	childVariable = "OPENBITS_SINK_TEST_CHILD"
	childArgument = "OPENBITS_SINK_TEST_ARGUMENT"
)

var children = map[string]func(argument string) error{
	"publish": childPublish,
	"limit":   childLimit,
}

func TestMain(m *testing.M) {
	if child := children[os.Getenv(childVariable)]; child != nil {
		if err := child(os.Getenv(childArgument)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child runs one of children and answers how it ended.
func child(t *testing.T, name string, argument any) error {
	t.Helper()
	text, err := json.Marshal(argument)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+name, childArgument+"="+string(text))
	out, err := cmd.CombinedOutput()
	if len(out) > 0 {
		t.Logf("child: %s", out)
	}
	return err
}

// crash is a publication that ends with kill -9 before its Step-th step, from 1.
type crash struct {
	List []openbits.Publication
	Step int
}

func childPublish(argument string) error {
	var c crash
	if err := json.Unmarshal([]byte(argument), &c); err != nil {
		return err
	}
	s := sink.New(sink.Options{})
	at := 0
	s.OnStep(func(string, string) {
		if at++; at == c.Step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until the signal is there
		}
	})
	return errors.Join(s.Publish(context.Background(), c.List)...)
}

// TestPublishKilled kills the process at each step of a publication; what it left is settled by publishing again.
func TestPublishKilled(t *testing.T) {
	for _, overwrite := range []bool{false, true} {
		t.Run("overwrite "+strconv.FormatBool(overwrite), func(t *testing.T) {
			steps := 0
			for ended := false; !ended; {
				steps++
				ended = killedAt(t, steps, overwrite)
			}
			if steps < 10 { // three files with three steps each, and the folder
				t.Fatalf("%d steps were met", steps)
			}
		})
	}
}

// killedAt reports whether the publication had ended before the step came.
func killedAt(t *testing.T, step int, overwrite bool) bool {
	s := newSink(t)
	f := folder(t, s, t.TempDir())
	c := crash{Step: step}
	for n := range 3 {
		p := part(t, s, f, fmt.Sprintf("file %d", n), fmt.Sprintf("content %d", n))
		p.Overwrite = overwrite
		if overwrite {
			if err := os.WriteFile(p.Place.Path(), []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c.List = append(c.List, p)
	}
	err := child(t, "publish", c)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.Success() || exit.Exited()) {
		t.Fatalf("step %d: %v", step, err)
	}
	for n, p := range c.List {
		whole := fmt.Sprintf("content %d", n)
		got, err := os.ReadFile(p.Place.Path())
		untouched := errors.Is(err, os.ErrNotExist) || overwrite && string(got) == "old"
		if string(got) != whole && !untouched {
			t.Fatalf("step %d: %s holds %q, %v", step, p.Place.Name, got, err)
		}
	}
	for n, err := range s.Publish(t.Context(), c.List) {
		if err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		if got, err := os.ReadFile(c.List[n].Place.Path()); string(got) != fmt.Sprintf("content %d", n) {
			t.Fatalf("step %d: %q, %v", step, got, err)
		}
	}
	if list, err := os.ReadDir(f.Path); len(list) != 3 {
		t.Fatalf("step %d: left are %v, %v", step, list, err)
	}
	return err == nil
}

// childLimit may write no file of more than 64 KiB.
func childLimit(argument string) error {
	var path string
	if err := json.Unmarshal([]byte(argument), &path); err != nil {
		return err
	}
	const limit = 64 << 10
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		return err
	}
	s := sink.New(sink.Options{})
	f, err := s.Folder(context.Background(), path)
	if err != nil {
		return err
	}
	part, err := s.Open(context.Background(), openbits.Place{Folder: f, Name: "file", Part: ".part"})
	if err != nil {
		return err
	}
	n, err := part.WriteAt(make([]byte, 2*limit), 0)
	if n != limit || openbits.KindOf(err) != openbits.KindFileTooLarge {
		return fmt.Errorf("%d bytes were written, %w", n, err)
	}
	if n, err = part.WriteAt([]byte("x"), limit); n != 0 || openbits.KindOf(err) != openbits.KindFileTooLarge {
		return fmt.Errorf("%d more bytes were written, %w", n, err)
	}
	return errors.Join(part.Sync(), part.Close())
}

// TestFileSizeLimit: the limit of ulimit -f is an error of the file, not the end of the process (SIGXFSZ).
func TestFileSizeLimit(t *testing.T) {
	if err := child(t, "limit", t.TempDir()); err != nil {
		t.Fatal(err)
	}
}
