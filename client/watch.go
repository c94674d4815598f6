// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

// WatchOptions say what to watch. The zero value watches all jobs, from a snapshot of them on.
type WatchOptions struct {
	Job   string // id of the one job to watch; empty: all
	After int64  // go on after this event, without a snapshot where the service still can; 0: begin with a snapshot
	Once  bool   // end with the connection, do not connect again

	// Lost is called with the reason each time the connection was lost and before it is made again.
	// When it returns an error, that ends the watch. It is the place to start a service that ended.
	Lost func(error) error
}

// First and longest pause between attempts to connect again.
const (
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// maxMessage bounds one message of the event stream.
const maxMessage = 64 << 20

// Watch yields what happens to jobs, until ctx ends or the loop is left. First comes a
// snapshot in pages, ended by ready: the one job that is watched, or all that are not final.
// Then come events, and figures of moving jobs. A lost connection is made again and goes on
// where it ended; when that is not possible, a reset and a new snapshot tell that everything
// known before is out of date.
//
// The last pair holds the error that ended it, which is ctx's when ctx ended. A service that this client
// has never reached is an error; one that went away is waited for, unless o.Once is set.
func (c *Client) Watch(ctx context.Context, o WatchOptions) iter.Seq2[api.Update, error] {
	return func(yield func(api.Update, error) bool) {
		w := watch{client: c, options: o, last: o.After, yield: yield}
		if err := w.run(ctx); err != nil && !errors.Is(err, errLeft) {
			yield(api.Update{}, err)
		}
	}
}

// errLeft tells that the loop over the updates was left.
var errLeft = errors.New("the loop was left")

type watch struct {
	client  *Client
	options WatchOptions
	last    int64 // sequence of the last event that is known
	moved   bool  // this connection brought something
	yield   func(api.Update, error) bool
}

func (w *watch) run(ctx context.Context) error {
	pause := firstPause
	for {
		w.moved = false
		err := w.stream(ctx)
		switch {
		case errors.Is(err, errLeft): // first: who left the loop must not be called again
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case !w.client.reached.Load(), w.options.Once, !errors.Is(err, openbits.KindServiceUnavailable):
			return err
		}
		if w.moved {
			pause = firstPause
		}
		if w.options.Lost != nil {
			if err := w.options.Lost(err); err != nil {
				return err
			}
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		pause = min(2*pause, longestPause)
	}
}

// stream reads one connection to its end, which is always an error.
func (w *watch) stream(ctx context.Context) error {
	// Leaving the loop must end the connection: its answer has no end of its own.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	header := http.Header{"Accept": {api.MediaEvents}}
	if w.last > 0 {
		header.Set(api.HeaderLastEventID, strconv.FormatInt(w.last, 10))
	}
	query := url.Values{}
	set(query, "job", w.options.Job)
	resp, err := w.client.do(ctx, http.MethodGet, "/v1/events", query, nil, header)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	in := bufio.NewReaderSize(resp.Body, 64<<10)
	for {
		name, data, err := message(in)
		if err != nil {
			return broken(ctx, "GET /v1/events", err)
		}
		if name == "problem" {
			var p api.Problem
			if err := json.Unmarshal(data, &p); err != nil {
				return broken(ctx, "GET /v1/events", err)
			}
			return p.Err()
		}
		var u api.Update
		if err := json.Unmarshal(data, &u); err != nil {
			return broken(ctx, "GET /v1/events", err)
		}
		w.moved = true
		if u.Kind == openbits.UpdateReset {
			w.last = 0
		} else if u.Kind == openbits.UpdateReady || u.Kind == openbits.UpdateEvent {
			w.last = max(w.last, u.Seq)
		}
		if !w.yield(u, nil) {
			return errLeft
		}
	}
}

// message reads the name and the data of the next server-sent event (WHATWG HTML, section 9.2.6).
// The id repeats what the data says; comments keep the connection alive.
func message(in *bufio.Reader) (name string, data []byte, err error) {
	for {
		line, err := readLine(in)
		if err != nil {
			return "", nil, err
		}
		if len(line) == 0 {
			if data != nil {
				return name, data, nil
			}
			name = ""
			continue
		}
		if value, ok := bytes.CutPrefix(line, []byte("event:")); ok {
			name = string(bytes.TrimPrefix(value, []byte(" ")))
		}
		value, ok := bytes.CutPrefix(line, []byte("data:"))
		if !ok {
			continue
		}
		if len(data)+len(value) > maxMessage {
			return "", nil, errors.New("a message of the event stream is too long")
		}
		if data != nil {
			data = append(data, '\n')
		}
		data = append(data, bytes.TrimPrefix(value, []byte(" "))...)
	}
}

// readLine reads a line without its end, within maxMessage.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		chunk, err := in.ReadSlice('\n')
		line = append(line, chunk...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull) && len(line) <= maxMessage:
			continue
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, errors.New("a line of the event stream is too long")
		case errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		}
		return bytes.TrimRight(line, "\r\n"), nil
	}
}
