// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package testlab

import (
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/time/rate"
)

// ReceiverOptions are the settings of a Receiver. The zero value takes uploads by PUT and by the BITS upload protocol.
type ReceiverOptions struct {
	NoBITS, NoPUT bool                                     // such requests are answered with 405
	MaxFragment   int64                                    // larger ones are answered with 413; 0: none is
	Reply         func(path string, content []byte) []byte // makes every upload one with a reply
	ReplyURL      func(origin, id string) string           // what BITS-Reply-URL says; nil: an absolute URL
	HostID        string                                   // BITS-Host-Id
	Fallback      string                                   // BITS-Host-Id-Fallback-Timeout
	User          string                                   // Basic authentication, with PeerPassword; "": none
	Rate          int64                                    // bytes per second of what is taken; 0: no limit
}

// Receiver is a server on loopback that takes uploads. It keeps what it acknowledged as long as it lives. Its exact properties:
//
//   - An object is what the last PUT of a URL brought, or a session of the BITS upload protocol that was closed after
//     its last byte. How often that happened is counted: an upload that is carried out twice shows.
//   - Fragments are appended whole or not at all: one that is cut off leaves nothing. A gap or a repetition is answered with 416.
//   - A session that was closed or cancelled is remembered, and a repeated packet about it is answered like the first.
//   - Replies exist until their session is closed.
type Receiver struct {
	URL string // such as http://127.0.0.1:40001, without a slash at the end

	// Hook, when set before the first request, may answer a request in the server's place.
	Hook func(*Received) *Reaction

	opt     ReceiverOptions
	dir     string
	limiter *rate.Limiter
	server  *http.Server

	mu       sync.Mutex
	next     int
	sessions map[string]*uploadSession
	objects  map[string]*object
	requests []*Received
	bytes    int64
}

type object struct {
	path  string // of the file that holds it
	times int
}

// Received is what a receiver remembers of a request.
type Received struct {
	Method string
	Packet string // of the BITS upload protocol, as it was spelled; "" for others
	Path   string
	Query  string
	Host   string
	Header http.Header
	Length int64 // that was announced; -1: none was
	Bytes  int64 // of the body, as far as they were read
	N      int   // how many such packets, or requests of that method, came before
}

// Reaction is what happens to a request instead of what usually does.
type Reaction struct {
	Status int // 0: as usual, unless something else is set
	Header map[string]string
	Body   string
	Cut    int64 // the connection is closed after so many bytes of the body; 0: it is not
	Drop   bool  // the request is carried out, and the connection closed without an answer
	Unread bool  // the answer comes before the body is read
}

// StartReceiver starts a receiver. Close ends it and deletes what it holds.
func StartReceiver(opt ReceiverOptions) (*Receiver, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s, err := NewReceiver("http://"+l.Addr().String(), opt)
	if err != nil {
		return nil, err
	}
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

// NewReceiver is a receiver that listens nowhere: a handler for whatever leads to url. Close deletes what it holds.
func NewReceiver(url string, opt ReceiverOptions) (*Receiver, error) {
	dir, err := os.MkdirTemp("", "receiver-")
	if err != nil {
		return nil, err
	}
	s := &Receiver{URL: url, opt: opt, dir: dir, sessions: map[string]*uploadSession{}, objects: map[string]*object{}}
	if opt.Rate > 0 {
		s.limiter = rate.NewLimiter(rate.Limit(opt.Rate), max(int(opt.Rate/50), 4096))
	}
	s.server = &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0)}
	return s, nil
}

// Close ends the receiver.
func (s *Receiver) Close() {
	_ = s.server.Close()
	_ = os.RemoveAll(s.dir)
}

// Object answers what stands under a path, and how often an upload to it was carried out.
func (s *Receiver) Object(path string) (content []byte, times int) {
	s.mu.Lock()
	o := s.objects[path]
	s.mu.Unlock()
	if o == nil {
		return nil, 0
	}
	content, _ = os.ReadFile(o.path)
	return content, o.times
}

// Paths are those under which something stands.
func (s *Receiver) Paths() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := map[string]int{}
	for path, o := range s.objects {
		list[path] = o.times
	}
	return list
}

// Requests are all requests so far.
func (s *Receiver) Requests() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Received, len(s.requests))
	for i, r := range s.requests {
		list[i] = *r
	}
	return list
}

// Bytes counts what was received of all bodies.
func (s *Receiver) Bytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}

// Sessions counts the sessions that are neither closed nor cancelled.
func (s *Receiver) Sessions() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.sessions {
		if !u.over {
			n++
		}
	}
	return n
}

