// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"github.com/openbits/openbits"
)

// StateDir is the folder, in the folder that is served, that holds what is unfinished. Names with a dot in front
// are neither served nor written for anybody. It is where it is because a file can
// only be renamed within its volume.
const StateDir = ".bits-serve"

// uploadsDir holds a file of records and a file of data for each session that has received something.
const uploadsDir = StateDir + "/uploads"

const (
	suffixRecord = ".session"
	suffixData   = ".data"
	suffixReply  = ".reply"
)

// store is the disk under the sessions. All its paths are beneath one folder, which no link leads out of.
type store struct {
	root *os.Root
	path string // of the folder, absolute: for an application that is told where a file is
	lock *flock.Flock
}

// openStore takes possession of a folder. Kinds: folder_missing, write_denied, service_running, unsafe_path, local_file.
func openStore(dir string) (*store, error) {
	fault := func(kind openbits.Kind, err error, hint string) error {
		return &openbits.Error{Op: "serve", Object: dir, Kind: kind, Context: openbits.ContextLocalFile, Hint: hint, File: -1, Err: err}
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fault(openbits.KindLocalFile, err, "")
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fault(openbits.KindFolderMissing, plain(err), "Create the folder first, or name another one.")
	}
	s := &store{root: root, path: abs}
	if err := s.prepare(); err != nil {
		_ = root.Close()
		if errors.Is(err, errNoFolder) {
			return nil, fault(openbits.KindUnsafePath, err, "Move away what has the name "+StateDir+" there.")
		}
		return nil, fault(openbits.KindWriteDenied, plain(err), "Uploads need a folder that this account can write; --read-only serves downloads alone.")
	}
	s.lock = flock.New(filepath.Join(abs, StateDir, "lock"))
	switch got, err := s.lock.TryLock(); {
	case err != nil:
		_ = root.Close()
		return nil, fault(openbits.KindLocalFile, plain(err), "")
	case !got:
		_ = root.Close()
		return nil, &openbits.Error{
			Op: "serve", Object: dir, Kind: openbits.KindServiceRunning, Context: openbits.ContextLocalFile, File: -1,
			Text: "another server has it", Hint: "Stop the other one, or serve another folder.",
		}
	}
	return s, nil
}

var errNoFolder = errors.New(StateDir + " is there and is no folder")

// prepare makes the server's own folders, durably: sessions are to outlive a power cut.
func (s *store) prepare() error {
	for _, name := range []string{StateDir, uploadsDir} {
		err := s.root.Mkdir(name, 0o700)
		if err == nil {
			err = s.syncFolder(path.Dir(name))
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		info, err := s.root.Lstat(name)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return errNoFolder
		}
	}
	return nil
}

func (s *store) close() error { return errors.Join(s.lock.Unlock(), s.root.Close()) }

// file is the path of one of a session's files. Ids are made here and hold hexadecimal digits, dashes and braces.
func file(id, suffix string) string {
	return uploadsDir + "/" + strings.ToLower(strings.Trim(id, "{}")) + suffix
}

