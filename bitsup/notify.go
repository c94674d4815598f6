// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"github.com/openbits/openbits/internal/version"
)

// Headers between server and application, as on the wire ([MC-BUP] 2.2.12 names two of them differently).
const (
	headerOriginalURL  = "BITS-Original-Request-URL"
	headerDataFile     = "BITS-Request-DataFile-Name"
	headerResponseFile = "BITS-Response-DataFile-Name"
	headerStaticURL    = "BITS-Static-Response-URL"
	headerKeep         = "BITS-Copy-File-To-Destination"
)

// replyIDLength is that of rand.Text.
const replyIDLength = 26

// verdict is what an application answered.
type verdict struct {
	keep     bool   // the file shall get its name
	replyID  string // there is a reply file
	replyURL string // there is a reply elsewhere
}

// newTeller makes the client that tells the application: no proxies, no redirects, no cookies.
func newTeller() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DialContext: (&net.Dialer{}).DialContext, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// notify tells the application of a file ([MC-BUP] 3.3, 3.4).
func (s *Server) notify(ctx context.Context, at *session) (verdict, *refusal) {
	if s.options.NotifyMode == NotifyNone {
		return verdict{keep: true}, nil
	}
	if at.Barred {
		return verdict{}, fromApp(http.StatusForbidden, "the application has refused the file before")
	}
	req, done, err := s.notification(ctx, at)
	if err != nil {
		return verdict{}, s.diskRefusal("read a file for the application", err)
	}
	defer done()
	s.usage.release(s.store.removeReply(at.ID)) // of an earlier attempt
	s.counted.notified.Add(1)
	resp, err := s.tell.Do(req)
	if err != nil {
		s.options.Log.Error("the application was not told", "path", at.Target, "error", err)
		if errors.Is(err, context.DeadlineExceeded) || os.IsTimeout(err) {
			return verdict{}, fromApp(http.StatusRequestTimeout, "the application took too long")
		}
		return verdict{}, fromApp(http.StatusBadGateway, "the application cannot be reached")
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		s.options.Log.Warn("the application refused a file", "path", at.Target, "status", resp.StatusCode)
		if resp.StatusCode == http.StatusForbidden {
			at.Barred = true
			_ = s.store.write(&at.record) // if not, the next server asks once more
		}
		return verdict{}, fromApp(resp.StatusCode, "the application refused the file")
	}
	return s.verdict(at, resp)
}

// notification is the request for the application. done is to be called after it was answered.
func (s *Server) notification(ctx context.Context, at *session) (req *http.Request, done func(), err error) {
	var content io.Reader = http.NoBody
	done = func() {}
	if s.options.NotifyMode == NotifyByValue {
		f, err := s.store.data(&at.record)
		if err != nil {
			return nil, nil, err
		}
		content, done = io.NopCloser(f), func() { _ = f.Close() }
	}
	to := *s.options.NotifyURL
	if original, err := url.Parse(at.URL); err == nil && original.RawQuery != "" {
		if to.RawQuery != "" {
			to.RawQuery += "&"
		}
		to.RawQuery += original.RawQuery
	}
	req, err = http.NewRequestWithContext(ctx, http.MethodPost, to.String(), content)
	if err != nil {
		done()
		return nil, nil, err
	}
	req.Header.Set("User-Agent", "openbits/"+version.Number)
	req.Header[headerOriginalURL] = []string{at.URL}
	if s.options.NotifyMode == NotifyByValue {
		req.ContentLength = at.Total
		if at.Total == 0 {
			req.Body = http.NoBody
		}
	} else {
		req.Header[headerDataFile] = []string{s.localPath(at, suffixData)}
		req.Header[headerResponseFile] = []string{s.localPath(at, suffixReply)}
	}
	return req, done, nil
}

func (s *Server) localPath(at *session, suffix string) string {
	return filepath.Join(s.store.path, filepath.FromSlash(file(at.ID, suffix)))
}

// verdict reads the answer of an application that accepted the file.
func (s *Server) verdict(at *session, resp *http.Response) (verdict, *refusal) {
	v := verdict{keep: len(resp.Header.Values(headerKeep)) > 0}
	if static := resp.Header.Get(headerStaticURL); static != "" {
		u, err := url.Parse(static)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(u.String()) > maxURL {
			refused := invalid("the application's " + headerStaticURL + " is no absolute URL of at most 2,200 bytes")
			refused.context = fromApplication
			return verdict{}, refused
		}
		v.replyURL = u.String()
		return v, nil
	}
	there := false
	switch s.options.NotifyMode {
	case NotifyByReference:
		n, err := s.store.syncReply(at.ID)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return verdict{}, s.diskRefusal("keep a reply", err)
		}
		there = err == nil
		s.usage.add(n)
	case NotifyByValue:
		n, err := s.store.saveReply(at.ID, resp.Body, s.options.MaxReply)
		if err != nil {
			s.usage.release(s.store.removeReply(at.ID))
			s.options.Log.Error("the application's reply was not kept", "path", at.Target, "error", err)
			var onDisk diskError
			if errors.As(err, &onDisk) {
				return verdict{}, s.diskRefusal("keep a reply", onDisk.err)
			}
			return verdict{}, fromApp(http.StatusBadGateway, "the application's reply was not received")
		}
		there = n > 0
		s.usage.add(n)
	}
	if there {
		if err := s.store.syncFolder(uploadsDir); err != nil {
			return verdict{}, s.diskRefusal("keep a reply", err)
		}
		v.replyID = rand.Text()
	}
	return v, nil
}

// fromApp is the answer when the application failed with a status. Its class is kept (learn.microsoft.com, "Handling Server
// Application Errors"): what is fatal stays fatal. Statuses that mean something else in this protocol, or that clients
// act upon by themselves, are replaced by another one of their class.
func fromApp(status int, why string) *refusal {
	refused := refuse(status, codeHTTP+hresult(status), why)
	refused.context = fromApplication
	switch {
	case status >= 300 && status <= 305, status == 307,
		slices.Contains([]int{401, 407, 411, 413, 416}, status):
		refused.status = http.StatusBadRequest
	case status < 400:
		refused.status = http.StatusInternalServerError
	case status == http.StatusRequestTimeout:
		refused.bare = true
	}
	return refused
}
