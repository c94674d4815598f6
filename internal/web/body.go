// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"io"
	"sync"
	"time"
)

// Content is a piece of a file that a request carries. It is read while it is sent.
type Content struct {
	Source io.ReaderAt
	Offset int64
	Length int64
}

// body is a Content on its way. It watches for a server that takes nothing any more, and does not count the time that the
// source takes: a job may be held to any rate.
type body struct {
	content Content
	idle    time.Duration // the longest that the connection may take for one read's worth
	answer  time.Duration // the longest that the server may be silent after the last byte

	mu    sync.Mutex
	watch *Watch
	over  bool  // the request has ended: what is still read goes nowhere
	read  int64 // bytes that were handed out
	err   error // of the source
}

var errOver = errors.New("the request has ended")

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	left, err := b.begin()
	if err != nil {
		return 0, err
	}
	p = p[:min(int64(len(p)), left)]
	n, err := b.content.Source.ReadAt(p, b.content.Offset+b.content.Length-left)
	if n == len(p) || errors.Is(err, io.EOF) && n > 0 {
		err = nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read += int64(n)
	if err != nil && !b.over {
		b.err = err
	}
	b.arm()
	return n, err
}

// begin answers how much is left. The watch rests while the source is read.
func (b *body) begin() (left int64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	left = b.content.Length - b.read
	switch {
	case b.over:
		return 0, errOver
	case b.err != nil:
		return 0, b.err
	case left == 0:
		return 0, io.EOF
	}
	b.watch.Rest()
	return left, nil
}

func (b *body) arm() {
	switch {
	case b.over:
	case b.read == b.content.Length:
		b.watch.Arm(b.answer)
	default:
		b.watch.Arm(b.idle)
	}
}

// Close implements io.Closer. The transport calls it when it needs no more.
func (b *body) Close() error { return nil }

// pause ends the watching: the server has begun to answer, whatever it took of the content.
func (b *body) pause() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	b.watch.Rest()
}

// finish ends the body and answers how much of it was read, and the error of the source.
func (b *body) finish() (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	return b.read, b.err
}
