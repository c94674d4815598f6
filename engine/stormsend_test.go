// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/mover/bitsup"
	"github.com/openbits/openbits/mover/httpget"
	"github.com/openbits/openbits/mover/httpput"
)

// movers are those of one service.
type movers struct {
	get  *httpget.Mover
	bits *bitsup.Mover
	put  *httpput.Mover
}

func newMovers(dial func(context.Context, string, string) (net.Conn, error)) movers {
	return movers{
		httpget.New(httpget.Options{UserAgent: "openbits/test", Dial: dial}),
		bitsup.New(bitsup.Options{UserAgent: "openbits/test", Dial: dial}), httpput.New(httpput.Options{UserAgent: "openbits/test", Dial: dial}),
	}
}

func (m movers) uploads() map[openbits.Protocol]engine.Sender {
	return map[openbits.Protocol]engine.Sender{openbits.ProtocolBITS: m.bits, openbits.ProtocolPUT: m.put}
}

func (m movers) Reset() {
	m.get.Reset()
	m.bits.Reset()
	m.put.Reset()
}

const (
	postHost = "post.example"
	// refused begins the paths under which the post takes nothing.
	refused = "/refused/"
	// troubled begins the paths of which the first requests fail.
	troubled = "/troubled/"
)

// openPost makes the server of uploads. Each is answered with the first half of itself.
func (w *storm) openPost() {
	w.t.Helper()
	var err error
	w.post, err = testlab.NewReceiver("http://"+postHost, testlab.ReceiverOptions{Reply: func(_ string, c []byte) []byte { return c[:len(c)/2] }})
	if err == nil {
		w.sources, err = os.MkdirTemp("", "sources")
	}
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	w.letters = make(map[string]testlab.Content)
	seen := map[string]int{} // requests by path and packet
	w.post.Hook = func(r *testlab.Received) *testlab.Reaction {
		w.mu.Lock()
		defer w.mu.Unlock()
		key := r.Path + r.Method + r.Packet
		seen[key]++
		switch {
		case strings.HasPrefix(r.Path, refused):
			return &testlab.Reaction{Status: http.StatusForbidden}
		case !strings.HasPrefix(r.Path, troubled) || r.Packet == "Cancel-Session":
		case seen[key] == 1:
			return &testlab.Reaction{Drop: true} // it was carried out, and nobody learns of it
		case seen[key] == 2:
			return &testlab.Reaction{Status: http.StatusServiceUnavailable}
		case seen[key] == 3 && r.Length > 1:
			return &testlab.Reaction{Cut: r.Length / 2}
		}
		return nil
	}
}

// serve is the network's one server.
func (w *storm) serve(rw http.ResponseWriter, r *http.Request) {
	if r.Host == postHost {
		w.post.ServeHTTP(rw, r)
		return
	}
	w.origin.ServeHTTP(rw, r)
}

// write makes a file that can be sent, and a request to send it to a path of the post.
func (w *storm) write(name, path string, c testlab.Content, kind openbits.JobType) openbits.NewFile {
	w.t.Helper()
	if err := c.WriteFile(filepath.Join(w.sources, name)); err != nil {
		w.t.Fatalf("%v", err)
	}
	w.letters[path] = c
	n := openbits.NewFile{URL: w.post.URL + path, Folder: w.sources, Name: name, Upload: &openbits.NewUpload{}}
	if kind == openbits.TypeUploadReply {
		n.Upload.ReplyFolder, n.Upload.ReplyName = w.dir, name
	}
	return n
}

// checkSent checks what the post has of a file.
func (w *storm) checkSent(f openbits.File) {
	w.t.Helper()
	path := pathOf(f.URL)
	content, times := w.post.Object(path)
	switch {
	case times == 0 && (f.Upload.Sent || f.State.Done()):
		w.t.Errorf("file %d of job %s is %s, sent %v, and did not arrive", f.Index, f.JobID, f.State, f.Upload.Sent)
	case times > 0 && !w.letters[path].Is(content):
		w.t.Errorf("of file %d of job %s %d bytes arrived that are not what was sent", f.Index, f.JobID, len(content))
	case times > 1 && f.Upload.Protocol != openbits.ProtocolPUT:
		w.t.Errorf("file %d of job %s arrived %d times", f.Index, f.JobID, times)
	}
}

// checkReply checks the answer to a file that was sent.
func (w *storm) checkReply(f openbits.File, b []byte) {
	w.t.Helper()
	c := w.letters[pathOf(f.URL)]
	if c.Size /= 2; !c.Is(b) {
		w.t.Errorf("%s of job %s has %d bytes that are not the answer of %d", f.Place.Name, f.JobID, len(b), c.Size)
	}
}

func pathOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Path
}

func (g diskGate) FindSource(ctx context.Context, folder, name string) (openbits.Place, openbits.SourceState, error) {
	if err := g.alive(); err != nil {
		return openbits.Place{}, openbits.SourceState{}, err
	}
	return g.l.w.real.FindSource(ctx, folder, name)
}

func (g diskGate) OpenSource(ctx context.Context, p openbits.Place) (openbits.SourceFile, error) {
	if err := g.alive(); err != nil {
		return nil, err
	}
	f, err := g.l.w.real.OpenSource(ctx, p)
	if err != nil {
		return nil, err
	}
	return sourceGate{f, g}, nil
}

// sourceGate is an open source as one service sees it.
type sourceGate struct {
	openbits.SourceFile
	g diskGate
}

func (s sourceGate) ReadAt(b []byte, off int64) (int, error) {
	if err := s.g.alive(); err != nil {
		return 0, err
	}
	return s.SourceFile.ReadAt(b, off)
}
