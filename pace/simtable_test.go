// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var table = flag.Bool("table", false, "print what the model says")

// mixResult is what a bulk download and short fetches beside a background showed.
type mixResult struct {
	idle                    float64
	q50, q95                time.Duration
	bulk, bulk3             float64 // of the link
	yield, reclaim, drained time.Duration
	fetches                 []time.Duration
	drops                   int
}

// mix is: background alone for 9 s, a bulk download for 10 s, 6 s of rest, a fetch of 100 kB each 250 ms for 10 s.
func mix(spec linkSpec, flows int, same bool, with bool) (r mixResult) {
	w := newWorld(spec)
	var s *service
	var host *simHost
	if with {
		s = newService(w, classBackground, flows)
		if same {
			host = s.host
		}
	}
	const comes, goes = 9 * time.Second, 19 * time.Second
	w.run(comes)
	r.idle = w.down.share(classBackground, 4500*ms, comes)
	r.q50, r.q95 = w.down.queues(4500*ms, comes)
	fg := w.foreground(-1, host, nil)
	w.run(goes)
	fg.stopped = true
	w.run(25 * time.Second)
	r.bulk = w.down.share(classForeground, comes, goes)
	r.bulk3 = w.down.share(classForeground, comes+3*time.Second, goes)
	r.yield = w.down.first(classBackground, comes, goes, 300*ms, func(x float64) bool { return x <= 0.2 })
	r.reclaim = w.down.first(classBackground, goes, 25*time.Second, 500*ms, func(x float64) bool { return x >= 0.8 })
	last := goes
	for i := int(goes / binTime); i < len(w.down.bins); i++ {
		if w.down.bins[i].bytes[classForeground] > 0 {
			last = time.Duration(i) * binTime
		}
	}
	r.drained = last - goes
	gap := time.Duration(max(250e6, 100000*8/(spec.down*1e6*0.4)*1e9))
	for t := 25 * time.Second; t < 35*time.Second; t += gap {
		w.at(t, func() {
			began := w.now
			w.foreground(70, host, func() { r.fetches = append(r.fetches, w.now-began) })
		})
	}
	w.run(37 * time.Second)
	slices.Sort(r.fetches)
	r.drops = w.down.drops[classForeground]
	return r
}

func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	return all[int(q*float64(len(all)-1))]
}

// TestTable prints what the goals are about, for whoever changes the rules.
func TestTable(t *testing.T) {
	if !*table {
		t.Skip("run with -table")
	}
	names := []string{"dsl", "cable", "shallow", "slow", "dslx", "wifi"}
	type job struct {
		name  string
		flows int
		same  bool
	}
	var jobs []job
	for _, n := range names {
		for _, flows := range []int{1, 4} {
			jobs = append(jobs, job{n, flows, true}, job{n, flows, false})
		}
	}
	solo := make([]mixResult, len(names))
	out := make([]string, len(jobs))
	var wg sync.WaitGroup
	places := make(chan struct{}, 2)
	for i, n := range names {
		solo[i] = mix(linkSpecs[n], 0, false, false)
	}
	for i, j := range jobs {
		wg.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			r := mix(linkSpecs[j.name], j.flows, j.same, true)
			s := solo[slices.Index(names, j.name)]
			where := "other"
			if j.same {
				where = "same"
			}
			rel := func(q float64) float64 { return float64(quantile(r.fetches, q)) / float64(quantile(s.fetches, q)) }
			out[i] = fmt.Sprintf("%-8s x%d %-5s idle %5.1f q %4.1f/%4.1f | bulk %5.1f after3s %5.1f yield %4d reclaim %4d-%3d=%4d | fetch %.2f / %.2f (%d/%d)",
				j.name, j.flows, where, 100*r.idle, r.q50.Seconds()*1e3, r.q95.Seconds()*1e3, 100*r.bulk/s.bulk, 100*r.bulk3/s.bulk3,
				r.yield.Milliseconds(), r.reclaim.Milliseconds(), r.drained.Milliseconds(), (r.reclaim - r.drained).Milliseconds(), rel(0.5), rel(0.99), len(r.fetches), len(s.fetches))
		})
	}
	wg.Wait()
	fmt.Fprintln(os.Stdout, strings.Join(out, "\n"))
}

var traceFor = flag.String("steps", "", "print what the controller does on link:flows:same|other:from:to")

func TestTrace(t *testing.T) {
	if *traceFor == "" {
		t.Skip("run with -steps")
	}
	var name, where string
	var flows int
	var from, to float64
	fmt.Sscanf(strings.ReplaceAll(*traceFor, ":", " "), "%s %d %s %f %f", &name, &flows, &where, &from, &to)
	simTrace = stepPrinter(time.Duration(from*1e9), time.Duration(to*1e9))
	defer func() { simTrace = nil }()
	switch where {
	case "blind":
		w := newWorld(linkSpecs[name])
		newService(w, classBackground, 1).blind = true
		w.run(time.Duration(to * 1e9))
	case "two":
		w := newWorld(linkSpecs[name])
		newService(w, classBackground, 1)
		w.run(8 * time.Second)
		newService(w, classSecond, 1)
		w.run(time.Duration(to * 1e9))
	case "call", "hostcall":
		w := newWorld(linkSpecs[name])
		s := newService(w, classBackground, 1)
		var host *simHost
		if where == "hostcall" {
			host = s.host
		}
		w.run(5 * time.Second)
		w.call(25*time.Second, host, func(time.Duration) {})
		w.run(time.Duration(to * 1e9))
	case "route", "rate":
		w := newWorld(linkSpecs[name])
		newService(w, classBackground, 1)
		w.run(8 * time.Second)
		if where == "route" {
			w.down.delay += 30 * ms
		} else {
			w.down.rate /= 2
		}
		w.run(time.Duration(to * 1e9))
	default:
		mix(linkSpecs[name], flows, where == "same", true)
	}
}

// stepPrinter prints each change of phase.
func stepPrinter(from, to time.Duration) func(*service) {
	last, lastPrint := map[*service]phase{}, map[*service]time.Duration{}
	names := []string{"start", "cruise", "aside", "floor", "return"}
	return func(s *service) {
		g := s.groups[groupKey{iface: "eth0"}]
		if g == nil || s.world.now < from || s.world.now > to {
			return
		}
		c := g.control
		if was, ok := last[s]; !ok || c.phase != was || s.world.now-lastPrint[s] > 250*ms {
			lastPrint[s] = s.world.now
			fmt.Printf("%8.3f %d %-7s rival %-13s W %6.0f full %6.0f q %5.1f qf %5.1f stand %5.1f base %5.1f miss %6.0f usual %7.0f tol %.2f noise %.2f trueq %5.1f lost %d rate %7.0f hold %v steady %.0f bold %v shared %v trickle %.1f real %v\n", s.world.now.Seconds(), s.class, names[c.phase], c.rival, c.window, c.full(),
				float64(c.noise.recent[(c.noise.next+63)%64])/1e6, float64(c.in.Queue)/1e6, float64(c.standing())/1e6, float64(c.in.Base)/1e6, c.intrusion.missing, c.intrusion.usual, c.intrusion.tolerance, float64(c.noise.value)/1e6, s.world.down.queued().Seconds()*1e3, c.in.Lost, c.rates.over(c.rtt), c.host.until > c.now, c.host.steady.level, c.bold, c.shared, float64(c.trickle.queue(c.floor(), c.in.Base))/1e6, c.real)
			last[s] = c.phase
		}
	}
}
