// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/web"
)

const (
	// copyBuffer is how much is read before it is handed to the part.
	copyBuffer = 256 << 10
	// TLS, HTTP/2, chunks and slow connections come in pieces of 16 KiB and less; the part gets them in larger ones. A
	// service that is killed loses what waits here, on each of its connections, so bytes wait until they are a small
	// share of what the answer brought: however often it is killed, no more than that is fetched again. A 64th showed in TestKill
	// (1.2 % of the content over 40 kills, one a second). With a 128th the buffer is full each time from 32 MiB on.
	waitShare = 128
	// minWait is how long bytes wait in any case, and maxWait is how long they wait at most while more come: who looks at the
	// progress wants to see some, and checkpoints (5 s) want what there is. 5 ms are 200 writes a second at most.
	minWait = 5 * time.Millisecond
	maxWait = time.Second
	// maxDrain is the largest body that is read only to keep its connection.
	maxDrain = 16 << 10
)

var buffers = sync.Pool{New: func() any { b := make([]byte, copyBuffer); return &b }}

// copy hands the body to the part: length bytes of it, or all when that is Unknown. It
// answers how many the part took. An error of the part is a partError.
func (f *fetch) copy(w *web.Watch, part openbits.Part, body io.Reader, length int64) (n int64, err error) {
	p := buffers.Get().(*[]byte)
	defer buffers.Put(p)
	buf, fill, flushed := *p, 0, time.Now()
	flush := func() error {
		if fill == 0 {
			return nil
		}
		k, err := part.Write(buf[:fill])
		n += int64(k)
		fill, flushed = 0, time.Now()
		if err != nil {
			return partError{err}
		}
		return nil
	}
	for {
		room := buf[fill:]
		if length >= 0 {
			room = room[:min(int64(len(room)), length-n-int64(fill))]
		}
		if len(room) == 0 {
			break
		}
		w.Arm(f.m.web.Timeouts.Idle)
		k, rerr := body.Read(room)
		w.Rest()
		fill += k
		if waited := time.Since(flushed); fill == len(buf) || rerr != nil || waited >= maxWait || waited >= minWait && int64(fill) >= n/waitShare {
			if err := flush(); err != nil {
				return n, err
			}
		}
		if errors.Is(rerr, io.EOF) {
			return n, nil
		}
		if rerr != nil {
			return n, rerr
		}
	}
	if err := flush(); err != nil {
		return n, err
	}
	return n, f.beyond(w, body)
}

// beyond reads the end of a body of which all bytes arrived, which frees the connection for
// the next request. Only more bytes are an error: the answer said there are none.
func (f *fetch) beyond(w *web.Watch, body io.Reader) error {
	var one [1]byte
	w.Arm(f.m.web.Timeouts.Idle)
	k, _ := body.Read(one[:])
	w.Rest()
	if k > 0 {
		return web.Invalid("the server sends more bytes than it announced")
	}
	return nil
}

// drain reads a small body that nobody wants, so that its connection can be used again.
func (f *fetch) drain(w *web.Watch, resp *http.Response) {
	if resp.ContentLength < 0 || resp.ContentLength > maxDrain {
		return
	}
	w.Arm(f.m.web.Timeouts.Idle)
	_, _ = io.Copy(io.Discard, resp.Body)
	w.Rest()
}
