// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package svcinstall

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSystemdAccepts lets systemd itself read the units. It says what it does not know on stderr, and exits with 0.
func TestSystemdAccepts(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	program, err := exec.LookPath("sh") // any that exists
	if err != nil {
		t.Fatal(err)
	}
	for name, system := range map[string]bool{"user": false, "system": true} {
		t.Run(name, func(t *testing.T) {
			o := options(t, "linux", &script{})
			o.System, o.Program = system, program
			o.Keep = []string{"OPENBITS_HOME=/home/ada/100 % mine"}
			if _, err := New(o).Install(t.Context()); err != nil {
				t.Fatal(err)
			}
			folder := o.beneath(systemd{o}.folder())
			mode := "--user"
			if system {
				mode = "--system"
			}
			cmd := exec.CommandContext(t.Context(), analyze, mode, "--man=no", "verify",
				filepath.Join(folder, "openbits.service"), filepath.Join(folder, "openbits.socket"))
			cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+t.TempDir())
			var stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = io.Discard, &stderr
			err := cmd.Run()
			if err != nil || stderr.Len() > 0 {
				t.Errorf("%v: %s", err, stderr.String())
			}
		})
	}
}

func TestScriptParses(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to read the rc.d script")
	}
	o := options(t, "freebsd", &script{})
	o.System, o.Program = true, "/usr/local/bin/it's $HOME/bits"
	cmd := exec.CommandContext(t.Context(), shell, "-n")
	cmd.Stdin = bytes.NewReader(rcd{o}.script())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestXMLParses(t *testing.T) {
	s := &script{}
	o := options(t, "darwin", s)
	o.Program = "/a&b<c/bits"
	task := strings.Replace(schtasks{o}.xml(), "UTF-16", "UTF-8", 1) // encoding/xml reads nothing else
	for _, text := range []string{string(launchd{o}.plist()), task} {
		d := xml.NewDecoder(strings.NewReader(text))
		found := false
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in %s", err, text)
			}
			if data, ok := token.(xml.CharData); ok && strings.Contains(string(data), "/a&b<c/bits") {
				found = true
			}
		}
		if !found {
			t.Errorf("the program is not in %s", text)
		}
	}
}

// TestPackaging: packages ship the units that bits service install writes, without its mark.
func TestPackaging(t *testing.T) {
	for _, system := range []bool{false, true} {
		o := options(t, "linux", &script{})
		o.System = system
		folder := "user"
		if system {
			folder, o.Socket = "system", "/run/openbits/bits.sock"
		}
		list, err := systemd{o}.files()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			path := filepath.Join("../../packaging/systemd", folder, filepath.Base(f.path))
			if strings.HasSuffix(f.path, ".conf") {
				path = "../../packaging/sysusers.conf"
			}
			var kept []string
			for line := range strings.Lines(string(f.data)) {
				if !strings.HasPrefix(line, "#") {
					kept = append(kept, line)
				}
			}
			compare(t, path, []byte(strings.TrimLeft(strings.Join(kept, ""), "\n")))
		}
	}
}
