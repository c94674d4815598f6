// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
)

var (
	errExists   = errors.New("the file exists")
	errIsFolder = errors.New("the target is a folder")
	errNotFile  = errors.New("the target is no plain file")
	errFolder   = errors.New("the folder of the file does not exist")
	errLink     = errors.New("a folder of the file is a link")
	errVanished = errors.New("what was received is gone")
)

// manners are what a server does about a target that exists, or whose folder does not.
type manners struct {
	overwrite   bool
	makeFolders bool
}

// admits checks whether a file could be published under a name by now. It changes nothing.
func (s *store) admits(target string, m manners) error {
	if err := s.straight(path.Dir(target)); err != nil {
		return err
	}
	info, err := s.root.Lstat(target)
	switch {
	case err == nil && info.IsDir():
		return errIsFolder
	case err == nil && !m.overwrite:
		return errExists
	case err == nil && !info.Mode().IsRegular() && info.Mode().Type() != fs.ModeSymlink:
		return errNotFile // pipes and devices are not replaced
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOTDIR):
		return errFolder
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if m.makeFolders {
		return nil
	}
	info, err = s.root.Stat(path.Dir(target))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return errFolder
	}
	return err
}

// straight refuses folders that are links. os.Root keeps those inside that lead out; this keeps uploads from what else a link
// may lead to, such as the server's own folder. Clients cannot make links.
func (s *store) straight(dir string) error {
	for at := dir; at != "."; at = path.Dir(at) {
		if info, err := s.root.Lstat(at); err == nil && info.Mode().Type() == fs.ModeSymlink {
			return errLink
		}
	}
	return nil
}

// publish gives the file its name. Its data is on the disk already. A crash at any point leaves either no
// file under the name or the whole one; doing it again is harmless. It answers how many bytes less the folder holds.
func (s *store) publish(r *record, m manners) (freed int64, err error) {
	from := file(r.ID, suffixData)
	switch n, err := s.size(from); {
	case errors.Is(err, fs.ErrNotExist):
		return 0, s.published(r)
	case err != nil:
		return 0, err
	case n != r.Total:
		return 0, errShort
	}
	if m.makeFolders {
		if err := s.makeFolders(path.Dir(r.Target)); err != nil {
			return 0, err
		}
	}
	if freed, err = s.place(from, r.Target, m); err != nil {
		return freed, err
	}
	return freed, s.syncFolder(path.Dir(r.Target))
}

// published settles a publication that a crash interrupted: data that is not there any more was renamed, and stands under
// its name now unless somebody took it away or put something else there.
func (s *store) published(r *record) error {
	if n, err := s.size(r.Target); r.State != statePublishing || err != nil || n != r.Total {
		return errVanished
	}
	switch ok, err := s.holds(r.Target, r); {
	case err != nil:
		return err
	case !ok:
		return errVanished
	}
	return s.syncFolder(path.Dir(r.Target))
}

// place moves a file to its name. It answers how many bytes that freed.
func (s *store) place(from, to string, m manners) (freed int64, err error) {
	if s.same(from, to) {
		// A crash left both names. A rename would do nothing: both are of one file (rename(2)).
		return s.delete(from), nil
	}
	if err := s.admits(to, m); err != nil {
		return 0, err
	}
	if m.overwrite {
		if freed, err = s.size(to); err != nil {
			freed = 0 // there is nothing, or a link
		}
		if err = s.root.Rename(from, to); err != nil {
			freed = 0
		}
		return freed, err
	}
	// A link never replaces, a rename may.
	err = s.root.Link(from, to)
	switch {
	case err == nil:
		return 0, s.root.Remove(from)
	case errors.Is(err, fs.ErrExist):
		return 0, errExists
	case errors.Is(err, fs.ErrNotExist):
		return 0, errFolder
	case linksFail(err):
		// Neither exFAT nor some of FUSE have links. What another program puts there since admits looked is replaced;
		// sessions of this server exclude each other.
		return 0, s.root.Rename(from, to)
	}
	return 0, err
}

// same reports whether two names are of one file.
func (s *store) same(a, b string) bool {
	x, errX := s.root.Lstat(a)
	y, errY := s.root.Lstat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// makeFolders makes the folders of a target and syncs each that got an entry.
func (s *store) makeFolders(dir string) error {
	if dir == "." {
		return nil
	}
	at := "."
	for element := range strings.SplitSeq(dir, "/") {
		next := path.Join(at, element)
		switch err := s.root.Mkdir(next, 0o777); {
		case err == nil:
			if err := s.syncFolder(at); err != nil {
				return err
			}
		case errors.Is(err, syscall.ENOTDIR):
			return errFolder
		case !errors.Is(err, fs.ErrExist):
			return err
		}
		at = next
	}
	return nil
}
