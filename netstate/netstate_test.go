// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netstate

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
)

// machine is engine.Machine, which this package must not import.
type machine interface {
	Boot() string
	Uptime() time.Duration
	Online() bool
	Watch(ctx context.Context) <-chan openbits.MachineEvent
}

func TestMachines(t *testing.T) {
	for name, m := range map[string]machine{"system": New(), "fake": NewFake("b1")} {
		t.Run(name, func(t *testing.T) {
			boot := m.Boot()
			if again := m.Boot(); boot == "" || again != boot {
				t.Errorf("Boot() = %q, then %q: want one id", boot, again)
			}
			last := m.Uptime()
			if last < 0 {
				t.Errorf("Uptime() = %v", last)
			}
			for range 1000 {
				now := m.Uptime()
				if now < last {
					t.Fatalf("Uptime() went back from %v to %v", last, now)
				}
				last = now
			}
			ctx, cancel := context.WithCancel(t.Context())
			events := m.Watch(ctx)
			cancel()
			for e := range events { // ends when the channel is closed, or the test never does
				t.Logf("event %s", e)
			}
		})
	}
}

func TestBootIsStable(t *testing.T) {
	first, second := New().Boot(), New().Boot()
	if bootID() == "" {
		if first == second {
			t.Errorf("two processes without a boot id share %q", first)
		}
		return
	}
	if first != second {
		t.Errorf("boot id %q, then %q", first, second)
	}
}

