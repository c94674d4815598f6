// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/openbits/openbits"
)

// FindSource checks that a plain file that can be read stands under name in the folder that path leads to, and answers
// where that is, without links on the way, with the file's state. The file itself must not be a link.
//
// Kinds: invalid_argument (the path is relative), invalid_name, source_missing, read_denied, unsafe_path.
func (s *Sink) FindSource(ctx context.Context, path, name string) (openbits.Place, openbits.SourceState, error) {
	object := filepath.Join(path, name)
	refuse := func(err error) (openbits.Place, openbits.SourceState, error) {
		return openbits.Place{}, openbits.SourceState{}, err
	}
	switch {
	case ctx.Err() != nil:
		return refuse(ctx.Err())
	case strings.ContainsRune(path, 0), !filepath.IsAbs(path), runtime.GOOS == "windows" && strings.HasPrefix(filepath.ToSlash(path), "//./"):
		return refuse(&openbits.Error{
			Op: opSource, Object: object, Kind: openbits.KindInvalidArgument, Context: openbits.ContextLocalFile, File: -1,
			Text: "the path is not the absolute path of a file", Hint: "Give the file's full path.",
		})
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return refuse(sourceError(object, err))
	}
	p := openbits.Place{Folder: openbits.Folder{Path: real}, Name: name}
	f, err := s.openSource(p)
	if err != nil {
		return refuse(err)
	}
	defer func() { _ = f.Close() }()
	p.Folder.ID, p.Folder.Volume = f.dir.id.String(), f.dir.volume.id
	state, err := f.State()
	return p, state, err
}

// OpenSource opens a file for being sent. It is found by name in the folder that the path leads to now: what tells
// whether it is the file that was meant is its state. Kinds: source_missing, read_denied, unsafe_path, invalid_name.
func (s *Sink) OpenSource(ctx context.Context, p openbits.Place) (openbits.SourceFile, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := s.openSource(p)
	if err != nil {
		return nil, err
	}
	return f, nil
}

const opSource = "read"

func (s *Sink) openSource(p openbits.Place) (*source, error) {
	if why := badName(p.Name, runtime.GOOS == "windows"); why != "" {
		return nil, invalidName(opSource, p.Name, why)
	}
	d, err := s.folders.acquire(p.Folder)
	if err != nil {
		return nil, sourceError(p.Path(), err)
	}
	f, err := d.open(p.Name, false)
	if err != nil {
		s.folders.release(d)
		return nil, sourceError(p.Path(), err)
	}
	src := &source{file: f, dir: d, folders: s.folders, name: p.Name, path: p.Path()}
	i, err := d.stat(f)
	if err == nil && !i.plain {
		err = errNotPlain
	}
	if err != nil {
		_ = src.Close()
		return nil, sourceError(p.Path(), err)
	}
	src.id = i.id
	return src, nil
}

// source is a file that is being sent.
type source struct {
	file    *os.File
	dir     *dir
	folders *folders
	name    string
	path    string
	id      identity
	closed  bool
	manners manners
}

// SetBackground lets the disk serve others first. What is read stays in the page cache: others may have it there.
func (f *source) SetBackground(on bool) {
	if f.manners.background.Swap(on) != on {
		setDiskPriority(f.file, on)
	}
}

func (f *source) ReadAt(b []byte, off int64) (int, error) {
	n, err := f.manners.read(f.file, b, off)
	if err != nil && !errors.Is(err, io.EOF) {
		err = sourceError(f.path, err)
	}
	return n, err
}

// State tells what would tell of a change: size, time, and whether the file still stands under its name.
func (f *source) State() (openbits.SourceState, error) {
	now, err := f.file.Stat()
	if err != nil {
		return openbits.SourceState{}, sourceError(f.path, err)
	}
	named, err := f.dir.lstat(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return openbits.SourceState{}, f.changed("it was removed or renamed while it was sent")
	case err != nil:
		return openbits.SourceState{}, sourceError(f.path, err)
	case f.id.known() && !f.id.sameFile(named.id), !named.plain:
		return openbits.SourceState{}, f.changed("another file took its place while it was sent")
	}
	return openbits.SourceState{Size: now.Size(), Modified: now.ModTime().UnixNano(), Identity: f.identity()}, nil
}

// identity names the volume only where the time of birth is not known: the numbers of volumes may change with a reboot.
func (f *source) identity() string {
	id := f.id
	if id.volume = ""; id.birth == "" {
		id.volume = f.dir.volume.fsid
	}
	return id.String()
}

func (f *source) changed(text string) error {
	return &openbits.Error{
		Op: opSource, Object: f.path, Kind: openbits.KindLocalFileChanged, Context: openbits.ContextLocalFile, File: -1,
		Text: text, Hint: sourceHints[openbits.KindLocalFileChanged],
	}
}

func (f *source) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	err := f.file.Close()
	f.folders.release(f.dir)
	if err != nil {
		return sourceError(f.path, err)
	}
	return nil
}

// sourceError makes the error of reading a source out of what the system said.
func sourceError(path string, err error) error {
	var ready *openbits.Error
	if errors.As(err, &ready) {
		return err
	}
	kind, text := openbits.KindLocalFile, "the disk answered: "+cause(err)
	switch {
	case errors.Is(err, errNotPlain):
		kind, text = openbits.KindUnsafePath, "it is not a plain file but a link, folder or device"
	case errors.Is(err, errNotFolder), errors.Is(err, fs.ErrNotExist):
		kind, text = openbits.KindSourceMissing, "it does not exist"
	case errors.Is(err, fs.ErrPermission):
		kind, text = openbits.KindReadDenied, "it may not be read"
	}
	return &openbits.Error{
		Op: opSource, Object: path, Kind: kind, Context: openbits.ContextLocalFile, Text: text, Hint: sourceHints[kind], File: -1, Err: err,
	}
}

var sourceHints = map[openbits.Kind]string{
	openbits.KindUnsafePath:       "Name the file itself.",
	openbits.KindSourceMissing:    "Check the path; when the file is there again, resume the job.",
	openbits.KindReadDenied:       "Give yourself the right to read it, then resume the job.",
	openbits.KindLocalFile:        hints[openbits.KindLocalFile],
	openbits.KindLocalFileChanged: "Resuming the job sends what the file holds then, from its first byte. For a file that only grows there is --growing.",
}
