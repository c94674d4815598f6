// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package testlab

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// uploadSession is a session of the BITS upload protocol.
type uploadSession struct {
	path  string // of the URL
	file  string
	size  int64 // -1 before the first fragment
	held  int64
	over  bool
	reply []byte // nil: not made yet
}

// bits carries out a packet.
func (s *Receiver) bits(rec *Received, body io.Reader) result {
	if strings.EqualFold(rec.Packet, "Create-Session") {
		return s.createSession(rec)
	}
	if strings.EqualFold(rec.Packet, "Ping") {
		return acknowledge(http.StatusOK, nil)
	}
	id := rec.Header.Get("BITS-Session-Id")
	s.mu.Lock()
	u := s.sessions[id]
	s.mu.Unlock()
	switch {
	case u == nil:
		_, _ = io.Copy(io.Discard, body)
		return refuse(http.StatusInternalServerError, "0x8020001F")
	case strings.EqualFold(rec.Packet, "Fragment"):
		return s.fragment(id, u, rec, body)
	case strings.EqualFold(rec.Packet, "Close-Session"):
		return s.closeSession(u)
	case strings.EqualFold(rec.Packet, "Cancel-Session"):
		s.mu.Lock()
		defer s.mu.Unlock()
		u.over = true
		return acknowledge(http.StatusOK, nil)
	}
	return refuse(http.StatusBadRequest, "0x80070057")
}

func acknowledge(status int, header map[string]string) result {
	if header == nil {
		header = map[string]string{}
	}
	header["BITS-Packet-Type"], header["Content-Length"] = "Ack", "0"
	return result{status, header}
}

func refuse(status int, code string) result {
	return acknowledge(status, map[string]string{"BITS-Error-Code": code, "BITS-Error-Context": "0x5"})
}

func (s *Receiver) createSession(rec *Received) result {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	id := fmt.Sprintf("{00000000-0000-4000-8000-%012d}", s.next)
	s.sessions[id] = &uploadSession{path: rec.Path, file: filepath.Join(s.dir, fmt.Sprint("session-", s.next)), size: -1}
	return acknowledge(http.StatusOK, map[string]string{
		"BITS-Protocol": "{7df0354d-249b-430f-820d-3d2a9bef4931}", "BITS-Session-Id": id, "Accept-Encoding": "identity",
		"BITS-Host-Id": s.opt.HostID, "BITS-Host-Id-Fallback-Timeout": s.opt.Fallback,
	})
}

// parseRange reads "bytes first-last/total" and "bytes */0".
func parseRange(text string) (first, last, total int64, ok bool) {
	span, size, ok := strings.Cut(strings.TrimPrefix(strings.ToLower(text), "bytes "), "/")
	total, err := strconv.ParseInt(size, 10, 64)
	if !ok || err != nil {
		return 0, 0, 0, false
	}
	if span == "*" {
		return 0, -1, total, total == 0
	}
	a, b, _ := strings.Cut(span, "-")
	first, err = strconv.ParseInt(a, 10, 64)
	last, err2 := strconv.ParseInt(b, 10, 64)
	return first, last, total, err == nil && err2 == nil && first <= last && last < total
}

func (s *Receiver) fragment(id string, u *uploadSession, rec *Received, body io.Reader) result {
	first, last, total, ok := parseRange(rec.Header.Get("Content-Range"))
	if !ok || last-first+1 != max(rec.Length, 0) {
		return refuse(http.StatusBadRequest, "0x80070057")
	}
	if s.opt.MaxFragment > 0 && rec.Length > s.opt.MaxFragment {
		return refuse(http.StatusRequestEntityTooLarge, "0x80200020")
	}
	data, err := io.ReadAll(body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	received := func(status int) result {
		return acknowledge(status, map[string]string{"BITS-Received-Content-Range": strconv.FormatInt(u.held, 10), "BITS-Session-Id": id})
	}
	if u.size < 0 {
		u.size = total
	}
	switch {
	case u.size != total || u.over:
		return refuse(http.StatusBadRequest, "0x80070057")
	case first != u.held:
		if u.held < u.size || s.opt.Reply == nil {
			return received(http.StatusRequestedRangeNotSatisfiable)
		}
	default:
		if err := appendFile(u.file, data); err != nil {
			return refuse(http.StatusInternalServerError, "0x80070070")
		}
		u.held += int64(len(data))
	}
	out := received(http.StatusOK)
	if u.held == u.size && s.opt.Reply != nil {
		s.makeReply(id, u, out.header)
	}
	return out
}

func appendFile(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// makeReply asks for the reply, once, and names it. The caller holds s.mu.
func (s *Receiver) makeReply(id string, u *uploadSession, header map[string]string) {
	if u.reply == nil {
		content, _ := os.ReadFile(u.file)
		u.reply = append([]byte{}, s.opt.Reply(u.path, content)...)
	}
	header["BITS-Reply-URL"] = s.URL + "/replies/" + strings.Trim(id, "{}")
	if s.opt.ReplyURL != nil {
		header["BITS-Reply-URL"] = s.opt.ReplyURL(s.URL, id)
	}
}

// closeSession ends a session. One that has every byte becomes an object.
func (s *Receiver) closeSession(u *uploadSession) result {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !u.over && u.held == u.size {
		if u.size == 0 {
			_ = appendFile(u.file, nil)
		}
		s.place(u.path, u.file)
	}
	u.over = true
	return acknowledge(http.StatusOK, nil)
}

// reply answers a GET of a reply whose session is open, by the id at the end of the path.
func (s *Receiver) reply(w http.ResponseWriter, r *http.Request) result {
	id := "{" + strings.Trim(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:], "{}") + "}"
	s.mu.Lock()
	u := s.sessions[id]
	s.mu.Unlock()
	if u == nil || u.over || u.reply == nil {
		return result{http.StatusNotFound, map[string]string{"Content-Length": "0"}}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(u.reply))
	return result{} // it is answered
}
