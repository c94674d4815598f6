// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

// Content is a whole file that is read through the service, published or not yet.
// It is an io.ReadSeekCloser and an io.ReaderAt; ReadAt may be used by several goroutines.
type Content struct {
	client *Client
	ctx    context.Context // of the reads to come: an io.Reader has no other place for it
	path   string
	file   api.File
	size   int64
	off    int64
	body   io.ReadCloser // open from off on; nil: not open
}

// Open opens a whole file (state transferred or published) for reading. The context counts
// for all reads. Kind: invalid_state while the file is not whole.
func (c *Client) Open(ctx context.Context, id string, index int) (*Content, error) {
	f, err := c.File(ctx, id, index)
	if err != nil {
		return nil, err
	}
	if !f.State.Done() || f.BytesTotal == nil {
		return nil, &openbits.Error{
			Op: "open", Object: f.Path, Kind: openbits.KindInvalidState, Context: openbits.ContextLocalFile, File: index,
			Text: "the file is not whole: it is " + string(f.State), Hint: "Wait until its job is transferred: bits wait " + id,
		}
	}
	return &Content{client: c, ctx: ctx, path: filePath(id, index) + "/content", file: f, size: *f.BytesTotal}, nil
}

// File describes the file as it was when it was opened.
func (c *Content) File() api.File { return c.file }

// Size is the length of the file in bytes.
func (c *Content) Size() int64 { return c.size }

// Read reads on from the current offset.
func (c *Content) Read(p []byte) (int, error) {
	if c.client == nil {
		return 0, fs.ErrClosed
	}
	if c.off >= c.size {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if c.body == nil {
		body, err := c.open(c.off, c.size)
		if err != nil {
			return 0, err
		}
		c.body = body
	}
	n, err := c.body.Read(p)
	c.off += int64(n)
	if errors.Is(err, io.EOF) && c.off < c.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Seek sets the offset of the next Read.
func (c *Content) Seek(offset int64, whence int) (int64, error) {
	if c.client == nil {
		return 0, fs.ErrClosed
	}
	switch whence {
	case io.SeekCurrent:
		offset += c.off
	case io.SeekEnd:
		offset += c.size
	case io.SeekStart:
	default:
		return 0, fmt.Errorf("seek: whence %d is not defined", whence)
	}
	if offset < 0 {
		return 0, fmt.Errorf("seek: offset %d lies before the file", offset)
	}
	if offset != c.off {
		c.drop()
		c.off = offset
	}
	return offset, nil
}

// ReadAt reads len(p) bytes at off, in one request of its own.
func (c *Content) ReadAt(p []byte, off int64) (int, error) {
	switch {
	case c.client == nil:
		return 0, fs.ErrClosed
	case off < 0:
		return 0, fmt.Errorf("read: offset %d lies before the file", off)
	case off >= c.size:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	end := min(off+int64(len(p)), c.size)
	body, err := c.open(off, end)
	if err != nil {
		return 0, err
	}
	defer func() { _ = body.Close() }()
	n, err := io.ReadFull(body, p[:end-off])
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// Close ends the reading.
func (c *Content) Close() error {
	c.drop()
	c.client = nil
	return nil
}

func (c *Content) drop() {
	if c.body != nil {
		_ = c.body.Close()
		c.body = nil
	}
}

// open asks for the bytes from first to end, end exclusive.
func (c *Content) open(first, end int64) (io.ReadCloser, error) {
	header := http.Header{}
	if first > 0 || end < c.size {
		header.Set("Range", "bytes="+strconv.FormatInt(first, 10)+"-"+strconv.FormatInt(end-1, 10))
	}
	resp, err := c.client.do(c.ctx, http.MethodGet, c.path, nil, nil, header)
	if err != nil {
		return nil, err
	}
	if want := end - first; resp.ContentLength != want {
		_ = resp.Body.Close()
		return nil, &openbits.Error{
			Op: "read", Object: c.file.Path, Kind: openbits.KindLocalFile, Context: openbits.ContextLocalFile, File: c.file.Index,
			Text: fmt.Sprintf("the service sends %d bytes where %d were asked for", resp.ContentLength, want),
			Hint: "The file changed on the disk: fetch it again.",
		}
	}
	return resp.Body, nil
}
