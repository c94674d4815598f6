// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"testing"
	"time"
)

// intruded lets i see a full link for a while, then takes bytes away; it answers after how many ticks somebody was seen, or -1.
func intruded(i *intrusion, take func(tick int) int64, queue func(tick int) time.Duration) (at int) {
	const rate = 2.5e6
	for tick := range 200 {
		delivered := int64(rate * TickInterval.Seconds())
		if tick >= 100 {
			delivered -= take(tick - 100)
		}
		if i.add(arrivals{elapsed: TickInterval, delivered: delivered, rate: rate, queue: queue(tick), rtt: 40 * ms}) {
			return tick - 100
		}
	}
	return -1
}

func TestIntrusion(t *testing.T) {
	steady := func(int) time.Duration { return 3 * ms }
	nothing := func(int) int64 { return 0 }
	burst := func(tick int) int64 { // ten packets take the place of ours
		if tick < 2 {
			return 7500
		}
		return 0
	}
	if at := intruded(new(intrusion), nothing, steady); at != -1 {
		t.Errorf("somebody was seen after %d ticks on a link that is ours", at)
	}
	if at := intruded(new(intrusion), burst, steady); at < 0 || at > 3 {
		t.Errorf("ten packets of somebody were seen after %d ticks", at)
	}
	gone := func(tick int) time.Duration { // the server paused: the queue went
		if tick >= 100 {
			return 0
		}
		return 3 * ms
	}
	if at := intruded(new(intrusion), burst, gone); at != -1 {
		t.Errorf("a server that paused was taken for somebody after %d ticks", at)
	}
	late := func(tick int) int64 { // a tick in which nothing was read, and one with what was left over
		return []int64{12500, -12500}[min(tick, 1)] * int64(max(2-tick, 0)/max(2-tick, 1))
	}
	if at := intruded(new(intrusion), late, steady); at != -1 {
		t.Errorf("bytes that were read late were taken for somebody after %d ticks", at)
	}
	tolerant := new(intrusion)
	for range 3 {
		tolerant.wasFalse()
	}
	if at := intruded(tolerant, burst, steady); at != -1 || !tolerant.insists() {
		t.Errorf("after three false alarms ten packets count after %d ticks", at)
	}
}

// TestGoesOn: after a burst that made us cut the window, the next one, of twice as many packets, is somebody for sure. A link or a server that was late
// for once is not, nor is our own cut, when it shows.
func TestGoesOn(t *testing.T) {
	const tick = int(TickInterval / ms)
	for _, tt := range []struct {
		name  string
		rate  float64
		takes map[int]int // bytes, by tick
		queue map[int]time.Duration
		own   time.Duration // of the last tick
		want  bool
	}{
		{"twenty packets, ours in between", 2.5e6, map[int]int{5: 9600, 6: 12000, 7: 8400}, nil, 0, true},
		{"nothing more", 2.5e6, nil, nil, 0, false},
		{"a small burst", 2.5e6, map[int]int{5: 6000, 6: 6000}, nil, 0, false},
		{"a server that pauses", 2.5e6, map[int]int{5: 12500, 6: 12500, 7: 1000}, map[int]time.Duration{7: 1 * ms, 8: 1 * ms, 9: 1 * ms}, 0, false},
		{"a link that has become slow", 2.5e6, map[int]int{0: 7500, 1: 7500, 2: 7500, 3: 7500, 4: 7500, 5: 7500, 6: 7500, 7: 7500, 8: 7500, 9: 7500}, nil, 0, false},
		{"our own cut", 12.5e6, map[int]int{9: 12500 * 3}, nil, 3 * ms, false},
		{"twenty packets before our own cut", 2.5e6, map[int]int{5: 9600, 6: 12000, 7: 8400, 9: 2500 * 3}, nil, 3 * ms, true},
	} {
		i := &intrusion{usual: tt.rate, queue: 9 * ms}
		got := false
		for n := range 10 {
			a := arrivals{elapsed: TickInterval, delivered: int64(int(tt.rate/1000)*tick - tt.takes[n]), rate: tt.rate, queue: 9 * ms, rtt: 49 * ms}
			if q, ok := tt.queue[n]; ok {
				a.queue = q
			}
			own := time.Duration(0)
			if n == 9 {
				own = tt.own
			}
			got = i.goesOn(a, own) || got
		}
		if got != tt.want {
			t.Errorf("%s: it is %v that somebody is there", tt.name, got)
		}
	}
}