func TestClockEvents(t *testing.T) {
	base := clocks{wall: 1e6 * time.Second, boot: 5000 * time.Second, awake: 4000 * time.Second}
	plus := func(wall, boot, awake time.Duration) clocks {
		return clocks{wall: base.wall + wall, boot: base.boot + boot, awake: base.awake + awake}
	}
	const hour = time.Hour
	tests := map[string]struct {
		after clocks
		want  []openbits.MachineEvent
	}{
		"nothing":                   {base, nil},
		"time passed":               {plus(hour, hour, hour), nil},
		"slewed":                    {plus(hour+900*time.Millisecond, hour, hour), nil},
		"slept":                     {plus(hour, hour, time.Minute), []openbits.MachineEvent{openbits.MachineWoke}},
		"slept less than a second":  {plus(hour, hour, hour-time.Second), nil},
		"set forward":               {plus(2*hour, hour, hour), []openbits.MachineEvent{openbits.MachineClockSet}},
		"set back":                  {plus(-hour, time.Second, time.Second), []openbits.MachineEvent{openbits.MachineClockSet}},
		"set back by a second only": {plus(hour-time.Second, hour, hour), nil},
		"slept, then set": {
			plus(3*hour, hour, time.Minute),
			[]openbits.MachineEvent{openbits.MachineWoke, openbits.MachineClockSet},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, clockEvents(base, test.after)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	prefix := netip.MustParsePrefix
	gateway := netip.MustParseAddr("192.0.2.1")
	lo := link{index: 1, name: "lo", loopback: true, running: true, addresses: []netip.Prefix{prefix("127.0.0.1/8")}}
	eth := link{index: 2, name: "eth0", running: true, addresses: []netip.Prefix{prefix("192.0.2.7/24"), prefix("fe80::1/64")}}
	wifi := link{index: 3, name: "wlan0", running: true, addresses: []netip.Prefix{prefix("198.51.100.7/24")}}
	down := eth
	down.running = false
	local := eth
	local.addresses = []netip.Prefix{prefix("fe80::1/64"), prefix("169.254.3.4/16")}
	lan := route{index: 2, bits: 24}
	way := route{index: 2, bits: 0, gateway: gateway}
	tests := map[string]struct {
		links  []link
		routes []route
		want   bool
	}{
		"nothing":           {nil, nil, false},
		"loopback alone":    {[]link{lo}, []route{{index: 1, bits: 8}}, false},
		"no carrier":        {[]link{lo, down}, []route{lan, way}, false},
		"link-local alone":  {[]link{lo, local}, []route{lan}, false},
		"no route":          {[]link{lo, eth}, nil, false},
		"another's route":   {[]link{lo, eth}, []route{{index: 9}}, false},
		"own network alone": {[]link{lo, eth}, []route{lan}, true},
		"default route":     {[]link{lo, eth}, []route{lan, way}, true},
		"two networks":      {[]link{lo, eth, wifi}, []route{way, {index: 3, bits: 24}}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := judge(test.links, test.routes)
			if got.online != test.want {
				t.Errorf("online = %v, want %v", got.online, test.want)
			}
			slices.Reverse(test.links)
			slices.Reverse(test.routes)
			if again := judge(test.links, test.routes); again != got {
				t.Errorf("the order matters: %v, %v", got, again)
			}
		})
	}
}

func TestNetworkEvent(t *testing.T) {
	prefix := netip.MustParsePrefix
	links := func(addresses ...string) []link {
		l := link{index: 2, name: "eth0", running: true}
		for _, a := range addresses {
			l.addresses = append(l.addresses, prefix(a))
		}
		other := link{index: 3, name: "docker0", running: true, addresses: []netip.Prefix{prefix("172.17.0.1/16")}}
		return []link{l, other}
	}
	via := func(gateway string) route { return route{index: 2, gateway: netip.MustParseAddr(gateway)} }
	base := judge(links("192.0.2.7/24"), []route{via("192.0.2.1")})
	tests := map[string]struct {
		before, after view
		want          openbits.MachineEvent
	}{
		"same":             {base, base, ""},
		"offline":          {base, view{}, openbits.MachineOffline},
		"online":           {view{}, base, openbits.MachineOnline},
		"still offline":    {view{}, view{}, ""},
		"another gateway":  {base, judge(links("192.0.2.7/24"), []route{via("192.0.2.2")}), openbits.MachineOnline},
		"another address":  {base, judge(links("192.0.2.8/24"), []route{via("192.0.2.1")}), openbits.MachineOnline},
		"link-local added": {base, judge(links("192.0.2.7/24", "fe80::1/64"), []route{via("192.0.2.1")}), ""},
		"container network": {
			base, judge(links("192.0.2.7/24"), []route{via("192.0.2.1"), {index: 3, bits: 16}}), "",
		},
		"VPN's halves": {
			base, judge(links("192.0.2.7/24"), []route{via("192.0.2.1"), {index: 3, bits: 1}}), openbits.MachineOnline,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, _ := networkEvent(test.before, test.after)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestBurst: one event for many changes, not before the network was quiet, and at last even when it never is.
func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		now := view{online: true, path: "a"}
		network := make(chan struct{})
		out := make(chan openbits.MachineEvent)
		w := watch{network: network, look: func() view { return now }, read: readClocks, out: out, view: now}
		go w.run(t.Context())

		now = view{}
		for range 5 {
			network <- struct{}{}
			time.Sleep(Quiet / 2)
		}
		if e := <-out; e != openbits.MachineOffline {
			t.Errorf("event %q", e)
		}
		if took := time.Since(began); took != 3*Quiet {
			t.Errorf("reported after %v, want %v", took, 3*Quiet)
		}

		now = view{online: true, path: "b"}
		began = time.Now()
		done := make(chan struct{})
		var restless sync.WaitGroup
		restless.Go(func() {
			for {
				select {
				case network <- struct{}{}:
					time.Sleep(Quiet / 2)
				case <-done:
					return
				}
			}
		})
		if e := <-out; e != openbits.MachineOnline {
			t.Errorf("event %q", e)
		}
		if took := time.Since(began); took != Settle {
			t.Errorf("reported after %v, want %v", took, Settle)
		}
		close(done)
		restless.Wait()
	})
}

// TestWake: waking up is told, and the network is looked at although nothing hinted at it.
func TestWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := view{online: true, path: "home"}
		var reading clocks
		clock := make(chan struct{})
		out := make(chan openbits.MachineEvent)
		w := watch{clock: clock, look: func() view { return now }, read: func() clocks { return reading }, out: out, view: now}
		go w.run(t.Context())

		now.path = "train"
		reading = clocks{wall: 3 * time.Hour, boot: time.Hour, awake: time.Minute}
		clock <- struct{}{}
		var got []openbits.MachineEvent
		for range 3 {
			got = append(got, <-out)
		}
		want := []openbits.MachineEvent{openbits.MachineWoke, openbits.MachineClockSet, openbits.MachineOnline}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		clock <- struct{}{} // the same readings again: nothing happened
		synctest.Wait()
		select {
		case e := <-out:
			t.Errorf("event %q without a cause", e)
		default:
		}
	})
}

func TestFake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFake("b1")
		ctx, cancel := context.WithCancel(t.Context())
		events := f.Watch(ctx)
		f.SetOnline(true) // is so already
		f.SetOnline(false)
		if f.Online() {
			t.Error("online after SetOnline(false)")
		}
		f.ChangeNetwork()
		time.Sleep(time.Second)
		f.Sleep(time.Hour)
		if up := f.Uptime(); up != time.Hour+time.Second {
			t.Errorf("Uptime() = %v", up)
		}
		f.SetClock()
		cancel()
		var got []openbits.MachineEvent
		for e := range events {
			got = append(got, e)
		}
		want := []openbits.MachineEvent{
			openbits.MachineOffline, openbits.MachineOnline, openbits.MachineWoke, openbits.MachineClockSet,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		f.SetOnline(false) // nobody watches any more
	})
}
