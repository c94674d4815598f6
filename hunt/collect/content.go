// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// Content is what a member holds, while it is being read. It may be used by several goroutines.
type Content struct {
	io.ReaderAt
	Size    int64
	SHA256  string   // of all of it; where Extents has holes, of the data alone
	Extents []Extent // where data is: all of it, but for the holes of an image
	Notes   []string // what is to be said of the hash
	Damage  string   // what the archive did to it; empty: nothing

	ctx   context.Context
	s     *stream
	print string
}

// ErrNothing is the error of opening a member that is only listed.
var ErrNothing = errors.New("there is nothing to read")

// Open reads and hashes what the member holds: small ones into memory, others where they lie.
func (m *Member) Open(ctx context.Context, memory int64) (*Content, error) {
	if m.source == nil || m.Status != "" {
		return nil, ErrNothing
	}
	s, err := m.source.open(ctx)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	c := &Content{Size: s.size, Damage: s.damage, ctx: ctx, s: s}
	if err := c.load(ctx, memory); err != nil {
		return nil, errors.Join(errors.New(reason(err)), s.release())
	}
	return c, nil
}

// load brings the bytes to where they are read from, and hashes them on the way.
func (c *Content) load(ctx context.Context, most int64) error {
	s := c.s
	if most <= 0 {
		most = Limits{}.orDefaults().Memory
	}
	c.ReaderAt, c.Extents = s.ReaderAt, []Extent{{0, s.size}}
	var err error
	switch {
	case s.data != nil:
		c.SHA256, c.ReaderAt = s.digest, memory(s.data)
	case s.digest != "":
		c.SHA256 = s.digest
	case s.size <= most:
		data := make([]byte, s.size)
		if n, err := s.ReadAt(data, 0); int64(n) < s.size {
			return fmt.Errorf("only %d of its %d bytes could be read: %w", n, s.size, err)
		}
		s.data = data
		sum := sha256.Sum256(data)
		c.SHA256 = hex.EncodeToString(sum[:])
		c.ReaderAt = memory(data)
	default:
		if s.file != nil {
			c.Extents = dataOf(s.file, s.size)
		}
		c.ReaderAt = ctxReader{ctx, s.ReaderAt} // a search of an image ends with ctx, also where it finds nothing
		c.SHA256, err = digestOf(c.ReaderAt, c.Extents)
		if holes := s.size - dataIn(c.Extents); err == nil && holes > 0 {
			c.Notes = append(c.Notes, fmt.Sprintf("the hash is of its %d bytes of data; its holes, %d bytes, were not read", s.size-holes, holes))
		}
	}
	if c.print = s.print; c.print == "" {
		c.print = c.SHA256
	}
	return err
}

// Close hashes what lies in the evidence again, and answers its hash when it is another now.
// Of a member of an archive both hashes are of its packed bytes. When the context of Open has ended, it does not hash: that may take hours.
func (c *Content) Close() (changed string, err error) {
	if c.s == nil {
		return "", nil
	}
	now := ""
	if err = c.ctx.Err(); err == nil {
		now, err = c.s.again(c.ctx)
	}
	switch {
	case err != nil:
		err = fmt.Errorf("it was not hashed again: %s", reason(err))
	case now != c.print:
		changed = now
	}
	rerr := c.s.release()
	c.s = nil
	return changed, errors.Join(err, rerr)
}

// Lend answers the n bytes at an offset, which are not to be changed; false when they are not in memory.
func (c *Content) Lend(off int64, n int) ([]byte, bool) {
	m, ok := c.ReaderAt.(memory)
	if !ok {
		return nil, false
	}
	return m.Lend(off, n)
}

// ctxReader stops reading when ctx ends.
type ctxReader struct {
	ctx context.Context
	r   io.ReaderAt
}

func (c ctxReader) ReadAt(p []byte, off int64) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.ReadAt(p, off)
}

// ctxStream is the same for what is read in order.
type ctxStream struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxStream) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// OpenContainer reads and hashes an archive that is listed.
func (m *Member) OpenContainer(ctx context.Context) (*Content, error) {
	if !m.own || m.source == nil {
		return nil, ErrNothing
	}
	as := *m
	as.Status = ""
	return as.Open(ctx, 1<<20)
}
