// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows && !darwin

package places

import (
	"errors"
	"strings"
	"testing"

	"github.com/openbits/openbits"
)

func TestFind(t *testing.T) {
	for _, test := range []struct {
		name          string
		env           map[string]string
		state, socket string
	}{
		{"nothing is set", nil, "/home/ada/.local/state/openbits", "/home/ada/.local/state/openbits/bits.sock"},
		{"a runtime folder", map[string]string{"XDG_RUNTIME_DIR": "/run/user/1000"}, "/home/ada/.local/state/openbits", "/run/user/1000/openbits/bits.sock"},
		{"a state folder", map[string]string{"XDG_STATE_HOME": "/s"}, "/s/openbits", "/s/openbits/bits.sock"},
		{
			"relative folders are ignored",
			map[string]string{"XDG_STATE_HOME": "s", "XDG_RUNTIME_DIR": "r"},
			"/home/ada/.local/state/openbits", "/home/ada/.local/state/openbits/bits.sock",
		},
		{"a home of its own", map[string]string{Home: "/tmp/x/", "XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": "/r"}, "/tmp/x/state", "/tmp/x/bits.sock"},
		{"an empty home", map[string]string{Home: "", "XDG_STATE_HOME": "/s"}, "/s/openbits", "/s/openbits/bits.sock"},
	} {
		p, err := find(func(name string) string { return test.env[name] }, func() (string, error) { return "/home/ada", nil })
		if err != nil || p.State != test.state || p.Socket != test.socket {
			t.Errorf("%s: %+v, %v", test.name, p, err)
		}
	}
	if p := System(); p.State != "/var/lib/openbits" || p.Socket != "/run/openbits/bits.sock" {
		t.Errorf("the system's places are %+v", p)
	}
}

func TestFindRefuses(t *testing.T) {
	none := func(string) string { return "" }
	relative := func(name string) string { return map[string]string{Home: "here"}[name] }
	for name, test := range map[string]struct {
		env  func(string) string
		home func() (string, error)
		says string
	}{
		"a relative home": {relative, func() (string, error) { return "/home/ada", nil }, "OPENBITS_HOME=here"},
		"no home":         {none, func() (string, error) { return "", errors.New("$HOME is not defined") }, "home folder"},
		"a relative HOME": {none, func() (string, error) { return "ada", nil }, "home folder"},
	} {
		_, err := find(test.env, test.home)
		if !errors.Is(err, openbits.KindInvalidArgument) || openbits.AsError(err).Hint == "" || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
