// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync/atomic"
)

// archive is a zip archive. It is open while somebody reads from it, and a little longer (see cache).
type archive struct {
	source source
	limits Limits
	cache  *cache

	// Guarded by cache.mu.
	users int
	now   *opened
}

// opened is an archive that is open.
type opened struct {
	stream *stream
	zip    *zip.Reader
	budget atomic.Int64 // bytes that it may still unfold into
}

// errBomb is what reading from an archive that unfolds beyond measure fails with.
var errBomb = errors.New("the archive unfolds into far more than its size: that is how a zip bomb looks; unpack it by hand if it is none")

func (a *archive) load(ctx context.Context) (*opened, error) {
	s, err := a.source.open(ctx)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(s, s.size)
	if err != nil {
		return nil, errors.Join(err, s.release())
	}
	o := &opened{stream: s, zip: z}
	o.budget.Store(a.limits.Unfold + a.limits.Ratio*s.size)
	return o, nil
}

// entry is a member of a zip archive.
type entry struct {
	archive *archive
	index   int
	name    string
}

// with runs f on the member while its archive is open.
func (e entry) with(ctx context.Context, f func(*opened, *zip.File) error) error {
	o, err := e.archive.cache.acquire(ctx, e.archive)
	if err != nil {
		return err
	}
	defer e.archive.cache.release(e.archive)
	file, err := e.find(o)
	if err != nil {
		return err
	}
	return f(o, file)
}

func (e entry) find(o *opened) (*zip.File, error) {
	if e.index >= len(o.zip.File) || o.zip.File[e.index].Name != e.name {
		return nil, errors.New("the archive changed meanwhile")
	}
	return o.zip.File[e.index], nil
}

func (e entry) head(ctx context.Context, n int) (b []byte, err error) {
	err = e.with(ctx, func(o *opened, f *zip.File) error {
		r, err := f.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		b = make([]byte, min(int64(n), int64(f.UncompressedSize64)))
		got, err := io.ReadFull(&metered{r: ctxStream{ctx, r}, o: o}, b)
		b = b[:got]
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = nil
		}
		return err
	})
	return b, err
}

// open unpacks the member, or reads it in place when it is only stored. Its archive stays open until it is released.
func (e entry) open(ctx context.Context) (*stream, error) {
	c := e.archive.cache
	o, err := c.acquire(ctx, e.archive)
	if err != nil {
		return nil, err
	}
	s, err := e.stream(ctx, o)
	if err != nil {
		c.release(e.archive)
		return nil, err
	}
	inner := s.release
	s.release = func() error {
		err := inner()
		c.release(e.archive)
		return err
	}
	return s, nil
}

func (e entry) stream(ctx context.Context, o *opened) (*stream, error) {
	f, err := e.find(o)
	if err != nil {
		return nil, err
	}
	packed := func(ctx context.Context) (string, error) { return packedDigest(ctx, f) }
	if f.Method == zip.Store && f.CompressedSize64 == f.UncompressedSize64 {
		at, err := f.DataOffset()
		if err != nil {
			return nil, err
		}
		size := int64(f.UncompressedSize64)
		if at+size > o.stream.size || size < 0 {
			return nil, errors.New("the archive ends before it does")
		}
		return &stream{ReaderAt: io.NewSectionReader(o.stream, at, size), size: size, again: packed, release: func() error { return nil }}, nil
	}
	print, err := packed(ctx)
	if err != nil {
		return nil, err
	}
	s, err := e.unpack(ctx, o, f)
	if err != nil {
		return nil, err
	}
	s.print, s.again = print, packed
	return s, nil
}

// unpack inflates a member. What its archive says of its size is not believed, only used as a bound. A damaged member is
// unpacked as far as it goes, unless that is as far as ctx let it.
func (e entry) unpack(ctx context.Context, o *opened, f *zip.File) (*stream, error) {
	size := int64(f.UncompressedSize64)
	if size < 0 || size > o.budget.Load() {
		return nil, errBomb
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	h := sha256.New()
	sp, err := newSpool(io.TeeReader(&metered{r: ctxStream{ctx, r}, o: o}, h), size, e.archive.limits.Memory)
	if sp == nil {
		return nil, err
	}
	s := &stream{ReaderAt: sp, size: sp.size, data: sp.data, digest: sum(h), release: sp.close}
	switch {
	case err != nil && (errors.Is(err, errBomb) || ctx.Err() != nil || sp.size == 0):
		return nil, errors.Join(err, sp.close())
	case err != nil:
		s.damage = fmt.Sprintf("it is damaged in its archive (%s): %d of its %d bytes came out", reason(err), sp.size, size)
	case sp.size != size:
		s.damage = fmt.Sprintf("it has %d bytes, not the %d that its archive says", sp.size, size)
	}
	return s, nil
}

func packedDigest(ctx context.Context, f *zip.File) (string, error) {
	r, err := f.OpenRaw()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(h, ctxStream{ctx, r}); err != nil {
		return "", err
	}
	return sum(h), nil
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// metered takes what is read from the budget of an archive.
type metered struct {
	r io.Reader
	o *opened
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if m.o.budget.Add(-int64(n)) < 0 {
		return 0, errBomb
	}
	return n, err
}