// create makes the files of a session. The record is empty until the first fragment is acknowledged; what has an empty
// one is deleted at the next start.
func (s *store) create(id string) error {
	for _, suffix := range []string{suffixData, suffixRecord} {
		f, err := s.root.OpenFile(file(id, suffix), os.O_RDWR|os.O_CREATE|os.O_EXCL, modes[suffix])
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return s.syncFolder(uploadsDir)
}

// modes are the permissions of a session's files, as far as the umask allows. The data will be the published file; until then
// the folder keeps it private.
var modes = map[string]fs.FileMode{suffixData: 0o666, suffixRecord: 0o600}

// write makes a record durable.
func (s *store) write(r *record) error {
	r.Sequence++
	slot, err := r.encode()
	if err == nil {
		err = s.writeSlot(file(r.ID, suffixRecord), slot, r.offset())
	}
	if err != nil {
		r.Sequence-- // what is torn is written over again, not the version before
	}
	return err
}

func (s *store) writeSlot(name string, slot []byte, off int64) error {
	f, err := s.root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if _, err = f.WriteAt(slot, off); err == nil {
		err = syncData(f)
	}
	return errors.Join(err, f.Close())
}

// data opens what was received of a session. A tail that was never acknowledged is cut off.
func (s *store) data(r *record) (*os.File, error) {
	f, err := s.root.OpenFile(file(r.ID, suffixData), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.Size() < r.Next:
		err = errShort
	case info.Size() > r.Next:
		err = f.Truncate(r.Next)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// errShort: somebody has tampered with the data of a session.
var errShort = errors.New("there is less than was acknowledged")

// removeUpload deletes what was received. It answers how many bytes that were; so do the others.
func (s *store) removeUpload(id string) int64 { return s.delete(file(id, suffixData)) }

// removeReply deletes the reply.
func (s *store) removeReply(id string) int64 { return s.delete(file(id, suffixReply)) }

// removeData deletes both. The record stays.
func (s *store) removeData(id string) int64 { return s.removeUpload(id) + s.removeReply(id) }

// remove deletes all files of a session. The record goes first: without one the others are deleted at the next start.
func (s *store) remove(id string) int64 {
	s.delete(file(id, suffixRecord))
	return s.removeData(id)
}

func (s *store) delete(name string) int64 {
	n, err := s.size(name)
	if err != nil || s.root.Remove(name) != nil {
		return 0
	}
	return n
}

// load reads all records, deletes what belongs to none, and gives each to keep.
func (s *store) load(keep func(record)) error {
	dir, err := s.root.Open(uploadsDir)
	if err != nil {
		return err
	}
	names, err := dir.Readdirnames(-1)
	if err := errors.Join(err, dir.Close()); err != nil {
		return err
	}
	known := make(map[string]bool, len(names))
	for _, name := range names {
		id, ok := strings.CutSuffix(name, suffixRecord)
		if !ok {
			continue
		}
		records, err := s.read(id)
		if err != nil {
			return err
		}
		if len(records) > 0 && file(records[0].ID, "") == file(id, "") {
			known[id] = true
			keep(records[0])
			continue
		}
		s.delete(uploadsDir + "/" + name) // nothing was acknowledged of it
	}
	for _, name := range names {
		id, suffix, _ := strings.Cut(name, ".")
		if (suffix == suffixData[1:] || suffix == suffixReply[1:]) && !known[id] {
			s.delete(uploadsDir + "/" + name)
		}
	}
	return nil
}

// read finds the records of a session, the newest first.
func (s *store) read(id string) ([]record, error) {
	f, err := s.root.Open(file(id, suffixRecord))
	if err != nil {
		return nil, err
	}
	found, err := readRecords(f)
	return found, errors.Join(err, f.Close())
}

// verify finds the newest record of a session whose last fragment is on the disk. That need not be the newest of all: data
// and record are synced at the same time, and a crash may have come between. Then the fragment was not acknowledged.
func (s *store) verify(id string) (record, error) {
	records, err := s.read(id)
	if err != nil {
		return record{}, err
	}
	for _, r := range records {
		if r.over() {
			return r, nil
		}
		ok, err := s.holds(file(r.ID, suffixData), &r)
		if errors.Is(err, fs.ErrNotExist) {
			return r, nil // renamed, or deleted, which is seen later
		}
		if ok || err != nil {
			return r, err
		}
	}
	return record{}, errShort
}

// holds reports whether a file has the last fragment that a record tells of.
func (s *store) holds(name string, r *record) (bool, error) {
	f, err := s.root.Open(name)
	if err != nil {
		return false, err
	}
	h := crc32.New(castagnoli)
	n, err := io.Copy(h, io.NewSectionReader(f, r.From, r.Next-r.From))
	return n == r.Next-r.From && h.Sum32() == r.Sum, errors.Join(err, f.Close())
}

// syncFolder makes the entries of a folder durable.
func (s *store) syncFolder(name string) error {
	f, err := s.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(syncEntries(f), f.Close())
}

// size is how large a file beneath the folder is.
func (s *store) size(name string) (int64, error) {
	info, err := s.root.Lstat(name)
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, errNotFile
	}
	return info.Size(), nil
}

// plain is an error of the file system without the path in it.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
