// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/openbits/openbits/bench/link"
)

// options are the settings of a measurement.
type options struct {
	runs        int
	links       []link.Spec
	scenarios   []scenario
	peers       []peer
	otherHost   bool
	foreground  string // congestion control of the foreground's connections
	background  string // and of the background's server
	scheme      string
	connections int
	priority    string
	list        bool
	json        string
	svg         string
	html        string
	dir         string
	from        string
}

// texts are options as they are given, before they are understood.
type texts struct {
	links, scenarios, peers, host, queue string
	custom                               []string
	short, full                          bool
}

func define(o *options, t *texts) *flag.FlagSet {
	f := flag.NewFlagSet("yield", flag.ContinueOnError)
	f.IntVar(&o.runs, "runs", 1, "how often each run is repeated; medians are shown")
	f.StringVar(&t.links, "links", "dsl", "links, with commas between them: names, or DOWN:UP:RTT:BUFFER[:LOSS[:JITTER]]")
	f.StringVar(&t.scenarios, "scenarios", "mix,call", "scenarios, with commas between them")
	f.StringVar(&t.peers, "peers", "openbits,curl,wget,aria2c", "backgrounds, with commas between them")
	f.Func("peer", "one more background, NAME=COMMAND with {URL}, {DIR}, {CA}, {SINK} and {FILE}; may be repeated", func(s string) error {
		t.custom = append(t.custom, s)
		return nil
	})
	f.StringVar(&t.host, "host", "same", "where the foreground runs: same computer as the background, or other, behind the same link")
	f.StringVar(&t.queue, "queue", "fifo", "queue of the link: fifo, codel or fq")
	f.StringVar(&o.foreground, "cc", "cubic", "congestion control of the foreground: cubic, bbr or reno")
	f.StringVar(&o.background, "bgcc", "cubic", "congestion control of the background's server: cubic, bbr or reno")
	f.StringVar(&o.scheme, "scheme", "http", "what the background's server speaks: http, https (HTTP/1.1 alone) or h2 (offers HTTP/2)")
	f.IntVar(&o.connections, "connections", 1, "transfers of the background at the same time")
	f.StringVar(&o.priority, "priority", "", "priority of openbits' job: foreground, high, normal or low (default: its own)")
	f.BoolVar(&t.short, "short", false, "openbits alone on dsl, in less than a minute")
	f.BoolVar(&t.full, "full", false, "all scenarios on dsl, cable, shallow, slow and wifi: hours")
	f.BoolVar(&o.list, "list", false, "name scenarios, links and backgrounds, and do nothing")
	f.StringVar(&o.json, "json", "", "write every figure and the course of the runs to this file")
	f.StringVar(&o.svg, "svg", "", "draw the first scenario on the first link into this file")
	f.StringVar(&o.html, "html", "", "write tables and pictures of everything to this file")
	f.StringVar(&o.from, "from", "", "measure nothing: read the results that -json wrote to this file")
	f.StringVar(&o.dir, "dir", "", "folder to work in (default: the system's for temporary files)")
	return f
}

func parse(args []string, out io.Writer) (o options, err error) {
	var t texts
	f := define(&o, &t)
	f.SetOutput(out)
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is one argument too many", f.Arg(0))
	case o.runs < 1 || o.connections < 1:
		return o, errors.New("-runs and -connections must be at least 1")
	case t.short && t.full:
		return o, errors.New("-short and -full exclude each other")
	}
	for _, c := range []struct {
		flag, value string
		known       []string
	}{
		{"-host", t.host, []string{"same", "other"}},
		{"-scheme", o.scheme, []string{"http", "https", "h2"}},
		{"-cc", o.foreground, []string{"cubic", "bbr", "reno"}},
		{"-bgcc", o.background, []string{"cubic", "bbr", "reno"}},
		{"-priority", o.priority, []string{"", "foreground", "high", "normal", "low"}},
	} {
		if !slices.Contains(c.known, c.value) {
			return o, fmt.Errorf("%s is %q: it can be %s", c.flag, c.value, strings.Join(slices.DeleteFunc(c.known, func(s string) bool { return s == "" }), ", "))
		}
	}
	o.otherHost = t.host == "other"
	if t.short {
		t.links, t.scenarios, t.peers = "dsl", "brief", "openbits"
	}
	if t.full {
		t.links, t.scenarios = "dsl,cable,shallow,slow,wifi", strings.Join(scenarioNames(), ",")
	}
	return o, o.find(t)
}

// find looks up what has names.
func (o *options) find(t texts) error {
	queue, err := link.ParseQueue(t.queue)
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(t.links, ",") {
		spec, err := link.Parse(name)
		if err != nil {
			return err
		}
		spec.Queue = queue
		o.links = append(o.links, spec)
	}
	for name := range strings.SplitSeq(t.scenarios, ",") {
		s, err := findScenario(name)
		if err != nil {
			return err
		}
		o.scenarios = append(o.scenarios, s)
	}
	known := peers()
	for name := range strings.SplitSeq(t.peers, ",") {
		n := slices.IndexFunc(known, func(p peer) bool { return p.name == name })
		if n < 0 && name != "" {
			return fmt.Errorf("no background is called %q: there are openbits, curl, wget, aria2c, and what -peer defines", name)
		}
		if n >= 0 {
			o.peers = append(o.peers, known[n])
		}
	}
	for _, c := range t.custom {
		p, err := custom(c)
		if err != nil {
			return err
		}
		o.peers = append(o.peers, p)
	}
	return nil
}

// length is how long all runs take, without what is between them.
func (o *options) length() (sum time.Duration) {
	for _, s := range o.scenarios {
		sum += s.length(len(o.peers), o.runs)
	}
	return sum * time.Duration(len(o.links))
}

// variant tells in words what is not as usual.
func (o *options) variant() string {
	list := []string{"foreground on the same computer as the background"}
	if o.otherHost {
		list[0] = "foreground on another computer behind the same link"
	}
	list = append(list, "foreground "+o.foreground, "background's server "+o.background+", "+o.scheme)
	if o.connections > 1 {
		list = append(list, fmt.Sprintf("%d transfers at a time", o.connections))
	}
	if o.priority != "" {
		list = append(list, "priority "+o.priority)
	}
	return strings.Join(list, "; ")
}
