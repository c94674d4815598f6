// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// kind is a kind of foreground.
type kind string

const (
	bulk  kind = "bulk"  // one big transfer, over one connection
	fetch kind = "fetch" // 100 KB on a new connection, every 250 ms
	web   kind = "web"   // pages of 1 MB in 15 objects over six connections, with a second to read each
	voice kind = "voice" // a telephone call: 200 bytes every 20 ms, both ways
	video kind = "video" // a video call: 2 Mbit/s in 30 frames a second, both ways
)

// act is a foreground for some time of a run.
type act struct {
	kind     kind
	from, to time.Duration
}

// step is a change of the link's rate in mid-run.
type step struct {
	at    time.Duration
	share float64 // of the rate that the link has at first
}

// scenario is what happens in a run.
type scenario struct {
	name, title string
	background  time.Duration // when the background starts
	second      time.Duration // when another one starts on the second computer; 0: never
	acts        []act
	steps       []step
	end         time.Duration
	upload      bool            // foreground and background send
	noSolo      bool            // there is no foreground to be compared
	over        []time.Duration // the windows that count, for what is not about a foreground's own time
	columns     func() []column // what the table shows
}

const second = time.Second

// scenarios are all of them. The times leave the background 9 s alone where a foreground follows, as long as anything that
// grows slowly needs to show its queue.
func scenarios() []scenario {
	return []scenario{
		{
			name: "mix", title: "a big download for 10 s, then small fetches for 10 s",
			acts: []act{{bulk, 9 * second, 19 * second}, {fetch, 25 * second, 35 * second}}, end: 38 * second, columns: mixColumns,
		},
		{
			name: "bulk", title: "a big download for 10 s",
			acts: []act{{bulk, 9 * second, 19 * second}}, end: 25 * second, columns: bulkColumns,
		},
		{
			name: "fetch", title: "100 KB on a new connection every 250 ms",
			acts: []act{{fetch, 6 * second, 16 * second}}, end: 18 * second, columns: waitColumns,
		},
		{
			name: "web", title: "pages of 1 MB, 15 objects, six connections, a second to read each",
			acts: []act{{web, 6 * second, 21 * second}}, end: 24 * second, columns: waitColumns,
		},
		{
			name: "voip", title: "a telephone call",
			acts: []act{{voice, 6 * second, 16 * second}}, end: 18 * second, columns: callColumns,
		},
		{
			name: "call", title: "a video call of 2 Mbit/s each way",
			acts: []act{{video, 6 * second, 16 * second}}, end: 18 * second, columns: callColumns,
		},
		{
			name: "two", title: "two backgrounds on two computers, the second 5 s later", second: 5 * second, end: 15 * second,
			noSolo: true, over: []time.Duration{12 * second, 15 * second}, columns: twoColumns,
		},
		{
			name: "upload", title: "a big upload for 10 s beside a background upload", upload: true,
			acts: []act{{bulk, 9 * second, 19 * second}}, end: 25 * second, columns: bulkColumns,
		},
		{
			name: "latecomer", title: "the background starts 4 s after a big download", background: 4 * second,
			acts: []act{{bulk, second / 5, 18 * second}}, end: 24 * second,
			over: []time.Duration{5 * second, 18 * second}, columns: lateColumns,
		},
		{
			name: "rate", title: "the link falls to 40 % of its rate at 8 s and comes back at 16 s", end: 24 * second,
			steps: []step{{8 * second, 0.4}, {16 * second, 1}}, noSolo: true, columns: rateColumns,
		},
	}
}

// brief is the scenario of -short: a mix in less time.
func brief() scenario {
	return scenario{
		name: "brief", title: "a big download for 10 s, then small fetches for 4 s",
		acts: []act{{bulk, 6 * second, 16 * second}, {fetch, 18 * second, 22 * second}}, end: 23 * second, columns: mixColumns,
	}
}

func findScenario(name string) (scenario, error) {
	all := append(scenarios(), brief())
	n := slices.IndexFunc(all, func(s scenario) bool { return s.name == name })
	if n < 0 {
		return scenario{}, fmt.Errorf("no scenario is called %q: there are %s", name, strings.Join(scenarioNames(), ", "))
	}
	return all[n], nil
}

func scenarioNames() []string {
	var list []string
	for _, s := range scenarios() {
		list = append(list, s.name)
	}
	return list
}

// solo is the scenario without a background, and without waiting for one.
func (s scenario) solo() scenario {
	const lead, gap, tail = second, 2 * second, 3 * second / 2
	if s.background > 0 { // the times count from the foreground's start already
		return s
	}
	acts, at := []act(nil), lead
	for _, a := range s.acts {
		acts = append(acts, act{a.kind, at, at + a.to - a.from})
		at += a.to - a.from + gap
	}
	s.acts, s.end = acts, at-gap+tail
	return s
}

// fetchEvery is the pause between the starts of two fetches: longer on a link that they would fill.
func fetchEvery(mbit float64) time.Duration {
	if mbit < 10 {
		return 400 * time.Millisecond
	}
	return 250 * time.Millisecond
}

// videoRate is the rate of a video call each way in bits per second: 2 Mbit/s, or less where that is most of the uplink.
func videoRate(up float64) float64 { return min(2e6, 0.6*up*1e6) }
