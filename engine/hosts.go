// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/openbits/openbits"
)

// hosts holds what the service knows of servers, for the manners it keeps with each:
// how many connections it may hold, and when it may come again.
type hosts struct {
	mu sync.Mutex
	m  map[string]*host
}

type host struct {
	holders  []*place // in the order in which they got it
	limit    int      // at most openbits.MaxConnectionsPerHost
	streak   int      // successes since the limit changed
	failures int      // in a row
	until    time.Time
	asked    bool // until was asked for by the server
	waiters  []*place
}

// place is one connection to a host, or the wait for one.
type place struct {
	host  string
	rank  int // BITS's number of the priority: the lowest goes first
	ready chan struct{}
	yield func() // asks the holder to give it back; nil once it was asked
}

// growAfter is how many files in a row must arrive before a host that had said
// "too many requests" is given one more connection.
const growAfter = 16

func newHosts() *hosts { return &hosts{m: make(map[string]*host)} }

// hostOf is the host and port of a URL, by which connections are counted.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

func (h *hosts) get(name string) *host {
	x := h.m[name]
	if x == nil {
		x = &host{limit: openbits.MaxConnectionsPerHost}
		h.m[name] = x
	}
	return x
}

// forget drops a host of which nothing is worth keeping.
func (h *hosts) forget(name string, now time.Time) {
	x := h.m[name]
	if len(x.holders)+len(x.waiters) == 0 && x.failures == 0 && x.limit == openbits.MaxConnectionsPerHost && !x.until.After(now) {
		delete(h.m, name)
	}
}

// acquire waits for one of the host's connections. A foreground job that finds them all in use gets that of a
// background job, whose yield is called; to stop at once is up to it.
func (h *hosts) acquire(ctx context.Context, name string, p openbits.Priority, yield func()) (*place, error) {
	w := &place{host: name, rank: p.Number(), ready: make(chan struct{}), yield: yield}
	h.mu.Lock()
	x := h.get(name)
	if len(x.holders) < x.limit && len(x.waiters) == 0 {
		x.holders = append(x.holders, w)
		h.mu.Unlock()
		return w, nil
	}
	at, _ := slices.BinarySearchFunc(x.waiters, w.rank+1, func(o *place, rank int) int { return o.rank - rank })
	x.waiters = slices.Insert(x.waiters, at, w)
	if p == openbits.PriorityForeground {
		x.makeRoom()
	}
	h.mu.Unlock()

	select {
	case <-w.ready:
		return w, nil
	case <-ctx.Done():
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(x.waiters, w); i >= 0 {
		x.waiters = slices.Delete(x.waiters, i, i+1)
		h.forget(name, time.Now())
	} else { // it was given while ctx ended: pass it on
		h.releaseLocked(w)
	}
	return nil, ctx.Err()
}

// makeRoom asks the background job of the lowest priority that got its connection last to give it back.
func (x *host) makeRoom() {
	var last *place
	for _, p := range x.holders {
		if p.rank > openbits.PriorityForeground.Number() && p.yield != nil && (last == nil || p.rank >= last.rank) {
			last = p
		}
	}
	if last != nil {
		last.yield()
		last.yield = nil
	}
}

func (h *hosts) release(p *place) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.releaseLocked(p)
}

func (h *hosts) releaseLocked(p *place) {
	x := h.m[p.host]
	if i := slices.Index(x.holders, p); i >= 0 {
		x.holders = slices.Delete(x.holders, i, i+1)
	}
	for len(x.holders) < x.limit && len(x.waiters) > 0 {
		w := x.waiters[0]
		x.waiters = x.waiters[1:]
		x.holders = append(x.holders, w)
		close(w.ready)
	}
	h.forget(p.host, time.Now())
}

// busy reports whether somebody waits for a connection to the host.
func (h *hosts) busy(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := h.m[name]
	return x != nil && len(x.waiters) > 0
}

// blocked tells until when the host is left alone, and whether it asked for that itself.
func (h *hosts) blocked(name string, now time.Time) (until time.Time, asked bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := h.m[name]
	if x == nil || !x.until.After(now) {
		return time.Time{}, false
	}
	return x.until, x.asked
}

// anyBlocked reports whether any host is left alone.
func (h *hosts) anyBlocked(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range h.m {
		if x.until.After(now) {
			return true
		}
	}
	return false
}

// worked notes that a server answered as it should.
func (h *hosts) worked(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := h.m[name]
	if x == nil {
		return
	}
	x.failures = 0
	if x.limit < openbits.MaxConnectionsPerHost {
		if x.streak++; x.streak >= growAfter {
			x.streak = 0
			x.limit++
		}
	}
}

// crowded halves the connections of a host that has too much to do (429, 503).
func (h *hosts) crowded(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := h.get(name)
	x.limit, x.streak = max(1, x.limit/2), 0
}

// pause leaves the host alone for what delay says, given how often in a row it failed without saying when to come
// back. A host that said so itself is taken at its word: that adds nothing to the count.
func (h *hosts) pause(name string, now time.Time, asked bool, delay func(failures int) time.Duration) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := h.get(name)
	if !asked {
		if x.until.After(now) {
			return x.until // its files fail together: that counts once
		}
		x.failures++
	}
	// Cut as the queue cuts it: a job that comes back at the stored time must find the pause over.
	if until := now.Add(delay(x.failures)).Truncate(time.Microsecond); until.After(x.until) {
		x.until, x.asked = until, asked
	}
	return x.until
}

// relent forgets pauses that no server asked for: the owner or a change of the network wants an attempt now.
func (h *hosts) relent() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, x := range h.m {
		if !x.asked {
			x.until = time.Time{}
			x.failures = 0
			h.forget(name, time.Now())
		}
	}
}

// connections counts those in use.
func (h *hosts) connections() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range h.m {
		n += len(x.holders)
	}
	return n
}
