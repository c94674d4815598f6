// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/openbits/openbits"
)

// Disk is a sink in memory. Its exact properties:
//
//   - Folders are made with Mkdir and taken away with Unmount; their files come back with Mount.
//   - All folders are on one volume. With SetRoom it holds that many bytes; what Reserve set aside is taken.
//   - Everything is durable at once. Sync answers what SetSyncError said.
//   - Publish renames one part after another and checks size and identity; a publication that was carried out
//     before succeeds again.
//   - It counts open part files, so that a test can tell that none is left open.
type Disk struct {
	mu      sync.Mutex
	folders map[string]*folder
	room    int64 // -1: no end
	next    int   // number of the next file
	open    int
	syncErr error
	refuse  map[string]error // publications of these names fail
	onClose func()
	onMove  func(names []string)
}

type folder struct {
	id    string
	gone  bool
	files map[string]*node
}

// node is a file, whatever its name.
type node struct {
	disk     *Disk
	id       string
	data     []byte
	reserved int64

	background bool // as the part file or the publication was told last
}

const volume = "volume-1"

// NewDisk has the given folders and no end of room.
func NewDisk(folders ...string) *Disk {
	d := &Disk{folders: map[string]*folder{}, room: -1, refuse: map[string]error{}}
	for _, path := range folders {
		d.Mkdir(path)
	}
	return d
}

// Mkdir makes a folder.
func (d *Disk) Mkdir(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.folders[path] = &folder{id: "folder:" + path, files: map[string]*node{}}
}

// Unmount takes a folder away; Mount brings it back with its files.
func (d *Disk) Unmount(path string) { d.setGone(path, true) }

// Mount brings a folder back that Unmount took away.
func (d *Disk) Mount(path string) { d.setGone(path, false) }

func (d *Disk) setGone(path string, gone bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.folders[path].gone = gone
}

// SetRoom sets how many bytes the volume holds; -1: no end.
func (d *Disk) SetRoom(n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room = n
}

// SetSyncError lets every sync fail until it is called with nil.
func (d *Disk) SetSyncError(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.syncErr = err
}

// RefusePublish lets publications under a name fail until it is called with nil.
func (d *Disk) RefusePublish(name string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuse[name] = err
}

// OnClose sets what runs when a part file is being closed.
func (d *Disk) OnClose(fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.onClose = fn
}

// Write puts a file under a name, as another program would.
func (d *Disk) Write(path string, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.create()
	n.data = bytes.Clone(data)
	d.folders[filepath.Dir(path)].files[filepath.Base(path)] = n
}

// Remove deletes a file, as another program would.
func (d *Disk) Remove(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.folders[filepath.Dir(path)].files, filepath.Base(path))
}

// Files answers the visible files of a folder and their contents.
func (d *Disk) Files(path string) map[string][]byte { return d.list(path, false) }

// Parts answers the hidden files of a folder and their contents.
func (d *Disk) Parts(path string) map[string][]byte { return d.list(path, true) }

func (d *Disk) list(path string, hidden bool) map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := map[string][]byte{}
	for name, n := range d.folders[path].files {
		if strings.HasPrefix(name, ".") == hidden {
			list[name] = bytes.Clone(n.data)
		}
	}
	return list
}

// OpenParts counts the part files that are open.
func (d *Disk) OpenParts() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open
}

// OnPublish sets what runs, with the final names, before files are published.
func (d *Disk) OnPublish(fn func(names []string)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.onMove = fn
}

func (d *Disk) create() *node {
	d.next++
	return &node{disk: d, id: fmt.Sprintf("inode-%d", d.next)}
}

// used is what all files take, n not counted.
func (d *Disk) used(except *node) (n int64) {
	for _, f := range d.folders {
		for _, file := range f.files {
			if file != except {
				n += max(int64(len(file.data)), file.reserved)
			}
		}
	}
	return n
}

// enter finds the folder of a place as it was when the place was made.
func (d *Disk) enter(op string, f openbits.Folder) (*folder, error) {
	have := d.folders[f.Path]
	if have == nil || have.gone || f.ID != "" && have.id != f.ID {
		return nil, local(op, f.Path, openbits.KindFolderMissing, "the folder is not there")
	}
	return have, nil
}

func local(op, object string, kind openbits.Kind, text string) error {
	return &openbits.Error{Op: op, Object: object, Kind: kind, Context: openbits.ContextLocalFile, File: -1, Text: text}
}

// Folder implements the engine's Sink, as do the methods that follow.
func (d *Disk) Folder(ctx context.Context, path string) (openbits.Folder, error) {
	if err := ctx.Err(); err != nil {
		return openbits.Folder{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f, err := d.enter("use", openbits.Folder{Path: path})
	if err != nil {
		return openbits.Folder{}, err
	}
	return openbits.Folder{Path: path, ID: f.id, Volume: volume}, nil
}

func (d *Disk) Exists(ctx context.Context, p openbits.Place) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f, err := d.enter("look for", p.Folder)
	if err != nil {
		return false, err
	}
	return f.files[p.Name] != nil, nil
}

func (d *Disk) Discard(ctx context.Context, places []openbits.Place) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range places {
		if f := d.folders[p.Folder.Path]; f != nil && !f.gone {
			delete(f.files, p.Part)
		}
	}
	return nil
}

func (d *Disk) Space(ctx context.Context, f openbits.Folder) (openbits.Space, error) {
	if err := ctx.Err(); err != nil {
		return openbits.Space{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.enter("measure", f); err != nil {
		return openbits.Space{}, err
	}
	if d.room < 0 {
		return openbits.Space{Volume: volume, Free: 1 << 50}, nil
	}
	return openbits.Space{Volume: volume, Free: max(d.room-d.used(nil), 0)}, nil
}

func (d *Disk) Publish(ctx context.Context, list []openbits.Publication) []error {
	d.mu.Lock()
	hook := d.onMove
	d.mu.Unlock()
	if hook != nil {
		var names []string
		for _, p := range list {
			names = append(names, p.Place.Name)
		}
		hook(names)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	errs := make([]error, len(list))
	for i, p := range list {
		if errs[i] = ctx.Err(); errs[i] == nil {
			errs[i] = d.publish(p)
		}
	}
	return errs
}

func (d *Disk) publish(p openbits.Publication) error {
	path := p.Place.Path()
	f, err := d.enter("publish", p.Place.Folder)
	if err != nil {
		return err
	}
	if err := d.refuse[p.Place.Name]; err != nil {
		return err
	}
	part, final := f.files[p.Place.Part], f.files[p.Place.Name]
	switch {
	case part == nil && final != nil && final.id == p.Inode:
		return nil
	case part == nil:
		return local("publish", path, openbits.KindNotFound, "the part file is gone")
	case part.id != p.Inode:
		return local("publish", path, openbits.KindUnsafePath, "the part file is another one")
	case int64(len(part.data)) != p.Size:
		return local("publish", path, openbits.KindLocalFile, fmt.Sprintf("it has %d bytes and should have %d", len(part.data), p.Size))
	case d.syncErr != nil:
		return d.syncErr
	case final != nil && !p.Overwrite:
		return local("publish", path, openbits.KindFileExists, "a file with this name exists already")
	}
	part.reserved, part.background = 0, p.Background
	f.files[p.Place.Name] = part
	delete(f.files, p.Place.Part)
	return nil
}
