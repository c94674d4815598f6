// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"

	"github.com/openbits/openbits"
)

// Open implements the engine's Sink.
func (d *Disk) Open(ctx context.Context, p openbits.Place) (openbits.PartFile, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f, err := d.enter("open the part file of", p.Folder)
	if err != nil {
		return nil, err
	}
	n := f.files[p.Part]
	if n == nil {
		n = d.create()
		f.files[p.Part] = n
	}
	d.open++
	return &part{node: n, path: p.Path()}, nil
}

// View implements the engine's Sink.
func (d *Disk) View(ctx context.Context, p openbits.Place, published bool) (openbits.Content, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f, err := d.enter("read", p.Folder)
	if err != nil {
		return nil, err
	}
	name := p.Part
	if published {
		name = p.Name
	}
	n := f.files[name]
	if n == nil {
		return nil, local("read", p.Path(), openbits.KindNotFound, "it is not there")
	}
	return content{bytes.NewReader(bytes.Clone(n.data))}, nil
}

type content struct{ *bytes.Reader }

func (content) Close() error { return nil }

// part is an open part file. What it does after Close fails.
type part struct {
	*node
	path   string
	closed bool
}

var errClosed = errors.New("the part file is closed")

// lock gives the file to one call.
func (p *part) lock() (unlock func(), err error) {
	p.disk.mu.Lock()
	if p.closed {
		p.disk.mu.Unlock()
		return nil, errClosed
	}
	return p.disk.mu.Unlock, nil
}

func (p *part) Identity() string { return p.id }

func (p *part) Size() (int64, error) {
	unlock, err := p.lock()
	if err != nil {
		return 0, err
	}
	defer unlock()
	return int64(len(p.data)), nil
}

func (p *part) ReadAt(b []byte, off int64) (int, error) {
	unlock, err := p.lock()
	if err != nil {
		return 0, err
	}
	defer unlock()
	if off >= int64(len(p.data)) {
		return 0, io.EOF
	}
	n := copy(b, p.data[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// room answers how far the file can grow.
func (p *part) room() int64 {
	if p.disk.room < 0 {
		return 1 << 50
	}
	return max(p.disk.room-p.disk.used(p.node), 0)
}

func (p *part) WriteAt(b []byte, off int64) (int, error) {
	unlock, err := p.lock()
	if err != nil {
		return 0, err
	}
	defer unlock()
	n := int(min(int64(len(b)), max(p.room()-off, 0)))
	if end := off + int64(n); end > int64(len(p.data)) {
		p.data = append(p.data, make([]byte, end-int64(len(p.data)))...)
	}
	copy(p.data[off:], b[:n])
	if n < len(b) {
		return n, local("write", p.path, openbits.KindDiskFull, "the volume is full")
	}
	return n, nil
}

func (p *part) Truncate(size int64) error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	p.data = slices.Concat(p.data[:min(size, int64(len(p.data)))], make([]byte, max(size-int64(len(p.data)), 0)))
	p.reserved = 0
	return nil
}

func (p *part) Reserve(size int64) error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if size > p.room() {
		return local("reserve room for", p.path, openbits.KindDiskFull, "the volume is full")
	}
	p.reserved = max(p.reserved, size)
	return nil
}

// Background reports whether the file at path was last told that its job is in the background.
func (d *Disk) Background(path string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.folders[filepath.Dir(path)].files[filepath.Base(path)]
	return n != nil && n.background
}

func (p *part) SetBackground(on bool) {
	p.disk.mu.Lock()
	defer p.disk.mu.Unlock()
	p.background = on
}

func (p *part) Flush() error { return nil }

func (p *part) Sync() error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	return p.disk.syncErr
}

func (p *part) Close() error {
	p.disk.mu.Lock()
	hook := p.disk.onClose
	if !p.closed {
		p.closed = true
		p.disk.open--
	}
	p.disk.mu.Unlock()
	if hook != nil {
		hook()
	}
	return nil
}
