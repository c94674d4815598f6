// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/web"
)

const (
	// maxSessions is how often one Send begins the file again for a server that forgets it.
	maxSessions = 5
	// maxStill is how many fragments in a row may bring nothing new before the attempt is given up.
	maxStill = 8
	// maxAsks is how often the last fragment is sent again for the URL of a reply.
	maxAsks = 2
	// askFrom is the size from which a server is asked before it is sent a fragment larger than any that it took: the usual
	// limit of proxies is 1 MiB, and one that answers 413 may close the connection before that can be read.
	askFrom = 512 << 10
)

// errLost: the server does not know the session.
var errLost = errors.New("the server does not know the session")

// run is the state machine of a client (MC-BUP, section 3.1).
func (u *upload) run(ctx context.Context) error {
	u.closedBefore = u.s.Closing
	for lost := 0; ; lost++ {
		err := u.attempt(ctx)
		switch {
		case !errors.Is(err, errLost):
			return err
		case u.closedBefore:
			return nil // it ended with the Close-Session that was not answered (W32/ack-for-close-session)
		case lost == maxSessions:
			return &openbits.Error{
				Kind: openbits.KindSessionNotFound, Context: openbits.ContextRemoteFile,
				Text: u.target().Host + " forgot the upload again and again",
				Hint: "Several servers may stand behind this name without knowing of each other's uploads.",
			}
		}
		u.s, u.offset = session{Cap: u.s.Cap}, 0
		if err := u.src.Save(openbits.Session{}, 0); err != nil {
			return web.SourceError{Err: err}
		}
	}
}

// attempt brings one session to its end. It answers errLost when the server does not know it.
func (u *upload) attempt(ctx context.Context) error {
	if u.s.ID == "" {
		if err := u.create(ctx); err != nil {
			return err
		}
	} else {
		u.sizes.broke(0)
		if err := u.ping(ctx); err != nil {
			return err
		}
	}
	if !u.s.Closing {
		if err := u.content(ctx); err != nil {
			return err
		}
	}
	return u.close(ctx)
}

// content sends the file and fetches the reply, if there is to be one. A reply that is gone may be so because the session is: the server
// is asked for it once more, and then says so.
func (u *upload) content(ctx context.Context) error {
	for again := false; ; again = true {
		if err := u.fragments(ctx); err != nil {
			return err
		}
		src, ok := u.replies()
		if !ok {
			return nil
		}
		err := src.Reply(ctx, u.s.Reply)
		if gone := openbits.KindOf(err).HTTPStatus(); again || gone != http.StatusNotFound && gone != http.StatusGone {
			return sourceError(err)
		}
		u.s.Reply = ""
		if err := u.save(); err != nil {
			return web.SourceError{Err: err}
		}
	}
}

// replies answers the source of an upload that is to be answered.
func (u *upload) replies() (openbits.ReplySource, bool) {
	if u.t.Type != openbits.TypeUploadReply {
		return nil, false
	}
	src, ok := u.src.(openbits.ReplySource)
	return src, ok
}

func (u *upload) create(ctx context.Context) error {
	a, err := u.packet(ctx, packetCreate, nil, false)
	switch {
	case err != nil:
		return err
	case a.mismatch():
		return a.mismatchError()
	case !a.ok():
		return a.refusal(packetCreate)
	}
	if protocol := strings.TrimSpace(a.Header.Get(fieldProtocol)); protocol != "" && !strings.EqualFold(protocol, version) {
		return a.mismatchError()
	}
	id := strings.TrimSpace(a.Header.Get(fieldSession))
	host, valid := parseHost(a.Header)
	if !validID(id) || !valid {
		return web.Invalid(a.host + " begins an upload without a session or host that can be used")
	}
	u.s.ID, u.s.Host, u.s.Fallback = id, host, parseFallback(a.Header)
	if err := u.save(); err != nil {
		return web.SourceError{Err: err}
	}
	if host != "" {
		return u.ping(ctx)
	}
	return nil
}

// ping makes sure of the server before more is sent. A server that does not know the packet is none the worse for that.
func (u *upload) ping(ctx context.Context) error {
	a, err := u.packet(ctx, packetPing, nil, false)
	switch {
	case err != nil:
		return err
	case a.lost():
		return errLost
	case a.ok(), a.speaks && a.Status == http.StatusBadRequest:
		return nil
	default:
		return a.refusal(packetPing)
	}
}

// fragments sends until the server has everything, and has said where its reply is if there is to be one.
func (u *upload) fragments(ctx context.Context) error {
	size := u.src.Size()
	still, asks, best := 0, 0, u.offset
	fresh := true // an empty file was not announced yet
	for {
		_, wantReply := u.replies()
		f := fragment{from: u.offset}
		switch left := size - u.offset; {
		case left > 0:
			f.length = u.sizes.next(left)
		case size == 0 && fresh:
			fresh = false
		case !wantReply || u.s.Reply != "":
			return nil
		case asks == maxAsks:
			return u.noReply()
		default: // the last piece once more: the answer to the last fragment names the reply
			asks++
			f.length = min(size, minFragment)
			f.from = size - f.length
		}
		before := u.offset
		if err := u.fragment(ctx, f); err != nil {
			return err
		}
		switch {
		case u.offset > best || asks > 0:
			best, still = max(best, u.offset), 0
		case u.offset > before: // the server went back, and catches up
		case still < maxStill || size == 0:
			still++
		default:
			return web.Invalid(fmt.Sprintf("%s has %d bytes of the file and takes no more", u.target().Host, u.offset))
		}
	}
}

