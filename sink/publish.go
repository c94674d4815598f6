// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/openbits/openbits"
)

const publishing = "publish"

// The steps of a publication, as tests see them. Each is named before it is done.
const (
	stepPrepare    = "prepare"     // mode and time are set
	stepSync       = "sync"        // content is made durable
	stepRename     = "rename"      // the final name appears
	stepSyncFolder = "sync folder" // and is made durable
	stepDone       = "done"
)

// Publish renames part files to their final names and makes that durable. The answer has one entry for each
// publication, nil where the file stands whole under its final name and will after a power cut.
//
// It works on the whole list at once: all files are given to the disk before the first is waited for, and each
// folder is synced once for every 256 files. A publication that was carried out before is found by Inode and succeeds.
//
// Kinds: file_exists; not_found when neither the part file nor its publication is there; unsafe_path when the
// part file is not the one of Inode; local_file when its size differs; and Open's. An entry that failed has left
// the part file where it was, unless the sync of the folder failed: then publishing again settles it.
func (s *Sink) Publish(ctx context.Context, list []openbits.Publication) []error {
	errs := make([]error, len(list))
	for start := 0; start < len(list); start += batchSize {
		end := min(start+batchSize, len(list))
		s.publishBatch(ctx, list[start:end], errs[start:end])
	}
	return errs
}

func (s *Sink) publishBatch(ctx context.Context, list []openbits.Publication, errs []error) {
	b := &batch{sink: s, items: make([]item, len(list)), dirs: map[openbits.Folder]*dir{}, failed: map[openbits.Folder]error{}}
	defer b.close()
	for n := range list {
		it := &b.items[n]
		it.Publication = list[n]
		if it.err = ctx.Err(); it.err == nil {
			s.step(stepPrepare, it.Place.Name)
			it.err = b.prepare(it)
		}
	}
	b.sync(ctx)
	for n := range b.items {
		it := &b.items[n]
		if it.file == nil || it.err != nil {
			continue
		}
		if it.err = ctx.Err(); it.err == nil {
			s.step(stepRename, it.Place.Name)
			it.err = it.move(ctx)
		}
	}
	b.syncFolders()
	s.step(stepDone, "")
	for n := range b.items {
		if err := b.items[n].err; err != nil {
			errs[n] = failPublish(b.items[n].Publication, err, ctx)
		}
	}
}

func failPublish(p openbits.Publication, err error, ctx context.Context) error {
	if ctxErr := ctx.Err(); ctxErr != nil && errors.Is(err, ctxErr) {
		return err
	}
	return fail(publishing, p.Place.Path(), err)
}

// batch is a list of publications on their way together.
type batch struct {
	sink   *Sink
	items  []item
	dirs   map[openbits.Folder]*dir
	failed map[openbits.Folder]error // folders that could not be opened
}

// item is one of them.
type item struct {
	openbits.Publication
	dir   *dir
	file  *os.File // the part file; nil when there is nothing left to rename
	moved bool     // the final name is there, its folder is to be synced
	err   error
}

func (b *batch) close() {
	for n := range b.items {
		if f := b.items[n].file; f != nil {
			_ = f.Close()
		}
	}
	for _, d := range b.dirs {
		b.sink.folders.release(d)
	}
}

// folder opens each folder once for the batch.
func (b *batch) folder(f openbits.Folder) (*dir, error) {
	if d, err := b.dirs[f], b.failed[f]; d != nil || err != nil {
		return d, err
	}
	d, err := b.sink.folders.acquire(f)
	if err != nil {
		b.failed[f] = err
		return nil, err
	}
	b.dirs[f] = d
	return d, nil
}

// prepare opens and checks a part file and gives it mode and time.
func (b *batch) prepare(it *item) error {
	if err := checkNames(publishing, it.Place); err != nil {
		return err
	}
	d, err := b.folder(it.Place.Folder)
	if err != nil {
		return folderError(publishing, it.Place.Path(), err)
	}
	it.dir = d
	if !d.is(it.Place.Folder) && !d.carries(it.Place.Part, it.Inode) && !d.carries(it.Place.Name, it.Inode) {
		return otherFolder(publishing, it.Place)
	}
	f, err := d.open(it.Place.Part, writeToSync)
	if errors.Is(err, fs.ErrNotExist) {
		return it.settle()
	}
	if err != nil {
		return err
	}
	if err := it.check(f); err != nil || it.moved {
		_ = f.Close()
		return err
	}
	it.file = f
	if err := d.setMode(f, it.Mode); err != nil {
		return err
	}
	if !it.Modified.IsZero() {
		if err := d.setModified(f, it.Modified); err != nil {
			return err
		}
	}
	return nil
}

