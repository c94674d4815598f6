// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package httpget is the mover of downloads over HTTP/1.1, HTTP/2 and HTTPS.
//
// It is made for one promise: the bytes that reach a part are of one version of the remote
// file, or Move fails. The rules that keep it:
//
//   - Every request asks for the identity coding. An answer in another coding is never
//     stored: retried once without a range, then refused (content_encoded).
//   - What a part holds is continued only when something proves its version: a strong ETag,
//     or a Last-Modified that the Date beside it makes strong (RFC 9110, section 8.8.2.2).
//     A weak ETag proves nothing about bytes (section 8.8.1); without a proof the file
//     starts again from its first byte.
//   - The proof is sent in If-Range where the RFC allows that, and the answer must repeat
//     it: a 206 that does not name the version held, or another total size, is dropped
//     before a byte of it is written, since there are servers that ignore If-Range.
//   - A 200 to a request for a range starts the file again from that same answer. A 416, a
//     multipart answer or a range nobody asked for is followed by one request without a range.
//   - The end of a body must be told from a cut: by Content-Length, Content-Range, the last
//     chunk, or END_STREAM. Where a server marks the end only by closing the connection
//     (HTTP/1.0), the close counts as the end unless a size that is known says otherwise;
//     over TLS the close must have been announced.
//
// Redirects are followed here, not by net/http, from the file's own URL at each request.
// Credentials and headers go to the exact origins they belong to. The environment of the
// process is never looked at: proxies come from the job's Route.
package httpget

import (
	"context"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/dial"
	"github.com/openbits/openbits/internal/web"
)

// Options are the settings of a Mover. The zero value works.
type Options = web.Options

// Timeouts say how long a silent peer is waited for; 0 stands for the default.
type Timeouts = web.Timeouts

// Mover downloads. It is safe for use by several goroutines. It keeps connections for
// later calls, those of foreground and background jobs and of different routes apart.
type Mover struct{ web *web.Client }

// New makes a Mover.
func New(o Options) *Mover { return &Mover{web.New(o)} }

// Move fetches what part does not hold yet. It returns nil after part.End returned nil,
// ctx's error when ctx ended, and an *openbits.Error otherwise. Errors of the part are
// returned as they are.
func (m *Mover) Move(ctx context.Context, t openbits.Transfer, part openbits.Part) error {
	f, err := m.newFetch(t)
	if err != nil {
		return err
	}
	err = f.run(dial.WithPriority(ctx, t.Priority), part)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Reset drops the connections that are kept. Those in use stay with the calls that use
// them and serve no other call any more.
func (m *Mover) Reset() { m.web.Reset() }
