// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"
)

// endless is the length of what never ends, in bytes.
const endless = 1 << 40

// Handler serves what the foregrounds and backgrounds ask for:
//
//	GET /stream           bytes without end
//	GET /bytes/N          N bytes
//	GET /file/N/NAME      a file of N bytes, with ranges, a validator and a date
//	PUT or POST anything  is swallowed
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, _ *http.Request) { zeros(w, endless) })
	mux.HandleFunc("GET /bytes/{size}", func(w http.ResponseWriter, r *http.Request) {
		size, err := strconv.ParseInt(r.PathValue("size"), 10, 64)
		if err != nil || size < 0 {
			http.Error(w, "not a size", http.StatusBadRequest)
			return
		}
		zeros(w, size)
	})
	mux.HandleFunc("GET /file/{size}/{name}", func(w http.ResponseWriter, r *http.Request) {
		size, err := strconv.ParseInt(r.PathValue("size"), 10, 64)
		if err != nil || size < 0 {
			http.Error(w, "not a size", http.StatusBadRequest)
			return
		}
		w.Header().Set("ETag", strconv.Quote(r.PathValue("name")))
		w.Header().Set("Content-Type", "application/octet-stream")
		changed := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		http.ServeContent(w, r, "", changed, io.NewSectionReader(blank{}, 0, size))
	})
	swallow := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyBuffer(struct{ io.Writer }{io.Discard}, r.Body, make([]byte, block))
		w.WriteHeader(http.StatusNoContent)
	}
	mux.HandleFunc("PUT /", swallow)
	mux.HandleFunc("POST /", swallow)
	return mux
}

const block = 64 << 10

var nothing [block]byte

func zeros(w http.ResponseWriter, size int64) {
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	w.Header().Set("Content-Type", "application/octet-stream")
	for size > 0 {
		n, err := w.Write(nothing[:min(size, block)])
		if err != nil {
			return
		}
		size -= int64(n)
	}
}

// blank is a file of zeros without end.
type blank struct{}

func (blank) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	return len(p), nil
}

// Serve serves with Handler until the server is closed. With a certificate it speaks TLS, and HTTP/2 if http2 is set.
func Serve(l net.Listener, certificate *tls.Certificate, http2 bool) *http.Server {
	s := &http.Server{Handler: Handler(), ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	if certificate == nil {
		go s.Serve(l) //nolint:errcheck // it ends with the server
		return s
	}
	s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}}
	if !http2 {
		s.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	}
	go s.ServeTLS(l, "", "") //nolint:errcheck // as above
	return s
}
