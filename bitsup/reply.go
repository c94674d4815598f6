// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

// replyParameter in the query of a file's URL asks for the reply to it: so a reply needs no place of its own among the
// paths of a server, and passes wherever the file's own URL does.
const replyParameter = "bits-reply"

// publicURL is the URL that a client called, as it called it.
func publicURL(base *url.URL, r *http.Request) string {
	u := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	if asked, err := url.ParseRequestURI(r.RequestURI); err == nil {
		u.Path, u.RawPath = asked.Path, asked.RawPath // with what a router in front has cut off
	}
	if r.TLS != nil {
		u.Scheme = "https"
	}
	if base != nil {
		u.Scheme, u.Host = base.Scheme, base.Host
	}
	return u.String()
}

// replyURL is the URL of the reply with this id to the file with that URL.
func replyURL(of, id string) string {
	u, err := url.Parse(of)
	if err != nil {
		return ""
	}
	u.RawQuery = replyParameter + "=" + id
	return u.String()
}

// offerReply makes a reply findable by the id in its URL.
func (t *table) offerReply(s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.replies[s.ReplyID] = s
}

// reply finds the file of a reply.
func (t *table) reply(id, user string) (name string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.replies[id]
	if s == nil || s.client.user != user {
		return "", false
	}
	return file(s.ID, suffixReply), true
}

// serveReply answers the GET of a reply: an ordinary download with ranges. The content under an id never changes.
func (s *Server) serveReply(w http.ResponseWriter, r *http.Request, id string) {
	name, ok := s.table.reply(id, s.options.User(r))
	if !ok {
		http.NotFound(w, r)
		return
	}
	f, err := s.store.root.Open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	h.Set("ETag", `"`+id+`"`)
	http.ServeContent(w, r, "", info.ModTime().Truncate(time.Second), f)
}

var errLongReply = errors.New("the reply is too long")

// syncReply makes the reply that an application wrote durable, and answers its size.
func (s *store) syncReply(id string) (int64, error) {
	n, err := s.size(file(id, suffixReply))
	if err != nil {
		return 0, err
	}
	f, err := s.root.OpenFile(file(id, suffixReply), os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	return n, errors.Join(syncData(f), f.Close())
}

// saveReply keeps the reply that an application sent, durably. It is at most limit bytes long.
func (s *store) saveReply(id string, from io.Reader, limit int64) (int64, error) {
	f, err := s.root.OpenFile(file(id, suffixReply), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, diskError{err}
	}
	n, err := io.Copy(diskWriter{f}, io.LimitReader(from, limit+1))
	if err == nil && n > limit {
		err = errLongReply
	}
	if err == nil && n > 0 {
		if err = syncData(f); err != nil {
			err = diskError{err}
		}
	}
	if closeErr := f.Close(); err == nil && closeErr != nil {
		err = diskError{closeErr}
	}
	if err == nil && n == 0 {
		err = s.root.Remove(file(id, suffixReply))
	}
	return n, err
}

// diskWriter marks the errors of a file as the disk's.
type diskWriter struct{ f *os.File }

func (d diskWriter) Write(p []byte) (int, error) {
	n, err := d.f.Write(p)
	if err != nil {
		err = diskError{err}
	}
	return n, err
}
