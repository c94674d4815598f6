// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"context"
	"net/url"
	"sync"
	"time"

	"github.com/openbits/openbits"
)

// Page is what a URL of a Mover holds.
type Page struct {
	Body     []byte
	ETag     string        // strong validator; empty: the server has none, so that every attempt begins at 0
	Modified time.Time     // Last-Modified
	Unsized  bool          // the server does not say how long it is
	Chunk    int           // bytes written at a time; 0: 32 KiB
	Pace     time.Duration // before each chunk
	Carrier  *Carrier      // of every connection to it; nil: what carries them cannot tell
}

// Attempt is how one attempt at a URL goes. The zero value delivers the page.
type Attempt struct {
	Delay time.Duration // before the server answers
	Err   error         // the server does not answer; this comes instead
	Stop  int64         // bytes of this attempt after which Break happens; only together with Break or Hang
	Break error         // what happens then
	Hang  bool          // nothing happens then until the attempt is stopped
}

// Call is an attempt as it was asked for.
type Call struct {
	openbits.Transfer

	At    time.Time
	Ended time.Time // zero while it goes on
	From  int64     // what the part held
	Err   error
}

// Mover plays servers. Its exact properties:
//
//   - A URL answers with its Page, one Attempt of its script at a time; after the last one it delivers the page.
//     A URL without a page answers http_404.
//   - It honours the contract of openbits.Part: it goes on behind what the part holds when that is of the page's ETag
//     and no longer than it; otherwise it begins at 0. It returns nil only after End did.
//   - A part that is a CarriedPart hears of the page's Carrier before Begin; whom that serves is left to it.
//   - It stops at once when its context ends, and answers the context's error.
//   - Every call is recorded, and how many went on at the same time, by host and in all.
type Mover struct {
	mu     sync.Mutex
	pages  map[string]Page
	script map[string][]Attempt
	all    map[string]Attempt // by host, before the script: a server in trouble
	calls  []*Call
	now    map[string]int // going on, by host
	most   map[string]int
	resets int
}

// NewMover plays no server yet.
func NewMover() *Mover {
	return &Mover{pages: map[string]Page{}, script: map[string][]Attempt{}, all: map[string]Attempt{}, now: map[string]int{}, most: map[string]int{}}
}

// Put sets what a URL holds.
func (m *Mover) Put(url string, p Page) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pages[url] = p
}

// Script sets how the next attempts at a URL go.
func (m *Mover) Script(url string, attempts ...Attempt) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.script[url] = attempts
}

// Trouble lets every attempt at a host fail with err until it is called with nil.
func (m *Mover) Trouble(host string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		delete(m.all, host)
		return
	}
	m.all[host] = Attempt{Err: err}
}

// Calls are the attempts at a URL so far; with "" those at all.
func (m *Mover) Calls(url string) (list []Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.calls {
		if url == "" || c.URL == url {
			list = append(list, *c)
		}
	}
	return list
}

// Going tells how many attempts at a host go on now, and the most that ever did; with "" at all hosts.
func (m *Mover) Going(host string) (now, most int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now[host], m.most[host]
}

// Reset implements the engine's Resetter.
func (m *Mover) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.resets++
}

// Resets counts the calls of Reset.
func (m *Mover) Resets() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.resets
}

// Move implements the engine's Mover.
func (m *Mover) Move(ctx context.Context, t openbits.Transfer, part openbits.Part) error {
	call, page, attempt := m.begin(t, part.Held().Offset)
	err := ctx.Err()
	if err == nil {
		err = attempt.deliver(ctx, t, page, part)
	}
	m.end(call, err)
	return err
}

func (m *Mover) begin(t openbits.Transfer, from int64) (*Call, *Page, Attempt) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &Call{Transfer: t, At: time.Now(), From: from}
	m.calls = append(m.calls, c)
	host := hostOf(t.URL)
	for _, h := range []string{"", host} {
		m.now[h]++
		m.most[h] = max(m.most[h], m.now[h])
	}
	if a, ok := m.all[host]; ok {
		return c, nil, a
	}
	var a Attempt
	if s := m.script[t.URL]; len(s) > 0 {
		a, m.script[t.URL] = s[0], s[1:]
	}
	if p, ok := m.pages[t.URL]; ok {
		return c, &p, a
	}
	return c, nil, a
}

func (m *Mover) end(c *Call, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.Ended, c.Err = time.Now(), err
	m.now[""]--
	m.now[hostOf(c.URL)]--
}

func (a Attempt) deliver(ctx context.Context, t openbits.Transfer, p *Page, part openbits.Part) error {
	if err := pause(ctx, a.Delay); err != nil {
		return err
	}
	if a.Err != nil {
		return a.Err
	}
	if p == nil {
		return Fail(openbits.KindHTTP(404), t.URL)
	}
	if carried, ok := part.(openbits.CarriedPart); ok && p.Carrier != nil {
		carried.CarriedBy(p.Carrier)
	}
	head := p.head(part.Held())
	if err := part.Begin(head); err != nil {
		return err
	}
	end := int64(len(p.Body))
	if a.Break != nil || a.Hang {
		end = min(end, head.Offset+a.Stop)
	}
	chunk := int64(p.Chunk)
	if chunk == 0 {
		chunk = 32 << 10
	}
	for at := head.Offset; at < end; at += chunk {
		if err := pause(ctx, p.Pace); err != nil {
			return err
		}
		if _, err := part.Write(p.Body[at:min(at+chunk, end)]); err != nil {
			return err
		}
	}
	switch {
	case a.Hang:
		<-ctx.Done()
		return ctx.Err()
	case a.Break != nil:
		return a.Break
	}
	return part.End()
}

// head is the answer to a request for what is not held yet.
func (p *Page) head(held openbits.Head) openbits.Head {
	h := openbits.Head{Total: int64(len(p.Body)), Validator: openbits.Validator{ETag: p.ETag}, Modified: p.Modified}
	if p.ETag != "" && held.Validator.ETag == p.ETag && held.Offset <= h.Total {
		h.Offset = held.Offset
	}
	if p.Unsized {
		h.Total = openbits.Unknown
	}
	return h
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	return u.Host
}

// Fail is a failure to fetch a URL.
func Fail(kind openbits.Kind, url string) *openbits.Error {
	return &openbits.Error{Op: "fetch", Object: openbits.RedactURL(url), Kind: kind, Context: openbits.ContextRemoteFile, File: -1, Text: "it was told to fail with " + string(kind)}
}

// FailAfter is a failure whose server asked not to come back sooner than after d.
func FailAfter(kind openbits.Kind, url string, d time.Duration) *openbits.Error {
	e := Fail(kind, url)
	e.After = d
	return e
}
