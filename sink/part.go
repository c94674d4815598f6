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

// privateMode is the mode of a part file.
const privateMode = 0o600

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
		part := &partFile{file: f, dir: d, folders: s.folders, path: p.Path()}
		if err := part.identify(created); err != nil {
			_ = part.Close()
			return nil, fail(op, p.Path(), err)
		}
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
	if errors.Is(err, fs.ErrPermission) && d.reclaim(name) == nil {
		f, err = d.open(name, true)
	}
	return f, false, err
}

// reclaim makes a part file writable again that was given its final mode by a publication which was interrupted.
func (d *dir) reclaim(name string) error {
	f, err := d.open(name, false)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	i, err := d.stat(f)
	if err == nil {
		err = d.ours(i)
	}
	if err != nil {
		return err
	}
	return d.setMode(f, privateMode)
}

// identify checks the file that was opened and learns its identity.
func (p *partFile) identify(created bool) error {
	i, err := p.dir.stat(p.file)
	if err != nil {
		return err
	}
	p.id = i.id.String()
	if created {
		p.made = p.dir.noteMade()
		return nil
	}
	if err := p.dir.ours(i); err != nil {
		return err
	}
	if !p.dir.private(i) {
		return p.dir.setMode(p.file, privateMode)
	}
	return nil
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
	manners manners

	made int64 // from dir.noteMade when this Open made the file, 0 otherwise
}

func (p *partFile) Identity() string { return p.id }

func (p *partFile) ReadAt(b []byte, off int64) (int, error) {
	n, err := p.manners.read(p.file, b, off)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fail("read", p.path, err)
	}
	return n, err
}

func (p *partFile) WriteAt(b []byte, off int64) (int, error) {
	n, err := p.manners.write(p.file, b, off)
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
	p.manners.cut(size)
	return nil
}

// Reserve sets blocks aside for a file of size bytes; a smaller size than the present one changes nothing.
// The error is errors.ErrUnsupported where that is not possible: FAT, ZFS, NFS before 4.2.
func (p *partFile) Reserve(size int64) error {
	held, err := p.Size()
	if err != nil || size <= held {
		return err
	}
	if err := reserve(p.file, held, size); err != nil {
		_ = p.file.Truncate(held) // gives back what was set aside before the room ran out
		if errors.Is(err, errors.ErrUnsupported) {
			return notReserved(p.path, err)
		}
		return fail("reserve room for", p.path, err)
	}
	return nil
}

func notReserved(path string, err error) error {
	return &openbits.Error{
		Op: "reserve room for", Object: path, Kind: openbits.KindNotSupported, Context: openbits.ContextLocalFile,
		Text: "the file system cannot set room aside", File: -1, Err: err,
	}
}

func (p *partFile) Flush() error {
	if err := p.manners.flush(p.file); err != nil {
		return fail("write", p.path, err)
	}
	return nil
}

// Sync makes content and length durable, and the first time the file's entry in its folder too.
// An error means that what was written since the last Sync may be lost even if a later Sync succeeds.
func (p *partFile) Sync() error {
	if err := p.manners.sync(p.file); err != nil {
		return fail("sync", p.path, err)
	}
	if err := p.dir.syncMade(p.made); err != nil {
		return fail("sync the folder of", p.path, err)
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
