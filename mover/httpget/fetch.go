// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/web"
)

const (
	// maxRestarts is how often one Move starts a file again before it gives up on a server whose content keeps changing.
	maxRestarts = 5
	// reconnectAfter is how much a connection must have brought before one that broke off is replaced
	// within the same Move. Servers and balancers limit the life of connections; a file that moves
	// is no failure for that. Less than this is left to the engine and its delays.
	reconnectAfter = 1 << 20
)

// fetch is one call of Move.
type fetch struct {
	m         *Mover
	t         openbits.Transfer
	route     *openbits.Route
	url       *url.URL
	transport *http.Transport

	fresh    bool // ask caches on the way to revalidate
	scratch  bool // ask for the whole file: a range did not work
	renewed  bool // an expired redirect was resolved anew already
	ranges   bool // the server is known to honour ranges
	hops     int  // redirects behind the last answer
	restarts int
}

func (m *Mover) newFetch(t openbits.Transfer) (*fetch, error) {
	f := &fetch{m: m, t: t, route: t.Route, fresh: t.Fresh}
	if f.route == nil {
		f.route = &openbits.Route{}
	}
	var err error
	if f.url, err = web.ParseTarget(t, f.route.Headers); err != nil {
		return nil, f.explain(err)
	}
	if f.transport, err = m.web.Transport(t, f.route); err != nil {
		return nil, f.explain(err)
	}
	return f, nil
}

// partError marks an error of the part, which is passed on as it is.
type partError struct{ error }

func (e partError) Unwrap() error { return e.error }

// run asks until the part is whole or something fails.
func (f *fetch) run(ctx context.Context, part openbits.Part) error {
	var tell func(openbits.Carrier)
	if asking, ok := part.(openbits.CarriedPart); ok {
		tell = asking.CarriedBy
	}
	ctx = web.Carried(ctx, f.t.Priority, tell)
	for {
		held := part.Held()
		if held.Offset > 0 && held.Offset == held.Total {
			return part.End()
		}
		whole, err := f.step(ctx, part, f.asking(held))
		var local partError
		switch {
		case errors.As(err, &local):
			return local.error
		case err != nil:
			return f.explain(err)
		case whole:
			return part.End()
		}
	}
}

// asking decides what to ask for.
func (f *fetch) asking(held openbits.Head) ask {
	switch {
	case f.scratch:
		return ask{held: held}
	case f.byDigest(held): // mirrors have tags and times of their own: If-Range would make them start over
		return ask{held: held, ranged: true}
	case !resumable(held):
		return ask{held: held}
	default:
		return ask{held: held, ranged: true, ifRange: held.Validator.Strong()}
	}
}

// byDigest reports whether what is held may be continued whatever version the server names: the
// size must be known and agree, and the expected digest tells in the end.
func (f *fetch) byDigest(held openbits.Head) bool {
	return f.t.ByDigest && held.Offset > 0 && held.Total > 0
}

// step makes one request and takes what its answer brings. It answers true when the part is whole.
func (f *fetch) step(ctx context.Context, part openbits.Part, a ask) (bool, error) {
	ctx, w := web.NewWatch(ctx)
	defer w.Stop()
	resp, err := f.get(ctx, w, a)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if f.expired(resp, a) {
		f.renewed, f.fresh = true, true
		return false, nil
	}
	v := f.judge(a, resp)
	switch {
	case v.err != nil:
		f.drain(w, resp)
		return false, v.err
	case v.again != "":
		f.scratch = true
		return false, f.restart(v.again)
	}
	// A 200 to a request for a range tells of another version, or of a server without ranges.
	ignored := a.ranged && v.head.Offset == 0 && proves(a.held.Validator, v.head.Validator)
	f.ranges = v.head.Offset > 0 || !ignored && resp.Header.Get("Accept-Ranges") == "bytes"
	if a.ranged && v.head.Offset == 0 && !ignored {
		if err := f.restart("the file changed"); err != nil {
			return false, err
		}
	}
	if err := part.Begin(v.head); err != nil {
		return false, partError{err}
	}
	f.scratch = false
	return f.receive(ctx, w, part, resp, v)
}

// receive takes the body of an accepted answer.
func (f *fetch) receive(ctx context.Context, w *web.Watch, part openbits.Part, resp *http.Response, v verdict) (bool, error) {
	host := resp.Request.URL.Host
	n, err := f.copy(w, part, resp.Body, v.length)
	if err != nil {
		var local partError
		if errors.As(err, &local) {
			return false, err
		}
		e := web.BodyError(ctx, err, host)
		if e.Kind == openbits.KindConnectionClosed && n >= reconnectAfter && f.ranges && resumable(part.Held()) {
			return false, nil
		}
		return false, e
	}
	if v.length >= 0 && n < v.length {
		return false, &openbits.Error{
			Kind: openbits.KindConnectionClosed, Context: openbits.ContextTransport,
			Text: fmt.Sprintf("%s closed the connection after %d of %d bytes", host, n, v.length),
		}
	}
	// A 206 may bring less than was asked for: the next request goes on from there.
	return resp.StatusCode == http.StatusOK || v.head.Offset+n == v.head.Total, nil
}

func (f *fetch) restart(why string) error {
	f.restarts++
	if f.restarts <= maxRestarts {
		return nil
	}
	return &openbits.Error{
		Kind: openbits.KindRemoteFileChanged, Context: openbits.ContextRemoteFile,
		Text: "the file on the server changed again and again, at last because " + why,
		Hint: "Try again when the file is not being replaced, or ask for a URL of one version.",
	}
}

// expired reports whether the answer comes from the target of a redirect that may have
// expired since: such a target is resolved once more, past caches, before it counts.
func (f *fetch) expired(resp *http.Response, a ask) bool {
	if f.renewed || a.held.Offset == 0 || f.hops == 0 {
		return false
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return true
	default:
		return false
	}
}

// explain completes an error with what was attempted, and on which file.
func (f *fetch) explain(err error) error { return web.Explain(err, "fetch", f.t) }