func TestNoiseIsLearned(t *testing.T) {
	learn := func(visits ...[]time.Duration) time.Duration {
		var n noise
		for _, v := range visits {
			for _, q := range v {
				n.trip(q)
			}
			n.learn()
		}
		return n.lasting()
	}
	trembles := []time.Duration{1 * ms, 6 * ms, 3 * ms, 9 * ms, 4 * ms, 12 * ms, 2 * ms, 7 * ms, 5 * ms, 8 * ms}
	quiet := []time.Duration{0, 0, ms, 0, ms, 0, 0, 0, ms, 0}
	grows := []time.Duration{1 * ms, 4 * ms, 8 * ms, 12 * ms, 16 * ms, 20 * ms, 24 * ms, 28 * ms, 33 * ms, 38 * ms}
	stands := []time.Duration{20 * ms, 26 * ms, 21 * ms, 28 * ms, 22 * ms, 27 * ms, 23 * ms, 25 * ms, 21 * ms, 29 * ms}
	bursts := []time.Duration{0, 0, 9 * ms, 0, 0, 12 * ms, 0, 0, 0, 11 * ms}
	for name, test := range map[string]struct {
		visits [][]time.Duration
		noisy  bool
	}{
		"noise, seen twice":            {[][]time.Duration{trembles, trembles}, true},
		"noise, seen once":             {[][]time.Duration{trembles}, false},
		"noise that has gone":          {[][]time.Duration{trembles, trembles, quiet}, false},
		"a quiet path":                 {[][]time.Duration{quiet, quiet}, false},
		"a queue that grows":           {[][]time.Duration{grows, grows}, false},
		"a queue that stands":          {[][]time.Duration{stands, stands}, false},
		"bursts of others with pauses": {[][]time.Duration{bursts, bursts}, false},
		"too few":                      {[][]time.Duration{trembles[:4], trembles[:3]}, false},
	} {
		if got := learn(test.visits...); got > 0 != test.noisy {
			t.Errorf("%s: the noise to reckon with is %v", name, got)
		}
	}
}

func TestTrip(t *testing.T) {
	for _, test := range []struct{ before, after, want time.Duration }{
		{0, 40 * ms, 0}, {40 * ms, 40 * ms, 0}, {48 * ms, 40 * ms, 40 * ms}, {40 * ms, 41 * ms, 48 * ms},
	} {
		if got := trip(test.before, test.after); got != test.want {
			t.Errorf("from %v to %v: a round trip of %v, want %v", test.before, test.after, got, test.want)
		}
	}
	// Four round trips of 60 ms, each of which counts an eighth.
	mean := 40.0
	for range 4 {
		mean += (60 - mean) / 8
	}
	if got := meanTrip(40*ms, time.Duration(mean*float64(ms)), 4); (got - 60*ms).Abs() > ms/100 {
		t.Errorf("the mean of four round trips of 60 ms is %v", got)
	}
}

func TestTrickle(t *testing.T) {
	var k trickle
	for n := range 10 { // two segments each 46 ms
		k.add(time.Duration(n)*46*ms, 2*segment, 0)
	}
	if q := k.queue(2*segment, 40*ms); (q - 6*ms).Abs() > ms/100 {
		t.Errorf("a queue of %v, want 6 ms", q)
	}
	if q := new(trickle).queue(2*segment, 40*ms); q != 0 {
		t.Errorf("a queue of %v without any bytes", q)
	}
}

func TestFlat(t *testing.T) {
	long := func(trip func(n int) time.Duration) (longer time.Duration) {
		var f flat
		for n := range 400 {
			longer = max(longer, f.add(time.Duration(n)*40*ms, trip(n), 0, 5*ms))
		}
		return longer
	}
	if got := long(func(int) time.Duration { return 30 * ms }); got != 30*ms {
		t.Errorf("a route that became 30 ms longer is %v longer", got)
	}
	if got := long(func(n int) time.Duration { return 30*ms + time.Duration(n%100)*ms }); got != 0 {
		t.Errorf("a queue that grows and shrinks made the route %v longer", got)
	}
	if got := long(func(int) time.Duration { return 2 * ms }); got != 0 {
		t.Errorf("next to no queue made the route %v longer", got)
	}
}

