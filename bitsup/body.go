// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// drainLimit is how much of a refused body is read so that the client gets to see the answer: the largest fragment that
// Windows sends (13 MB), and some.
const drainLimit = 16 << 20

// body reads what a client sends for as long as it sends anything. However slow it is, as long as something comes
// within the patience, it is not cut off.
type body struct {
	from     io.Reader
	deadline func(time.Time) error
	patience time.Duration
	extended time.Time
	left     int64 // bytes that the client has announced and not sent
	expects  bool  // it waits for "100 Continue" before it sends any
	started  bool
	ended    bool // all of it was read
	cut      atomic.Bool
}

func newBody(w http.ResponseWriter, r *http.Request, patience time.Duration) *body {
	return &body{
		from: r.Body, deadline: http.NewResponseController(w).SetReadDeadline, patience: patience,
		left: r.ContentLength, expects: r.Header.Get("Expect") != "", ended: r.ContentLength == 0,
	}
}

var errCut = errors.New("a newer request took the place of this one")

func (b *body) Read(p []byte) (int, error) {
	b.started = true
	if now := time.Now(); now.Sub(b.extended) > b.patience/8 {
		b.extended = now
		_ = b.deadline(now.Add(b.patience)) // what cannot have deadlines is no network
	}
	if b.cut.Load() {
		return 0, errCut
	}
	n, err := b.from.Read(p)
	b.left -= int64(n)
	if b.left == 0 {
		b.finish()
	}
	if err != nil && b.cut.Load() {
		err = errCut
	}
	return n, err
}

// finish lifts the deadline, which would end what follows the body, too.
func (b *body) finish() {
	if !b.ended {
		b.ended = true
		_ = b.deadline(time.Time{})
	}
}

// interrupt makes a Read that waits return, and all others.
func (b *body) interrupt() {
	b.cut.Store(true)
	_ = b.deadline(time.Unix(1, 0))
}

// skip reads n bytes that are there already.
func (b *body) skip(n int64) error {
	if n == 0 {
		return nil
	}
	_, err := io.CopyN(io.Discard, b, n)
	return err
}

// drain reads what is left of the body, within reason.
func (b *body) drain() {
	if b.ended || b.left < 0 || b.left > drainLimit || b.expects && !b.started || b.cut.Load() {
		return
	}
	_, _ = io.CopyN(io.Discard, b, b.left)
}

// Sizes of buffers. A slow client fills what little it is given; one that fills the small buffer again and again gets a large one.
const (
	smallBuffer  = 8 << 10
	largeBuffer  = 256 << 10
	largeBuffers = 32 // at most, for all clients together
	fullReads    = 4  // of the small buffer in a row make a client fast
)

// writingStep is how much is received before the disk is told to begin with it. Of steps from 512 KiB to 6.5 MiB in fragments of 13 MiB
// this took the least time, 0.93 of that of 512 KiB: each is a request that the file system plans for itself.
const writingStep = 4 << 20

// buffers are the large ones that are not in use. A nil one is yet to be made.
type buffers chan []byte

func newBuffers() buffers {
	b := make(buffers, largeBuffers)
	for range largeBuffers {
		b <- nil
	}
	return b
}

func (b buffers) get() []byte {
	select {
	case p := <-b:
		if p == nil {
			p = make([]byte, largeBuffer)
		}
		return p
	default:
		return nil
	}
}

// diskError is an error of writing, as opposed to one of receiving.
type diskError struct{ err error }

func (d diskError) Error() string { return d.err.Error() }
func (d diskError) Unwrap() error { return d.err }

// receive writes n bytes of the body to a file from an offset on, and answers their CRC-32C.
func (b buffers) receive(f *os.File, off int64, from *body, n int64) (sum uint32, err error) {
	small := make([]byte, min(smallBuffer, n))
	buffer, full := small, 0
	var large []byte
	defer func() {
		if large != nil {
			b <- large
		}
	}()
	begun := off
	for n > 0 {
		m, err := from.Read(buffer[:min(int64(len(buffer)), n)])
		if m > 0 {
			if _, err := f.WriteAt(buffer[:m], off); err != nil {
				return 0, diskError{err}
			}
			sum = crc32.Update(sum, castagnoli, buffer[:m])
			off, n = off+int64(m), n-int64(m)
		}
		switch {
		case n == 0:
			return sum, nil
		case err == io.EOF:
			return 0, io.ErrUnexpectedEOF
		case err != nil:
			return 0, err
		}
		if off-begun >= writingStep {
			startWriting(f, begun, off-begun)
			begun = off
		}
		if full++; m < len(buffer) {
			full = 0
		}
		if large == nil && full >= fullReads {
			if large = b.get(); large != nil {
				buffer = large
			}
		}
	}
	return sum, nil
}