// check compares the part file with what is to be published.
func (it *item) check(f *os.File) error {
	i, err := it.dir.stat(f)
	if err != nil {
		return err
	}
	expected := parseIdentity(it.Inode)
	switch {
	case !i.plain:
		return errNotPlain
	case !it.dir.mine(i):
		return errForeign
	case expected.known() && !i.id.sameFile(expected):
		if it.dir.carries(it.Place.Name, it.Inode) {
			it.moved = true // published before; the part file is somebody else's
			return nil
		}
		return errSwapped
	case i.links == 2 && it.dir.carries(it.Place.Name, i.id.String()):
		// A crash came between the two halves of linkAndUnlink.
		it.moved = true
		return it.dir.remove(it.Place.Part)
	case i.links > 1:
		return errLinked
	case i.size != it.Size:
		return &openbits.Error{
			Op: publishing, Object: it.Place.Path(), Kind: openbits.KindLocalFile, Context: openbits.ContextLocalFile,
			Text: fmt.Sprintf("the part file has %d bytes and should have %d", i.size, it.Size),
			Hint: "Another program changed it; start the transfer again.", File: -1,
		}
	}
	return nil
}

// settle is for a part file that is gone: it was published before, or it is lost.
func (it *item) settle() error {
	if it.dir.carries(it.Place.Name, it.Inode) {
		it.moved = true
		return nil
	}
	text := "the part file is gone"
	if _, err := it.dir.lstat(it.Place.Name); err == nil {
		text += ", and another file stands under the name"
	}
	return gone(publishing, it.Place, text, nil)
}

// sync makes the contents durable: of many files with one call for their volume where that is as good, of the
// others one by one, but several at a time and after all of them were given to the disk.
func (b *batch) sync(ctx context.Context) {
	rest := b.syncVolumes(ctx)
	for _, it := range rest {
		if !yields(&it.Publication) {
			it.err = startWriting(it.file)
		}
	}
	var group sync.WaitGroup
	slots := make(chan struct{}, syncWorkers)
	for _, it := range rest {
		if it.err != nil {
			continue
		}
		slots <- struct{}{}
		if it.err = ctx.Err(); it.err != nil {
			<-slots
			continue
		}
		group.Go(func() {
			it.err = it.sync()
			<-slots
		})
	}
	group.Wait()
}

// syncVolumes answers the files that are left to be synced one by one.
func (b *batch) syncVolumes(ctx context.Context) (rest []*item) {
	volumes := map[string][]*item{}
	for n := range b.items {
		it := &b.items[n]
		if it.file == nil || it.err != nil {
			continue
		}
		b.sink.step(stepSync, it.Place.Name)
		if yields(&it.Publication) {
			rest = append(rest, it)
		} else {
			volumes[it.dir.volume.id] = append(volumes[it.dir.volume.id], it)
		}
	}
	for _, items := range volumes {
		// After a failure each file is asked for its own error.
		if len(items) < syncVolumeFrom || ctx.Err() != nil || !items[0].dir.syncVolume() {
			rest = append(rest, items...)
		}
	}
	return rest
}

// sync makes the content durable.
func (it *item) sync() error {
	if !yields(&it.Publication) {
		return it.file.Sync()
	}
	if err := writeOut(it.file); err != nil {
		return err
	}
	err := it.file.Sync()
	if err == nil {
		dropLarge(it.file)
	}
	return err
}

// move gives the file its final name.
func (it *item) move(ctx context.Context) error {
	move := it.dir.moveNew
	if it.Overwrite {
		move = it.dir.moveOver
		switch i, err := it.dir.lstat(it.Place.Name); {
		case err == nil && !i.plain && !i.link:
			return &openbits.Error{
				Op: publishing, Object: it.Place.Path(), Kind: openbits.KindFileExists, Context: openbits.ContextLocalFile,
				Text: "a folder or device stands under that name, which is not replaced",
				Hint: "Move it away or choose another name.", File: -1,
			}
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	err := patiently(ctx, func() error { return move(it.Place.Part, it.Place.Name) })
	if errors.Is(err, fs.ErrNotExist) {
		return it.settle()
	}
	if err != nil {
		return err
	}
	it.moved = true
	return it.verify()
}

// verify makes sure that the open file is what was renamed: the part file's name may have been given to another
// one meanwhile. Both are looked at now, since some file systems change a birth time with a rename.
func (it *item) verify() error {
	i, err := it.dir.stat(it.file)
	if err == nil && i.id.known() && !it.dir.carries(it.Place.Name, i.id.String()) {
		err = errSwapped
	}
	return err
}

// syncFolders makes the final names durable, with one sync for each folder.
func (b *batch) syncFolders() {
	synced := map[*dir]error{}
	for n := range b.items {
		it := &b.items[n]
		if !it.moved || it.err != nil {
			continue
		}
		err, done := synced[it.dir]
		if !done {
			b.sink.step(stepSyncFolder, it.Place.Folder.Path)
			err = it.dir.sync()
			synced[it.dir] = err
		}
		it.err = err
	}
}
