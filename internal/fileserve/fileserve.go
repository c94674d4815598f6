// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package fileserve serves the files of a folder to GET and HEAD, with all that a resumed download needs: ranges,
// Last-Modified and, once a file was hashed, a strong ETag of its content.
//
// No request waits for hashing. The first ones for a file carry Last-Modified alone; meanwhile it is hashed, and
// later ones carry the ETag, for as long as device, inode, size, mtime and ctime say that it is the same content.
// Nothing outside the folder is served, nothing hidden, and no listings.
package fileserve

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/urlpath"
)

// Options are the settings of a server. Only Dir is needed.
type Options struct {
	Dir   string       // the folder
	Cache string       // file beneath Dir that keeps the hashes from one run to the next; "": none does
	Allow string       // methods that others answer at the same URLs, such as "BITS_POST"
	Log   *slog.Logger // nil: nothing is logged
}

// Server is an http.Handler. Close ends it.
type Server struct {
	root  *os.Root
	tags  *tags
	allow string
}

// New opens the folder. Kinds of errors: folder_missing.
func New(o Options) (*Server, error) {
	root, err := os.OpenRoot(o.Dir)
	if err != nil {
		return nil, &openbits.Error{
			Op: "serve", Object: o.Dir, Kind: openbits.KindFolderMissing, Context: openbits.ContextLocalFile, File: -1,
			Err: err, Hint: "Create the folder first, or name another one.",
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	allow := "GET, HEAD"
	if o.Allow != "" {
		allow += ", " + o.Allow
	}
	return &Server{root: root, tags: newTags(root, o.Cache, o.Log, time.Now), allow: allow}, nil
}

// Close ends the hashing of files.
func (s *Server) Close() error {
	s.tags.close()
	return s.root.Close()
}

// ServeHTTP answers GET and HEAD.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", s.allow)
		http.Error(w, "405 method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name, err := urlpath.Existing(r.URL)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	f, err := s.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		fail(w, r, err)
		return
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r) // a folder, a pipe, a device
		return
	}
	// Whoever may upload chooses what is served: no browser shall take it for a page of this server's.
	h.Set("Content-Type", "application/octet-stream")
	if tag := s.tags.of(f, name); tag != "" {
		h.Set("ETag", tag)
	}
	http.ServeContent(w, r, "", info.ModTime(), f)
}

// fail says as much as is needed: what leads outside or cannot be, is not there.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, fs.ErrPermission) {
		http.Error(w, "403 forbidden", http.StatusForbidden)
		return
	}
	http.NotFound(w, r)
}
