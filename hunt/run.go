// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package hunt

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/openbits/openbits/hunt/collect"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/join"
	"github.com/openbits/openbits/hunt/read"
)

// inMemory is how many bytes of encoded hosts are kept in memory. A test makes it smaller.
var inMemory int64 = 16 << 20

// Run hunts. It answers an error only when nothing could be done, as with bad options: what is wrong with an
// input is said in the report, and the other inputs are read. When ctx ends early, the report says so in Partial and
// holds what was read until then.
func Run(ctx context.Context, o Options) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	// The rules come first: what is wrong with them is found before hours of reading.
	b, err := seat(&o)
	if err != nil {
		return nil, err
	}
	r := &run{ctx: ctx, o: o, bench: b, store: &store{limit: inMemory}, first: map[string]*evidence.Finding{}}
	c := collect.Walk(ctx, o.Paths, collect.Options{
		CarveAll: o.CarveAll, HashContainers: o.HashContainers,
		Channel:  func(ch string) bool { return read.Channel(ch) || b.judge.Wants(ch, "", 0) },
		Progress: func(p string, n int) { r.progress(Progress{Stage: StageCollect, Path: p, Inputs: n}) },
	})
	r.searched = c.Ended
	err = r.hosts(c)
	if err = errors.Join(err, c.Close()); err == nil {
		err = r.rate()
	}
	if err != nil {
		return nil, errors.Join(err, r.store.close())
	}
	return &Result{Report: r.report(), closers: []func() error{r.store.close}}, nil
}

func (o *Options) check() error {
	if len(o.Paths) == 0 {
		return errors.New("no file or folder was named")
	}
	if o.MinSeverity != "" && !slices.Contains(evidence.Severities, o.MinSeverity) {
		return fmt.Errorf("%q is no severity; there are info, low, medium, high, critical", o.MinSeverity)
	}
	for _, glob := range o.Hosts {
		if _, err := path.Match(strings.ToLower(glob), ""); err != nil {
			return fmt.Errorf("%q is no pattern of host names: %w", glob, err)
		}
	}
	return nil
}

// run is a hunt that is going on.
type run struct {
	ctx   context.Context
	o     Options
	bench *bench
	store *store

	mu    sync.Mutex // of what follows, and of calls of Progress
	count int        // hosts that there are
	done  int
	ended int // hosts that were not read whole, as ctx ended

	searched error // why the search for files ended early; nil: it did not

	computers  int      // of the hosts, without NoHost
	kept       []handle // hosts, in order
	suppressed map[[2]string]int
	first      map[string]*evidence.Finding // of each rule
	totals     evidence.Totals
	findings   []evidence.Finding
}

func (r *run) progress(p Progress) {
	if r.o.Progress == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Done, p.Hosts = r.done, r.count
	r.o.Progress(p)
}

// suppress counts what is not shown.
func (r *run) suppress(reason, by string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.suppressed == nil {
		r.suppressed = map[[2]string]int{}
	}
	r.suppressed[[2]string{reason, by}] += n
}

// hosts reads all hosts, several at a time, and keeps them in the order of their names.
func (r *run) hosts(c *collect.Collection) error {
	saved, err := r.savedHosts(c)
	if err != nil {
		return err
	}
	var todo []*collect.Host
	for _, h := range c.Hosts {
		if r.wanted(h) {
			todo = append(todo, h)
		} else {
			r.suppress("host", h.Name, 1)
		}
	}
	r.count = len(todo)
	for _, h := range todo {
		if h.Name != evidence.NoHost {
			r.computers++
		}
	}
	r.kept = make([]handle, len(todo))
	errs := make([]error, len(todo))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(todo)) {
		wg.Go(func() {
			for i := range next {
				r.kept[i], errs[i] = r.host(todo[i], saved)
			}
		})
	}
	for i := range todo { // also when ctx ended: then what was not reached is only listed
		next <- i
	}
	close(next)
	wg.Wait()
	return errors.Join(errs...)
}

// wanted reports whether a host is one of those that were asked for.
func (r *run) wanted(h *collect.Host) bool {
	if len(r.o.Hosts) == 0 || h.Name == evidence.NoHost {
		return true
	}
	for _, glob := range r.o.Hosts {
		for _, name := range append([]string{h.Name}, h.Aliases...) {
			if ok, _ := path.Match(strings.ToLower(glob), strings.ToLower(name)); ok { // check looked at the pattern
				return true
			}
		}
	}
	return false
}

// host reads, joins and judges one host.
func (r *run) host(c *collect.Host, saved map[collect.Saved]handle) (handle, error) {
	res := read.Host(r.ctx, c, read.Options{
		Filter: r.bench.judge, HashContainers: r.o.HashContainers,
		Progress: func(p string) { r.progress(Progress{Stage: StageRead, Host: c.Name, Path: p, Inputs: len(c.Members)}) },
	})
	for _, s := range c.Saved {
		at, ok := saved[s]
		if !ok {
			continue // the report could not be read that far, which its input says
		}
		h, err := r.store.get(at)
		if err != nil {
			return handle{}, err
		}
		res.Import(h, s.Member.Path)
	}
	h := join.Host(c.Name, c.Named, c.Aliases, res)
	if h.Name != evidence.NoHost {
		h.Findings = r.bench.judge.Judge(h)
	}
	at, err := r.store.put(h)
	if err != nil {
		return handle{}, cannotKeep("host "+h.Name, err)
	}
	r.mu.Lock()
	if h.Name != evidence.NoHost {
		r.bench.stack.Add(h)
	}
	r.done++
	if res.Ended {
		r.ended++
	}
	r.mu.Unlock()
	r.progress(Progress{Stage: StageHost, Host: h.Name, Inputs: len(h.Inputs), Jobs: len(h.Jobs), Findings: len(h.Findings)})
	return at, nil
}

// savedHosts keeps the hosts of saved reports until it is their turn.
func (r *run) savedHosts(c *collect.Collection) (map[collect.Saved]handle, error) {
	out := map[collect.Saved]handle{}
	read := map[*collect.Member]bool{}
	for _, h := range c.Hosts {
		for _, s := range h.Saved {
			if read[s.Member] || s.Member.Status != "" {
				continue
			}
			read[s.Member] = true
			if err := r.savedReport(s.Member, out); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (r *run) savedReport(m *collect.Member, out map[collect.Saved]handle) error {
	content, err := m.Open(r.ctx, 0)
	if err != nil {
		return nil // read.Host says it
	}
	defer content.Close()
	rep, err := evidence.ReadReport(content, content.Size)
	if err != nil {
		return nil // the walk said it
	}
	for h, err := range rep.Hosts() {
		if err != nil {
			return nil // the walk said it
		}
		at, err := r.store.put(h)
		if err != nil {
			return cannotKeep("host "+h.Name+" of "+m.Path, err)
		}
		out[collect.Saved{Member: m, Name: h.Name}] = at
	}
	return nil
}

// stored iterates over the hosts that are kept.
func (r *run) stored() iter.Seq2[*evidence.Host, error] {
	return func(yield func(*evidence.Host, error) bool) {
		for _, at := range r.kept {
			if !yield(r.store.get(at)) {
				return
			}
		}
	}
}
