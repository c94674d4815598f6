// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package svcinstall

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// manager of a machine: it notes what was run and answers from a table by the beginning of the line.
type script struct {
	lines   []string
	answers map[string]string
	fails   map[string]string
}

func (s *script) run(_ context.Context, name string, args ...string) (string, error) {
	line := strings.Join(append([]string{name}, args...), " ")
	s.lines = append(s.lines, line)
	for start, out := range s.fails {
		if strings.HasPrefix(line, start) {
			return out, errors.New("exit status 1")
		}
	}
	for start, out := range s.answers {
		if strings.HasPrefix(line, start) {
			return out, nil
		}
	}
	return "", nil
}

func options(t *testing.T, goos string, s *script) Options {
	t.Helper()
	o := Options{
		GOOS: goos, Root: t.TempDir(), Run: s.run, Program: "/usr/bin/bits",
		Home: "/home/ada", Config: "/home/ada/.config", User: "ada", UID: "1000",
		State: "/home/ada/.local/state/openbits", Runtime: "/run/user/1000", Socket: "/run/user/1000/openbits/bits.sock",
	}
	switch goos {
	case "linux":
		if err := os.MkdirAll(filepath.Join(o.Root, "run/systemd/system"), 0o755); err != nil {
			t.Fatal(err)
		}
	case "darwin":
		o.Home = "/Users/ada"
	case "windows":
		o.Program = `C:\Program Files\openbits\bits.exe`
		o.State = `C:\Users\ada\AppData\Local\openbits\state`
		o.User = `BOX\ada`
	}
	return o
}

