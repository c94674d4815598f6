// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/openbits/openbits"
)

// Open opens the part file of p; when there is none it makes an empty one, exclusively and readable by its
// owner alone. On Windows the rights come from the folder. One that exists must be a plain file of the same
// owner with a single name.
//
// Kinds: folder_missing, invalid_name, unsafe_path, write_denied, disk_full, local_file.
func (s *Sink) Open(ctx context.Context, p openbits.Place) (openbits.PartFile, error) {
	const op = "open the part file of"
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d, err := s.enter(op, p)
	if err != nil {
		return nil, err
	}
	// A part file that comes and goes between the two attempts belongs to no orderly program.
	for range 3 {
		f, created, err := d.openOrCreate(p.Part)
		if errors.Is(err, fs.ErrNotExist) && d.leadsTo(p.Folder.Path) {
			continue
		}
		if err != nil {
			s.folders.release(d)
			return nil, fail(op, p.Path(), err)
		}
		i, err := d.stat(f)
		if err == nil && !created {
			err = d.ours(i)
		}
		if err != nil {
			_ = f.Close()
			s.folders.release(d)
			return nil, fail(op, p.Path(), err)
		}
		part := &partFile{file: f, dir: d, folders: s.folders, path: p.Path(), id: i.id.String(), fresh: created}
		return part, nil
	}
	s.folders.release(d)
	return nil, fail(op, p.Path(), errSwapped)
}

func (d *dir) openOrCreate(name string) (f *os.File, created bool, err error) {
	f, err = d.create(name)
	if !errors.Is(err, fs.ErrExist) {
		return f, err == nil, err
	}
	f, err = d.open(name, true)
	return f, false, err
}

// ours says why a file that was there already cannot be a part file of this owner.
func (d *dir) ours(i info) error {
	switch {
	case !i.plain:
		return errNotPlain
	case !d.mine(i):
		return errForeign
	case i.links > 1:
		return errLinked
	}
	return nil
}

// partFile is an open part file.
type partFile struct {
	file    *os.File
	dir     *dir
	folders *folders
	path    string // final path, for errors
	id      string
	closed  sync.Once

	mu    sync.Mutex
	fresh bool // made by this Open, and its entry in the folder not yet synced
}

func (p *partFile) Identity() string { return p.id }

func (p *partFile) ReadAt(b []byte, off int64) (int, error) {
	n, err := p.file.ReadAt(b, off)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fail("read", p.path, err)
	}
	return n, err
}

func (p *partFile) WriteAt(b []byte, off int64) (int, error) {
	n, err := p.file.WriteAt(b, off)
	if err != nil {
		err = fail("write", p.path, err)
	}
	return n, err
}

func (p *partFile) Size() (int64, error) {
	i, err := p.file.Stat()
	if err != nil {
		return 0, fail("measure", p.path, err)
	}
	return i.Size(), nil
}

// Truncate cuts the file or lengthens it with zeros. Blocks reserved past the new end are given back.
func (p *partFile) Truncate(size int64) error {
	if err := p.file.Truncate(size); err != nil {
		return fail("cut", p.path, err)
	}
	return nil
}

// Reserve sets blocks aside for a file of size bytes; a smaller size than the present one changes nothing.
// File systems that cannot do it (NFS before 4.2, FAT, ZFS) are no error.
func (p *partFile) Reserve(size int64) error {
	held, err := p.Size()
	if err != nil || size <= held {
		return err
	}
	if err := reserve(p.file, held, size); err != nil {
		_ = p.file.Truncate(held) // gives back what was set aside before the room ran out
		return fail("reserve room for", p.path, err)
	}
	return nil
}

func (p *partFile) Flush() error {
	if err := startWriting(p.file); err != nil {
		return fail("write", p.path, err)
	}
	return nil
}

// Sync makes content and length durable, and the first time the file's entry in its folder too.
// An error means that what was written since the last Sync may be lost even if a later Sync succeeds.
func (p *partFile) Sync() error {
	if err := p.file.Sync(); err != nil {
		return fail("sync", p.path, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fresh {
		if err := p.dir.sync(); err != nil {
			return fail("sync the folder of", p.path, err)
		}
		p.fresh = false
	}
	return nil
}

func (p *partFile) Close() error {
	err := p.file.Close()
	p.closed.Do(func() { p.folders.release(p.dir) })
	if err != nil && !errors.Is(err, fs.ErrClosed) {
		return fail("close", p.path, err)
	}
	return nil
}