// fragment sends one fragment and goes to where the server says it is.
func (u *upload) fragment(ctx context.Context, f fragment) error {
	expect := f.length > max(askFrom, u.sizes.accepted) && !u.mute
	a, err := u.packet(ctx, packetFragment, &f, expect)
	if err != nil {
		return u.broken(ctx, f, err)
	}
	u.mute = u.mute || expect && a.Status == http.StatusOK && !a.Continued
	offset, known := parseOffset(a.Header, u.src.Size())
	switch {
	case a.lost():
		return errLost
	case a.Status == http.StatusExpectationFailed && expect:
		u.mute = true
		return nil
	case a.Status == http.StatusRequestEntityTooLarge:
		return u.shrink(a, f)
	case a.ok() && f.length == 0 && !known: // of an empty file there is nothing to say
		offset, known = 0, true
	case a.ok(), a.speaks && (a.Status == http.StatusRequestedRangeNotSatisfiable || a.Status == http.StatusConflict && known):
	case u.src.Size() == 0 && a.Status == http.StatusBadRequest:
		return u.emptyRefused(ctx, a)
	default:
		return a.refusal(packetFragment)
	}
	if !known {
		return a.invalidOffset()
	}
	return u.acknowledged(a, f, offset)
}

// acknowledged takes over what the server says it has.
func (u *upload) acknowledged(a *ack, f fragment, offset int64) error {
	if a.ok() && a.Sent < f.length {
		return web.Invalid(fmt.Sprintf("%s acknowledges a fragment before it was sent", a.host))
	}
	if a.ok() && offset > u.offset {
		u.sizes.acknowledged(f.length, a.elapsed)
	}
	u.sizes.probe = false
	u.offset = offset
	if text := a.Header.Get(fieldReply); text != "" && offset == u.src.Size() {
		reply, err := resolveReply(u.target(), text)
		if err != nil {
			return web.Invalid(fmt.Sprintf("%s names a reply that cannot be fetched: %v", a.host, err))
		}
		u.s.Reply = reply
		return sourceError(u.save())
	}
	return sourceError(u.src.Acknowledge(offset))
}

// sourceError marks an error of the source, nil when there is none.
func sourceError(err error) error {
	if err == nil {
		return nil
	}
	return web.SourceError{Err: err}
}

// broken decides what becomes of an attempt whose connection ended within a fragment. One that has brought something is replaced
// at once: servers and balancers limit the life of connections.
func (u *upload) broken(ctx context.Context, f fragment, err error) error {
	brought := u.sizes.brought
	u.sizes.broke(f.length)
	if openbits.KindOf(err) != openbits.KindConnectionClosed || brought < startFragment || ctx.Err() != nil {
		return err
	}
	return u.ping(ctx)
}

// shrink makes fragments smaller after the server found one too large.
func (u *upload) shrink(a *ack, f fragment) error {
	if !u.sizes.refused(f.length) {
		return a.refusal(packetFragment)
	}
	u.s.Cap = u.sizes.hard
	return sourceError(u.save())
}

// emptyRefused ends an upload whose server takes no empty file.
func (u *upload) emptyRefused(ctx context.Context, a *ack) error {
	_ = u.cancel(ctx) // a session without bytes is no great loss
	u.s = session{}
	if err := u.src.Save(openbits.Session{}, 0); err != nil {
		return web.SourceError{Err: err}
	}
	return &openbits.Error{
		Kind: openbits.KindProtocolMismatch, Context: openbits.ContextRemoteFile,
		Text: a.host + " takes no empty file by the BITS upload protocol", Hint: "Try a plain PUT: --protocol put.",
	}
}

func (u *upload) noReply() error {
	return &openbits.Error{
		Kind: openbits.KindNoReply, Context: openbits.ContextRemoteApplication,
		Text: u.target().Host + " has the file and names no reply to it",
		Hint: "Where no reply is expected, send the file without --reply; otherwise resume the job when the server's application works.",
	}
}

// close ends the session. What was sent counts from here on.
func (u *upload) close(ctx context.Context) error {
	if !u.s.Closing {
		u.s.Closing = true
		if err := u.save(); err != nil {
			return web.SourceError{Err: err}
		}
	}
	a, err := u.packet(ctx, packetClose, nil, false)
	switch {
	case err != nil:
		return err
	case !u.s.Closing: // it went to another host, which had no part in this
		return errLost
	case a.lost() && a.Repeated:
		return nil // as in run
	case a.lost():
		return errLost
	case a.ok():
		return nil
	default:
		return a.refusal(packetClose)
	}
}

// cancel tells the server that the session is not wanted any more (MC-BUP: never again after an answer below 500, but
// for those that ask to come back).
func (u *upload) cancel(ctx context.Context) error {
	a, err := u.packet(ctx, packetCancel, nil, false)
	switch {
	case err != nil:
		return err
	case a.lost(), a.ok(), a.Status >= 400 && a.Status < 500 && !openbits.KindHTTP(a.Status).Transient():
		return nil
	default:
		return a.refusal(packetCancel)
	}
}
