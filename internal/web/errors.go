// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/openbits/openbits"
)

// Silence is the cause with which a request is cut off whose peer does not answer.
type Silence struct{ limit time.Duration }

func (s Silence) Error() string { return fmt.Sprintf("no byte for %s", s.limit) }

// RoundTripError gives an error of a request to host its kind. ctx is the request's own.
// A request made with Wanting is explained by the certificate that the server wanted, if it did.
func RoundTripError(ctx context.Context, err error, host string) *openbits.Error {
	e := roundTripError(ctx, err, host)
	if wanted, ok := ctx.Value(wantedKey{}).(*atomic.Bool); ok && wanted.Load() && e.Kind == openbits.KindConnectionClosed {
		return certificateWanted(err, host)
	}
	return e
}

func roundTripError(ctx context.Context, err error, host string) *openbits.Error {
	if e := ownError(ctx, err, host); e != nil {
		return e
	}
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks ")) {
		return proxyError(err)
	}
	if e := tlsFailure(err, host); e != nil {
		return e
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return &openbits.Error{
			Kind: openbits.KindNameNotResolved, Context: openbits.ContextTransport, Err: err,
			Text: "the name of " + host + " has no address: " + dns.Err,
			Hint: "Check the host in the URL and this machine's name servers.",
		}
	}
	if isTimeout(err) {
		return timeoutError(err, host)
	}
	if op != nil && op.Op == "dial" {
		return &openbits.Error{
			Kind: openbits.KindConnectFailure, Context: openbits.ContextTransport, Err: err,
			Text: host + " cannot be reached: " + rootText(err),
			Hint: "Check host and port, and whether the server runs.",
		}
	}
	return BodyError(ctx, err, host)
}

// BodyError gives an error met while reading an answer its kind.
func BodyError(ctx context.Context, err error, host string) *openbits.Error {
	if e := ownError(ctx, err, host); e != nil {
		return e
	}
	if isTimeout(err) {
		return timeoutError(err, host)
	}
	if malformed(err) {
		return &openbits.Error{
			Kind: openbits.KindInvalidServerResponse, Context: openbits.ContextRemoteFile, Err: err,
			Text: host + " sent what is not HTTP: " + rootText(err),
		}
	}
	text := host + " closed the connection too early"
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		text += ": " + rootText(err)
	}
	return &openbits.Error{Kind: openbits.KindConnectionClosed, Context: openbits.ContextTransport, Text: text, Err: err}
}

// ownError recognises errors that this package made.
func ownError(ctx context.Context, err error, host string) *openbits.Error {
	var e *openbits.Error
	if errors.As(err, &e) {
		return e
	}
	var s Silence
	if errors.As(context.Cause(ctx), &s) {
		return timeoutError(s, host)
	}
	return nil
}

func timeoutError(err error, host string) *openbits.Error {
	return &openbits.Error{
		Kind: openbits.KindTimeout, Context: openbits.ContextTransport, Err: err,
		Text: host + " does not answer: " + rootText(err),
	}
}

func proxyError(err error) *openbits.Error {
	e := &openbits.Error{
		Kind: openbits.KindProxyFailure, Context: openbits.ContextTransport, Err: err,
		Text: "the connection through the proxy failed: " + rootText(err),
		Hint: "Check the proxy's address and whether it runs and may reach this server.",
	}
	// SOCKS5 (RFC 1929) has no code for it: net/http answers with these words.
	if text := rootText(err); strings.Contains(text, "authentication") {
		e.Kind = openbits.KindInvalidProxyInfo
		e.Text = "the proxy does not accept the user and password: " + text
		e.Hint = "Give user and password in the proxy's URL."
	}
	return e
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// malformed recognises net/http's errors about answers that break the protocol. They have no type.
func malformed(err error) bool {
	text := err.Error()
	for _, part := range []string{
		"malformed", "bad Content-Length", "multiple Content-Length", "transfer encoding", "Transfer-Encoding", "server response headers exceeded",
		"chunk length", "chunked encoding", "chunked line", "invalid header", "more than declared Content-Length",
	} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