func TestGolden(t *testing.T) {
	tests := map[string]struct {
		goos   string
		change func(*Options)
	}{
		"linux":  {"linux", nil},
		"darwin": {"darwin", nil},
		"linux-system": {"linux", func(o *Options) {
			o.System, o.State, o.Socket = true, "/var/lib/openbits", "/run/openbits/bits.sock"
		}},
		"linux-home": {"linux", func(o *Options) {
			o.Runtime, o.Socket = "", "/home/ada/100 % mine/bits.sock"
			o.Program = `/opt/my "bits"/bits`
			o.Keep = []string{"OPENBITS_HOME=/home/ada/100 % mine"}
		}},
		"darwin-home": {"darwin", func(o *Options) {
			o.Program = "/Applications/Bits & Pieces/bits"
			o.Keep = []string{"OPENBITS_HOME=/Users/ada/a<b"}
		}},
		"windows":        {"windows", nil},
		"freebsd-system": {"freebsd", func(o *Options) { o.System, o.Program = true, "/usr/local/bin/it's/bits" }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := options(t, test.goos, &script{})
			if test.change != nil {
				test.change(&o)
			}
			list, err := New(o).m.files()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range list {
				base := f.path[strings.LastIndexAny(f.path, `/\`)+1:]
				compare(t, filepath.Join("testdata", name, base), f.data)
				if !f.marked(f.data) {
					t.Errorf("%s has no mark: it could not be removed", f.path)
				}
			}
		})
	}
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (run with -update if that is meant):\n%s", path, diff)
	}
}

func TestLifecycle(t *testing.T) {
	tests := map[string]struct {
		goos string
		ran  []string // by Install
		file string
	}{
		"linux": {"linux", []string{
			"systemctl --user show --property=Version",
			"systemctl --user daemon-reload",
			"systemctl --user enable --now openbits.socket openbits.service",
			"loginctl show-user ada --property=Linger --value",
		}, "/home/ada/.config/systemd/user/openbits.service"},
		"darwin": {"darwin", []string{
			"launchctl print gui/1000/io.github.openbits",
			"launchctl bootout gui/1000/io.github.openbits",
			"launchctl bootstrap gui/1000 /Users/ada/Library/LaunchAgents/io.github.openbits.plist",
		}, "/Users/ada/Library/LaunchAgents/io.github.openbits.plist"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := &script{answers: map[string]string{
				"systemctl --user is-enabled": "enabled", "systemctl --user is-active": "active", "launchctl print": "state = running",
			}}
			o := options(t, test.goos, s)
			i := New(o)
			status := func(installed bool) {
				t.Helper()
				r, err := i.Status(t.Context())
				if err != nil || r.Installed != installed || r.Running != installed || r.Enabled != installed {
					t.Errorf("Status() = %+v, %v", r, err)
				}
				if len(r.Lines) == 0 {
					t.Error("nothing was said")
				}
			}
			status(false)
			for range 2 { // installing again repairs
				s.lines = nil
				r, err := i.Install(t.Context())
				if err != nil || !r.Installed || !r.Running {
					t.Fatalf("Install() = %+v, %v", r, err)
				}
				if diff := cmp.Diff(test.ran, s.lines); diff != "" {
					t.Error(diff)
				}
			}
			status(true)
			if _, err := i.Uninstall(t.Context()); err != nil {
				t.Fatal(err)
			}
			status(false)
			r, err := i.Uninstall(t.Context())
			if err != nil || len(r.Lines) != 1 {
				t.Errorf("second Uninstall() = %+v, %v", r, err)
			}
			if _, err := os.Stat(o.beneath(test.file)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is left", test.file)
			}
		})
	}
}

func TestWindowsTask(t *testing.T) {
	s := &script{}
	o := options(t, "windows", s)
	if _, err := New(o).Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"schtasks.exe /Create /TN openbits /XML " + o.beneath(schtasks{o}.path()) + " /F",
		"schtasks.exe /Run /TN openbits",
	}
	if diff := cmp.Diff(want, s.lines); diff != "" {
		t.Error(diff)
	}
	o.Keep = []string{"OPENBITS_HOME=D:\\x"}
	if _, err := New(o).Install(t.Context()); !errors.Is(err, openbits.KindNotSupported) {
		t.Errorf("with an environment: %v", err)
	}
}

func TestLinger(t *testing.T) {
	for answer, warns := range map[string]bool{"no": true, "yes": false, "": false} {
		s := &script{answers: map[string]string{"loginctl": answer}}
		r, err := New(options(t, "linux", s)).Install(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(r.Lines, "\n"), "loginctl enable-linger ada"); got != warns {
			t.Errorf("Linger=%q: %q", answer, r.Lines)
		}
	}
}

// TestNoSystemd: the files are written and the rest is said.
func TestNoSystemd(t *testing.T) {
	for name, system := range map[string]bool{"user": false, "system": true} {
		t.Run(name, func(t *testing.T) {
			s := &script{}
			o := options(t, "linux", s)
			o.System = system
			if err := os.RemoveAll(filepath.Join(o.Root, "run/systemd")); err != nil {
				t.Fatal(err)
			}
			r, err := New(o).Install(t.Context())
			if err != nil || !r.Installed || r.Running {
				t.Fatalf("Install() = %+v, %v", r, err)
			}
			if len(s.lines) != 0 {
				t.Errorf("ran %q", s.lines)
			}
			if text := strings.Join(r.Lines, "\n"); !strings.Contains(text, "enable --now openbits.socket openbits.service") {
				t.Errorf("what remains is not said: %q", r.Lines)
			}
		})
	}
}

func TestManagerFails(t *testing.T) {
	s := &script{fails: map[string]string{"systemctl --user enable": "Unit is masked."}}
	_, err := New(options(t, "linux", s)).Install(t.Context())
	if err == nil || !strings.Contains(err.Error(), "Unit is masked.") || openbits.AsError(err).Hint == "" {
		t.Errorf("got %v", err)
	}
}

// TestForeignFile: a file of somebody else is neither replaced nor removed.
func TestForeignFile(t *testing.T) {
	o := options(t, "linux", &script{})
	path := o.beneath("/home/ada/.config/systemd/user/openbits.socket")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	mine := []byte("[Socket]\n")
	if err := os.WriteFile(path, mine, 0o644); err != nil {
		t.Fatal(err)
	}
	i := New(o)
	_, installing := i.Install(t.Context())
	_, removing := i.Uninstall(t.Context())
	for _, err := range []error{installing, removing} {
		if !errors.Is(err, openbits.KindFileExists) {
			t.Errorf("got %v", err)
		}
	}
	if got, _ := os.ReadFile(path); !bytes.Equal(got, mine) {
		t.Errorf("the file holds %q now", got)
	}
}

func TestRefused(t *testing.T) {
	tests := map[string]struct {
		goos   string
		change func(*Options)
		want   openbits.Kind
	}{
		"go run":         {"linux", func(o *Options) { o.Program = "/tmp/go-build123/b001/exe/bits" }, openbits.KindInvalidArgument},
		"relative":       {"linux", func(o *Options) { o.Program = "bits" }, openbits.KindInvalidArgument},
		"line break":     {"linux", func(o *Options) { o.Program = "/a\nb/bits" }, openbits.KindInvalidArgument},
		"macOS system":   {"darwin", func(o *Options) { o.System = true }, openbits.KindNotSupported},
		"Windows system": {"windows", func(o *Options) { o.System = true }, openbits.KindNotSupported},
		"FreeBSD user":   {"freebsd", func(*Options) {}, openbits.KindNotSupported},
		"another system": {"plan9", func(*Options) {}, openbits.KindNotSupported},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := options(t, test.goos, &script{})
			test.change(&o)
			_, err := New(o).Install(t.Context())
			if !errors.Is(err, test.want) || openbits.AsError(err).Hint == "" {
				t.Errorf("got %v, want kind %s with a hint", err, test.want)
			}
		})
	}
}
