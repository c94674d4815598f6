// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/term"
	"github.com/openbits/openbits/server"
	"github.com/openbits/openbits/server/servertest"
)

// visible is a line without its colours.
func visible(line string) string {
	var b strings.Builder
	for line != "" {
		before, rest, _ := strings.Cut(line, "\x1b[")
		b.WriteString(before)
		_, line, _ = strings.Cut(rest, "m")
	}
	return b.String()
}

// yieldingSample is what the yielding service answers, at a time of day that is always the same.
func yieldingSample(t *testing.T) sample {
	t.Helper()
	svc, err := yieldingService()
	if err != nil {
		t.Fatal(err)
	}
	socket, _ := servertest.Serve(t, svc, server.Options{})
	c := &client.Client{Socket: socket}
	defer c.Close()
	s, err := takeSample(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	s.Time = time.Date(2026, 11, 23, 12, 4, 34, 0, time.Local)
	since := s.Time.Add(-90 * time.Second)
	s.Transport.Since = &since
	return s
}

func TestTopFrame(t *testing.T) {
	s := yieldingSample(t)
	size := int64(43 << 20)
	s.Jobs[1].BytesTotal, s.Jobs[1].BytesDone = &size, 2<<20
	v := topView{width: 80, height: 18, style: term.Style{Blocks: true}}
	for range 3 {
		v.take(look{sample: s})
	}
	v.take(look{err: errors.New("gone")})
	v.take(look{sample: s})
	want := strings.TrimPrefix(`
bits top  12:04:34  2 running, 1 waiting  limit off
ours 1.0 MiB/s  others 2.0 MiB/s  queue 3.1 over 40.2 ms  path 2.5 MiB/s
yielding to other programs on this computer since 12:03:04; eth0

ours                                                           ▄▄▄ ▄  2.0 MiB/s
others                                                         ███ █  2.0 MiB/s

ID        NAME         PRI   DONE        RATE     LEFT  WHY
f4ee0000  free         fore     ?   1.0 MiB/s
51000000  slow         norm    4%  12.0 KiB/s    58:19  yields to this computer
4a170000  waits        low      ?  turn






q quits`, "\n")
	if diff := cmp.Diff(want, strings.Join(v.lines(), "\n")); diff != "" {
		t.Error(diff)
	}
	v.take(look{err: errors.New("gone")})
	if got := v.lines()[2]; got != "the service does not answer; waiting for it to come back" {
		t.Errorf("without a service: %q", got)
	}
}

// TestTopFitsEveryTerminal: no line is wider than the terminal less a column, no frame higher than it, and colours
// change nothing but colours.
func TestTopFitsEveryTerminal(t *testing.T) {
	s := yieldingSample(t)
	s.Jobs[0].Name = strings.Repeat("日本語", 30)
	s.Jobs[2].Reason.Text = strings.Repeat("for a long reason ", 20)
	for len(s.Jobs) < 40 {
		s.Jobs = append(s.Jobs, s.Jobs[2])
	}
	for width := 1; width <= 200; width++ {
		for _, height := range []int{1, 2, 5, 11, 12, 19, 20, 24, 60} {
			plain := topView{width: width, height: height, style: term.Style{Blocks: true}}
			plain.take(look{sample: s})
			painted := plain
			painted.style.Colour = true
			a, b := plain.lines(), painted.lines()
			for i, line := range a {
				if w := term.Width(line); w > max(1, width-1) && width > 12 {
					t.Fatalf("at %d columns line %d has %d: %q", width, i, w, line)
				}
				if visible(b[i]) != line {
					t.Fatalf("painted it says %q, plain %q", b[i], line)
				}
			}
			if len(a) > height && height >= 8 {
				t.Fatalf("at %d lines there are %d", height, len(a))
			}
		}
	}
}

func TestTopScrolls(t *testing.T) {
	s := yieldingSample(t)
	for i := len(s.Jobs); i < 50; i++ {
		j := s.Jobs[2]
		j.Name = fmt.Sprint("j", i)
		s.Jobs = append(s.Jobs, j)
	}
	v := topView{width: 80, height: 24}
	v.take(look{sample: s})
	first := func(keys ...term.Key) string {
		for _, k := range keys {
			v.press(k)
		}
		lines := v.lines()
		i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "ID") })
		return strings.Fields(lines[i+1])[1] + " / " + lines[len(lines)-1]
	}
	for _, c := range []struct {
		keys []term.Key
		want string
	}{
		{nil, "free / q quits  arrows scroll: 37 more below"},
		{[]term.Key{term.KeyUp, "k"}, "free / q quits  arrows scroll: 37 more below"},
		{[]term.Key{term.KeyDown, "j"}, "waits / q quits  arrows scroll: 2 more above, 35 below"},
		{[]term.Key{" ", term.KeyPageDown, term.KeyPageDown}, "j37 / q quits  arrows scroll: 37 more above"},
		{[]term.Key{term.KeyPageUp, term.KeyUp}, "j23 / q quits  arrows scroll: 23 more above, 14 below"},
		{[]term.Key{term.KeyHome}, "free / q quits  arrows scroll: 37 more below"},
	} {
		if got := first(c.keys...); got != c.want {
			t.Errorf("after %q: %q, want %q", c.keys, got, c.want)
		}
	}
}

// TestTopSums: each interface is counted once, whoever tells of it, and the job that yields speaks for all.
func TestTopSums(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	job := func(id string, rate, foreign int64, iface string, m openbits.TransportMode) api.Job {
		return api.Job{ID: id, State: openbits.StateTransferring, Rate: n(rate), Transport: &api.Transport{Interface: iface, Foreign: n(foreign), Mode: m}}
	}
	s := sample{Jobs: []api.Job{
		{ID: "0", State: openbits.StateSuspended},
		job("1", 5, 100, "eth0", openbits.TransportAlone), job("2", 7, 90, "eth0", openbits.TransportYielding), job("3", 9, 3, "wlan0", openbits.TransportSharing),
		{ID: "4", State: openbits.StateTransferring, Transport: &api.Transport{}},
	}}
	s.sum()
	if s.Rate != 21 || s.Foreign == nil || *s.Foreign != 103 || s.Transport.Mode != openbits.TransportYielding || s.Jobs[4].ID != "0" {
		t.Errorf("the sum is %+v", s)
	}
	s = sample{Jobs: s.Jobs[3:]}
	if s.sum(); s.Foreign != nil {
		t.Errorf("others are %d although nobody knows", *s.Foreign)
	}
}
