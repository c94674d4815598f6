// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package testlab

import (
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

const (
	loopPath = "/testlab/loop"
	pagePath = "/testlab/sign-in"
	page     = "<!DOCTYPE html><html><title>Sign in</title><p>Please sign in to this network.</html>\n"

	// burst is the largest piece that is written at once under a rate.
	burst = 64 << 10
	// boundary separates the parts of a multipart answer.
	boundary = "3d6b6a416f9b5"
)

// reply is an answer about to be sent: bytes from to to of a version.
type reply struct {
	version
	status   int
	header   http.Header
	from, to int64
	ranged   bool
	length   int64 // declared; -1: none
	prefix   string
	suffix   string
}

// serve answers a request for a file, faults included.
func (o *Origin) serve(w http.ResponseWriter, r *http.Request, f *file, rec *Request) {
	v, step := o.next(f)
	if step.Fault == "" {
		step.Fault = FaultNone
	}
	o.mu.Lock()
	rec.Fault = step.Fault
	o.mu.Unlock()
	if o.elsewhere(w, r, step) {
		return
	}
	a := answer(f, v, r, step)
	spoil(&a, step)
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.length >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(a.length, 10))
	}
	if step.Fault == FaultCloseEnd && r.ProtoMajor == 1 {
		w.Header().Set("Transfer-Encoding", "identity")
	}
	w.WriteHeader(a.status)
	if r.Method == http.MethodHead {
		return
	}
	o.body(w, r, a, step, rec)
}

// elsewhere answers requests that get no part of the file.
func (o *Origin) elsewhere(w http.ResponseWriter, r *http.Request, step Step) bool {
	target := ""
	switch step.Fault {
	case FaultRedirect:
		target = r.URL.Path + "?again"
	case FaultRedirectOther:
		target = o.Other + r.URL.Path
	case FaultPageRedirect:
		target = o.Other + pagePath
	case FaultLoop:
		target = loopPath
	case FaultPage:
		writePage(w)
		return true
	case FaultStatus:
		if step.RetryAfter != "" {
			w.Header().Set("Retry-After", step.RetryAfter)
		}
		http.Error(w, http.StatusText(step.Status), step.Status)
		return true
	default:
		return false
	}
	w.Header().Set("Location", target)
	w.WriteHeader([]int{301, 302, 303, 307, 308}[uint64(step.At)%5])
	return true
}

func writePage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, page)
}

// answer is the right answer, but for what the step says about ranges.
func answer(f *file, v version, r *http.Request, step Step) reply {
	a := reply{version: v, status: http.StatusOK, header: http.Header{}, to: v.Size, length: v.Size}
	a.header.Set("Content-Type", f.Type)
	if v.etag != "" {
		a.header.Set("Etag", v.etag)
	}
	modified := ""
	if !v.modified.IsZero() {
		modified = v.modified.UTC().Format(http.TimeFormat)
		a.header.Set("Last-Modified", modified)
	}
	if f.NoRanges || step.Fault == FaultIgnoreRange {
		return a
	}
	a.header.Set("Accept-Ranges", "bytes")
	from, ok := start(r.Header.Get("Range"))
	if !ok {
		if step.Fault == FaultUnasked && v.Size > 0 {
			a.partial(0, v.Size)
		}
		return a
	}
	cond := r.Header.Get("If-Range")
	same := cond == "" || cond == v.etag && !strings.HasPrefix(cond, "W/") || cond == modified
	if !same && step.Fault != FaultIgnoreIfRange {
		return a
	}
	refuse := step.Fault == Fault416 || step.Fault == FaultBare416
	if from >= v.Size || refuse {
		a.status, a.from, a.to, a.length = http.StatusRequestedRangeNotSatisfiable, 0, 0, 0
		if step.Fault != FaultBare416 {
			a.header.Set("Content-Range", fmt.Sprintf("bytes */%d", v.Size))
		}
		return a
	}
	a.partial(from, v.Size)
	return a
}

// start reads "bytes=N-", the only form that is asked for here.
func start(field string) (int64, bool) {
	text, ok := strings.CutPrefix(field, "bytes=")
	if !ok {
		return 0, false
	}
	text, ok = strings.CutSuffix(text, "-")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}

// partial makes a the 206 for bytes from to to.
func (a *reply) partial(from, to int64) {
	a.status, a.from, a.to, a.length, a.ranged = http.StatusPartialContent, from, to, to-from, true
	a.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, a.Size))
}

