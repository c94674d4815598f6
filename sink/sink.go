// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/openbits/openbits"
)

const (
	// keepOpen is the most folders that are held open while nobody uses them.
	keepOpen = 64
	// keepIdle is how long a folder stays open after its last use. It is short, since an open folder
	// keeps its volume from being unmounted.
	keepIdle = 2 * time.Second
	// batchSize is the most files that are open at once while publishing.
	batchSize = 256
	// syncWorkers is how many files are synced at the same time. The file system commits their changes
	// together; more workers gained nothing on ext4.
	syncWorkers = 16
	// syncVolumeFrom is the least number of files for which the whole volume may be synced instead.
	syncVolumeFrom = 32
)

// Options are the settings of a Sink. The zero value is the one to use outside tests.
type Options struct {
	// Idle is how long a folder stays open after its last use; 0 means 2 s.
	Idle time.Duration
}

// Sink is the disk of this machine. It is safe for use by several goroutines.
type Sink struct {
	folders *folders
	// step is called before each step of a publication, for tests that stop there.
	step func(step, name string)
}

// New makes a sink.
func New(o Options) *Sink {
	if o.Idle <= 0 {
		o.Idle = keepIdle
	}
	return &Sink{
		folders: &folders{open: map[string]*dir{}, max: keepOpen, idle: o.Idle},
		step:    func(string, string) {},
	}
}

// Close closes the folders that are held open. Folders that are in use are closed when they are released.
func (s *Sink) Close() error { return s.folders.close() }

// Exists reports whether anything stands under the final name, a dangling link included.
// Kinds: folder_missing, invalid_name, write_denied.
func (s *Sink) Exists(ctx context.Context, p openbits.Place) (bool, error) {
	const op = "look for"
	if err := ctx.Err(); err != nil {
		return false, err
	}
	d, err := s.enter(op, p)
	if err != nil {
		return false, err
	}
	defer s.folders.release(d)
	switch _, err := d.lstat(p.Name); {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	default:
		return false, fail(op, p.Path(), err)
	}
}

// Space tells the room on the volume of f's folder as it is now; blocks reserved for root are not counted.
// Where another volume came to be mounted there, Volume in the answer is that one's.
// Kinds: folder_missing.
func (s *Sink) Space(ctx context.Context, f openbits.Folder) (openbits.Space, error) {
	const op = "measure the room in"
	if err := ctx.Err(); err != nil {
		return openbits.Space{}, err
	}
	d, err := s.folders.acquire(f)
	if err != nil {
		return openbits.Space{}, folderError(op, f.Path, err)
	}
	defer s.folders.release(d)
	free, err := d.free()
	if err != nil {
		return openbits.Space{}, fail(op, f.Path, err)
	}
	return openbits.Space{Volume: d.volume.id, Free: free}, nil
}

// enter opens the folder of p and makes sure that it is the one that was meant. A folder with another
// identity is accepted if p's part file stands in it: the numbers of devices may change with a reboot,
// so the part file is its own marker. The caller releases the folder.
func (s *Sink) enter(op string, p openbits.Place) (*dir, error) {
	if err := checkNames(op, p); err != nil {
		return nil, err
	}
	d, err := s.folders.acquire(p.Folder)
	if err != nil {
		return nil, folderError(op, p.Path(), err)
	}
	if !d.is(p.Folder) && !d.marked(p.Part) {
		s.folders.release(d)
		return nil, otherFolder(op, p)
	}
	return d, nil
}