// Unfinished counts those of them that have received something.
func (s *Receiver) Unfinished() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.sessions {
		if !u.over && u.held > 0 {
			n++
		}
	}
	return n
}

// Forget loses all sessions.
func (s *Receiver) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions = map[string]*uploadSession{}
}

// result is an answer in the making.
type result struct {
	status int
	header map[string]string
}

// ServeHTTP implements http.Handler.
func (s *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := s.record(r)
	body := &counted{s: s, rec: rec, r: r.Body, ctx: r.Context()}
	var how *Reaction
	if s.Hook != nil {
		how = s.Hook(rec)
	}
	switch {
	case how == nil:
		s.usual(w, r, rec, body).write(w)
	case how.Cut > 0:
		_, _ = io.CopyN(io.Discard, body, how.Cut)
		panic(http.ErrAbortHandler)
	case how.Status == 0:
		out := s.usual(w, r, rec, body)
		if how.Drop {
			panic(http.ErrAbortHandler)
		}
		maps.Copy(out.header, how.Header)
		out.write(w)
	default:
		if !how.Unread {
			_, _ = io.Copy(io.Discard, body)
		}
		header := how.Header
		if header == nil {
			header = map[string]string{}
		}
		if how.Body == "" {
			header["Content-Length"] = "0"
		}
		result{how.Status, header}.write(w)
		_, _ = io.WriteString(w, how.Body)
	}
}

func (o result) write(w http.ResponseWriter) {
	if o.status == 0 {
		return
	}
	for name, value := range o.header {
		if value != "" {
			w.Header()[name] = []string{value}
		} else {
			delete(w.Header(), name)
		}
	}
	w.WriteHeader(o.status)
}

func (s *Receiver) record(r *http.Request) *Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := &Received{
		Method: r.Method, Packet: r.Header.Get("BITS-Packet-Type"), Path: r.URL.Path, Query: r.URL.RawQuery, Host: r.Host,
		Header: r.Header.Clone(), Length: -1,
	}
	if r.ContentLength > 0 || r.Header.Get("Content-Length") != "" {
		rec.Length = r.ContentLength
	}
	for _, other := range s.requests {
		if other.Method == rec.Method && other.Packet == rec.Packet {
			rec.N++
		}
	}
	s.requests = append(s.requests, rec)
	return rec
}

// usual does what the server does.
func (s *Receiver) usual(w http.ResponseWriter, r *http.Request, rec *Received, body io.Reader) result {
	plain := func(status int) result { return result{status, map[string]string{"Content-Length": "0"}} }
	if user, password, _ := r.BasicAuth(); s.opt.User != "" && (user != s.opt.User || password != PeerPassword) {
		return plain(http.StatusUnauthorized)
	}
	switch {
	case r.Method == "BITS_POST" && !s.opt.NoBITS:
		return s.bits(rec, body)
	case r.Method == http.MethodPut && !s.opt.NoPUT:
		f, err := s.take(body)
		if err != nil {
			panic(http.ErrAbortHandler) // what was cut off is not kept
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return plain(s.place(rec.Path, f))
	case r.Method == http.MethodGet:
		return s.reply(w, r)
	default:
		return plain(http.StatusMethodNotAllowed)
	}
}

// take stores a body.
func (s *Receiver) take(body io.Reader) (string, error) {
	s.mu.Lock()
	s.next++
	name := filepath.Join(s.dir, fmt.Sprint("put-", s.next))
	s.mu.Unlock()
	f, err := os.Create(name)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, body)
	if e := f.Close(); err == nil {
		err = e
	}
	return name, err
}

// place puts a stored file under a path. The caller holds s.mu.
func (s *Receiver) place(path, file string) int {
	o := s.objects[path]
	if o == nil {
		s.objects[path] = &object{path: file, times: 1}
		return http.StatusCreated
	}
	o.path = file
	o.times++
	return http.StatusNoContent
}

// counted is a body that is counted, at the receiver's rate.
type counted struct {
	s   *Receiver
	rec *Received
	r   io.Reader
	ctx context.Context
}

func (c *counted) Read(p []byte) (int, error) {
	if l := c.s.limiter; l != nil {
		p = p[:min(len(p), l.Burst())]
		if err := l.WaitN(c.ctx, len(p)); err != nil {
			return 0, err
		}
	}
	n, err := c.r.Read(p)
	c.s.mu.Lock()
	c.rec.Bytes += int64(n)
	c.s.bytes += int64(n)
	c.s.mu.Unlock()
	return n, err
}