func TestBaseDelay(t *testing.T) {
	var d baseDelays
	b := d.of(addr(1), 0)
	b.add(0, 40*ms)
	b.add(30*time.Second, 45*ms)
	if b != d.of(addr(1), time.Minute) || b.value() != 40*ms {
		t.Errorf("the base delay is %v", b.value())
	}
	b.add(9*time.Minute+59*time.Second, 60*ms)
	if b.value() != 40*ms {
		t.Errorf("within ten minutes the base delay became %v", b.value())
	}
	b.add(11*time.Minute, 70*ms)
	if b.value() != 60*ms {
		t.Errorf("after eleven minutes the base delay is %v, want the least of the last ten", b.value())
	}
	b.reset(90 * ms)
	if b.value() != 90*ms {
		t.Errorf("on another route the base delay is %v", b.value())
	}
	for n := range 2 * maxServers {
		d.of(addr(n), 0)
	}
	if len(d) > maxServers {
		t.Errorf("%d servers are remembered", len(d))
	}
}

func TestLedger(t *testing.T) {
	var l ledger
	var s Sample
	if l.add(&s, 1000, 400, 400) {
		t.Error("the first count says what others moved since the one before")
	}
	// 100 bytes of ours arrived between the readings: others had 500 to 600.
	if !l.add(&s, 2000, 800, 900) || s.ForeignLow != 1100 || s.ForeignHigh != 1200 {
		t.Errorf("others had %d to %d bytes", s.ForeignLow, s.ForeignHigh)
	}
	if l.add(&s, -1, 0, 0) || l.add(&s, 3000, 0, 0) {
		t.Error("a count that was missing is known")
	}
	if l.opened(5) != 0 || l.opened(7) != 2 || l.opened(-1) != 0 {
		t.Error("connections were begun before the first count, or the count fell")
	}
}

// hostRig feeds a hostForeground with what others on the host move.
type hostRig struct {
	hostForeground
	now   time.Duration
	bytes int64
}

func (h *hostRig) tick(bytes int64, clear bool) bool {
	h.now += TickInterval
	h.bytes += bytes
	return h.holds(h.now, Sample{Base: 40 * ms, Counted: true, ForeignLow: h.bytes, ForeignHigh: h.bytes}, 2.5e6, clear)
}

func TestHostForeground(t *testing.T) {
	var h hostRig
	for range 100 {
		if h.tick(100, true) {
			t.Fatal("a few bytes are somebody")
		}
	}
	h.tick(12000, true)
	if !h.tick(12000, true) {
		t.Fatal("a download is nobody")
	}
	held := 0
	for h.tick(0, true) {
		held++
	}
	if d := time.Duration(held) * TickInterval; d < shortHold || d > longHold {
		t.Errorf("room was made for %v after the last bytes", d)
	}
}

// TestSteadyForeground: who needs a certain rate may have company, who takes what there is does not.
func TestSteadyForeground(t *testing.T) {
	run := func(bytes func(tick int) int64, clear bool) (held int) {
		var h hostRig
		for tick := range 1000 { // 5 s
			if h.tick(bytes(tick), clear) && tick >= 600 {
				held++
			}
		}
		return held
	}
	call := func(tick int) int64 { // 2 Mbit/s in frames
		if tick%7 == 0 {
			return 8400
		}
		return 0
	}
	if held := run(call, true); held > 20 {
		t.Errorf("beside a call room was made in %d of 400 ticks", held)
	}
	if held := run(call, false); held < 380 {
		t.Errorf("beside a call with a queue room was made in %d of 400 ticks", held)
	}
	if held := run(func(int) int64 { return 12400 }, true); held < 380 {
		t.Errorf("beside a download that fills the link room was made in %d of 400 ticks", held)
	}
	grows := func(tick int) int64 { return int64(1000 + 12*tick) }
	if held := run(grows, true); held < 300 {
		t.Errorf("beside a download that grows room was made in %d of 400 ticks", held)
	}
}

func TestBlindTrip(t *testing.T) {
	var b blindTrip
	var got time.Duration
	for n := range 400 { // 100 kB under way at 2 MB/s: 50 ms
		got = b.add(time.Duration(n+1)*TickInterval, 10000, 100000)
	}
	if (got - 50*ms).Abs() > 2*ms {
		t.Errorf("a round trip of %v, want 50 ms", got)
	}
}
