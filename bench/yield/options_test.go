// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseOptions(t *testing.T) {
	o, err := parse([]string{"-links", "cable,20:5:40:250", "-scenarios", "web,two", "-peers", "curl", "-peer", "mine=prog {URL}", "-queue", "fq", "-host", "other"}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.links) != 2 || o.links[1].Queue != "fq" || len(o.scenarios) != 2 || len(o.peers) != 2 || o.peers[1].name != "mine" || !o.otherHost {
		t.Errorf("%+v", o)
	}
	short, err := parse([]string{"-short"}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if len(short.peers) != 1 || short.length() > 50*time.Second {
		t.Errorf("-short runs %d backgrounds for %v", len(short.peers), short.length())
	}
	for _, c := range [][2]string{
		{"-links x", "no link is called"},
		{"-scenarios x", "no scenario is called"},
		{"-peers x", "no background is called"},
		{"-peer x", "NAME=COMMAND"},
		{"-queue x", "no queue is called"},
		{"-host x", `-host is "x"`},
		{"-cc x", "-cc"},
		{"-priority x", "foreground, high"},
		{"-runs 0", "at least 1"},
		{"-short -full", "exclude"},
		{"more", "too many"},
	} {
		if _, err := parse(strings.Fields(c[0]), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v, want something with %q", c[0], err, c[1])
		}
	}
}

func TestCommands(t *testing.T) {
	o := order{bits: "bits", dir: "d", ca: "ca", urls: []string{"u0", "u1"}, sink: "s", source: "f"}
	for _, p := range peers() {
		list, err := p.commands(o)
		if err != nil {
			t.Fatal(err)
		}
		if all := slices.Concat(list...); !slices.Contains(all, "u0") {
			t.Errorf("%s does not fetch anything: %v", p.name, all)
		}
		up := o
		up.upload = true
		list, err = p.commands(up)
		uploads := p.name == "curl" || p.name == "openbits"
		if uploads && (err != nil || !slices.Contains(list[0], "s") || !slices.Contains(list[0], "f")) {
			t.Errorf("%s does not upload: %v, %v", p.name, list, err)
		}
		if !uploads && !errors.As(err, new(cannot)) {
			t.Errorf("%s uploads: %v, %v", p.name, list, err)
		}
	}
	p, err := custom("mine=prog -d {DIR} --ca={CA} {URL}")
	if err != nil {
		t.Fatal(err)
	}
	list, err := p.commands(o)
	if want := []string{"prog", "-d", "d", "--ca=ca", "u0", "u1"}; err != nil || !slices.Equal(list[0], want) {
		t.Errorf("%v, %v; want %v", list, err, want)
	}
}

func TestListNamesAll(t *testing.T) {
	var b bytes.Buffer
	if err := list(&b); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(scenarioNames(), "dsl", "wifi", "openbits", "aria2c", "codel") {
		if !strings.Contains(b.String(), name) {
			t.Errorf("%s is not listed", name)
		}
	}
}