// spoil applies a fault that shows in the header.
func spoil(a *reply, step Step) {
	switch step.Fault {
	case FaultChunked, FaultCloseEnd:
		a.length = -1
	case FaultOtherTag:
		if a.etag != "" {
			a.header.Set("Etag", `"mirror-`+strconv.FormatInt(step.At, 10)+`"`)
		}
	case FaultGzip:
		a.status, a.ranged, a.from, a.to, a.length = http.StatusOK, false, 0, a.Size, -1
		a.header.Del("Content-Range")
		a.header.Set("Content-Encoding", "gzip")
	case FaultLongLength:
		a.length += 1 + step.At%1000
	case FaultShortLength:
		a.to -= (a.to - a.from) / 2
		a.length = a.to - a.from
	}
	if a.ranged {
		spoilRange(a, step)
	}
}

// spoilRange applies a fault of a 206.
func spoilRange(a *reply, step Step) {
	from, last, total := a.from, a.to-1, a.Size
	switch step.Fault {
	case FaultGzipRange:
		a.header.Set("Content-Encoding", "gzip")
	case FaultWrongStart:
		a.partial(step.At%(a.from+1)/2, a.Size)
	case FaultWrongTotal:
		a.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, last, total+1+step.At%100))
	case FaultWrongLength:
		a.to -= (a.to - a.from) / 2
		a.length = a.to - a.from
	case FaultNoContentRange:
		a.header.Del("Content-Range")
	case FaultBadContentRange:
		list := []string{"bytes=%d-%d/%d", "octets %d-%d/%d", "bytes %d-%d", "bytes %[2]d-%[1]d/%[3]d", "bytes -%d-%d/%d", "bytes */*"}
		a.header.Set("Content-Range", fmt.Sprintf(list[step.At%6], from, last, total))
	case FaultStarTotal:
		a.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/*", from, last))
	case FaultShortRange:
		a.partial(a.from, a.from+1+step.At%(a.to-a.from))
	case FaultMultipart:
		a.header.Set("Content-Type", "multipart/byteranges; boundary="+boundary)
		a.prefix = fmt.Sprintf("--%s\r\nContent-Range: bytes %d-%d/%d\r\n\r\n", boundary, from, last, total)
		a.suffix = "\r\n--" + boundary + "--\r\n"
		a.header.Del("Content-Range")
		a.length += int64(len(a.prefix) + len(a.suffix))
	}
}

// body sends the body, or as much of it as the step allows.
func (o *Origin) body(w http.ResponseWriter, r *http.Request, a reply, step Step, rec *Request) {
	out := &pipe{o: o, w: w, r: r, rec: rec, stop: math.MaxInt64}
	switch step.Fault {
	case FaultCut, FaultReset, FaultStall:
		out.stop = step.At
	case FaultDribble:
		out.piece = 1 + int(step.At%777)
	}
	var err error
	if step.Fault == FaultGzip {
		z := gzip.NewWriter(out)
		_, err = io.Copy(z, io.NewSectionReader(a, a.from, a.to-a.from))
		if err == nil {
			err = z.Close()
		}
	} else {
		body := io.NewSectionReader(a, a.from, a.to-a.from)
		_, err = io.Copy(out, io.MultiReader(strings.NewReader(a.prefix), body, strings.NewReader(a.suffix)))
	}
	switch {
	case err == nil && step.Fault == FaultLongLength:
		panic(http.ErrAbortHandler)
	case err == nil:
	case step.Fault == FaultStall:
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(o.stall):
		}
		panic(http.ErrAbortHandler)
	case step.Fault == FaultReset:
		reset(w)
		panic(http.ErrAbortHandler)
	default:
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// reset ends the connection with a TCP reset where that is possible.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if t, ok := conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	conn.Close()
}

// pipe writes a body: at most stop bytes, in pieces, at the origin's rate.
type pipe struct {
	o     *Origin
	w     http.ResponseWriter
	r     *http.Request
	rec   *Request
	stop  int64
	piece int
	n     int64
}

func (p *pipe) Write(b []byte) (done int, err error) {
	for done < len(b) {
		k := len(b) - done
		if p.piece > 0 {
			k = min(k, p.piece)
		}
		if p.o.limiter.Limit() != rate.Inf {
			k = min(k, burst)
		}
		if int64(k) > p.stop-p.n {
			k = int(p.stop - p.n)
		}
		if k == 0 {
			return done, io.ErrShortWrite
		}
		if err := p.o.limiter.WaitN(p.r.Context(), min(k, burst)); err != nil {
			return done, err
		}
		m, err := p.w.Write(b[done : done+k])
		p.n += int64(m)
		done += m
		p.o.count(p.rec, m)
		if err != nil {
			return done, err
		}
		if p.piece > 0 {
			_ = http.NewResponseController(p.w).Flush()
		}
	}
	return done, nil
}
