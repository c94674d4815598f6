// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"sync"
)

// source is where the bytes of a member come from.
type source interface {
	// head reads the first n bytes, or as many as there are.
	head(ctx context.Context, n int) ([]byte, error)
	// open makes all of it readable. It ends with ctx, since a member of an archive is unpacked for that.
	open(ctx context.Context) (*stream, error)
}

// stream are the bytes of a member while they are being read.
type stream struct {
	io.ReaderAt
	size    int64
	file    *os.File                              // a file of its own, whose holes can be asked for; else nil
	data    []byte                                // all of it, when it is in memory
	digest  string                                // SHA-256 of it, when making it readable told; else ""
	print   string                                // fingerprint of what lies in the evidence; "" it is the digest
	damage  string                                // what is wrong with the bytes before anybody looks at them
	again   func(context.Context) (string, error) // the fingerprint of what lies there now
	release func() error
}

// fileSource is a file: path itself, or the one at rel beneath the folder path, which links do not lead out of.
type fileSource struct{ path, rel string }

func (s fileSource) file() (*os.File, int64, error) {
	f, err := s.openFile()
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() { // it was a file when it was listed
		err = errors.New("it became " + special(info.Mode()))
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

func (s fileSource) openFile() (*os.File, error) {
	if s.rel == "" {
		return os.OpenFile(s.path, openFlags, 0)
	}
	root, err := os.OpenRoot(s.path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.OpenFile(s.rel, openFlags, 0)
}

func (s fileSource) head(_ context.Context, n int) ([]byte, error) { return s.part(0, n) }

// tail reads the last n bytes of a file.
func (s fileSource) tail(n int) ([]byte, error) { return s.part(-1, n) }

func (s fileSource) part(off int64, n int) ([]byte, error) {
	f, size, err := s.file()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if off < 0 {
		off = max(0, size-int64(n))
	}
	b := make([]byte, n)
	got, err := f.ReadAt(b, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b[:got], nil
}

func (s fileSource) open(context.Context) (*stream, error) {
	f, size, err := s.file()
	if err != nil {
		return nil, err
	}
	return &stream{ReaderAt: f, size: size, file: f, again: s.digest, release: f.Close}, nil
}

// digest is that of the file as it is now.
func (s fileSource) digest(ctx context.Context) (string, error) {
	f, size, err := s.file()
	if err != nil {
		return "", err
	}
	defer f.Close()
	return digestOf(ctxReader{ctx, f}, dataOf(f, size))
}

const hashPiece = 64 << 10

var hashBuffers = sync.Pool{New: func() any { return new([hashPiece]byte) }}

// digestOf hashes parts of r.
func digestOf(r io.ReaderAt, parts []Extent) (string, error) {
	h := sha256.New()
	buf := hashBuffers.Get().(*[hashPiece]byte)
	defer hashBuffers.Put(buf)
	for _, p := range parts {
		if _, err := io.CopyBuffer(onlyWriter{h}, io.NewSectionReader(r, p.Offset, p.Size), buf[:]); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// onlyWriter hides that the section reader could write itself, in pieces of its own size.
type onlyWriter struct{ io.Writer }
