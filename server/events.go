// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

// events streams what happens until the client leaves or the server shuts down.
//
// A slow client holds up its own call of Service.Updates and nothing else; one that accepts
// nothing for the server's patience is cut off, and goes on from its last event when it returns.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	after, job, err := s.eventsAsked(r)
	if err != nil {
		s.writeProblem(w, r, err, job)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.closing, cancel)()

	w.Header().Set("Content-Type", api.MediaEvents)
	w.Header().Set("Cache-Control", "no-store")
	out := &stream{w: w, control: http.NewResponseController(w), patience: s.options.Patience}
	defer out.end()
	if out.send([]byte(": openbits\n\n")) != nil {
		return
	}
	beats := make(chan struct{})
	go func() {
		defer close(beats)
		out.beat(ctx, cancel, s.options.Heartbeat)
	}()
	err = s.svc.Updates(ctx, after, job, func(u openbits.Update) error {
		data, err := encode(u)
		if err != nil {
			return err
		}
		return out.send(data)
	})
	failed := err != nil && ctx.Err() == nil && !out.broken()
	cancel()
	<-beats
	if failed {
		problem, err := json.Marshal(s.failed(err, "GET /v1/events", job))
		if err == nil {
			_ = out.send(fmt.Appendf(nil, "event: problem\ndata: %s\n\n", problem))
		}
	}
}

// eventsAsked reads the request of a stream. A job that does not exist is told before the stream begins.
func (s *Server) eventsAsked(r *http.Request) (after int64, job string, err error) {
	job = r.URL.Query().Get("job")
	if text := r.Header.Get(api.HeaderLastEventID); text != "" {
		after, err = strconv.ParseInt(text, 10, 64)
		if err != nil || after < 0 {
			return 0, job, &openbits.Error{
				Op: "accept", Object: api.HeaderLastEventID, Kind: openbits.KindInvalidArgument, Context: openbits.ContextNone, File: -1,
				Text: fmt.Sprintf("%q is not the id of an event", text), Hint: "Leave it out to begin with a snapshot.",
			}
		}
	}
	if job != "" {
		_, err = s.svc.Job(r.Context(), job)
	}
	return after, job, err
}

// encode writes an update as a server-sent event. Only what a client can go on from has an id.
func encode(u openbits.Update) ([]byte, error) {
	data, err := json.Marshal(api.UpdateOf(u))
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(data)+64)
	out = fmt.Appendf(out, "event: %s\n", u.Kind)
	switch u.Kind {
	case openbits.UpdateReset:
		out = append(out, "id: 0\n"...)
	case openbits.UpdateReady, openbits.UpdateEvent:
		out = fmt.Appendf(out, "id: %d\n", u.Seq)
	default:
	}
	out = append(out, "data: "...)
	out = append(out, data...)
	return append(out, "\n\n"...), nil
}

// stream is the sending end of one event stream.
type stream struct {
	mu       sync.Mutex
	w        http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
	last     time.Time // when something was sent
	err      error     // why nothing can be sent any more
}

// send writes a message to the end, within the patience.
func (s *stream) send(data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.last = time.Now()
	if s.err = s.control.SetWriteDeadline(s.last.Add(s.patience)); s.err != nil {
		return s.err
	}
	if _, s.err = s.w.Write(data); s.err != nil {
		return s.err
	}
	s.err = s.control.Flush()
	return s.err
}

func (s *stream) broken() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err != nil
}

// beat sends a comment whenever nothing else was sent for a while, by which a dead client is noticed.
func (s *stream) beat(ctx context.Context, cancel func(), every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		s.mu.Lock()
		idle := time.Since(s.last) >= every/2
		s.mu.Unlock()
		if idle && s.send([]byte(":\n\n")) != nil {
			cancel()
			return
		}
	}
}

// end lets the connection serve other calls, with the deadlines that those have.
func (s *stream) end() { _ = s.control.SetWriteDeadline(time.Time{}) }
