// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package sink

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// Names are opened with openat and O_NOFOLLOW from the folder's descriptor rather than with os.Root.OpenFile,
// which follows links that stay inside the folder. A name is a single element, so nothing else can lead away.

func (d *dir) fd() int { return int(d.handle.Fd()) }

// create makes a file that was not there, for its owner alone. A dangling link counts as being there.
func (d *dir) create(name string) (*os.File, error) {
	return d.openAt(name, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL)
}

// open opens a file that is there, for writing too if write is true. O_NONBLOCK keeps a pipe without
// another end, and O_NOCTTY a terminal, from doing harm before the caller sees that it is no plain file.
func (d *dir) open(name string, write bool) (*os.File, error) {
	flags := unix.O_RDONLY
	if write {
		flags = unix.O_RDWR
	}
	f, err := d.openAt(name, flags|unix.O_NONBLOCK|unix.O_NOCTTY)
	switch {
	case errors.Is(err, unix.ELOOP), errors.Is(err, errLinkNotFollowed), errors.Is(err, unix.EISDIR), errors.Is(err, unix.ENXIO):
		// ENXIO is the answer for a pipe without a reader, for a socket, and for a device that is not there.
		return nil, errNotPlain
	case err != nil:
		return nil, err
	}
	return f, nil
}

func (d *dir) openAt(name string, flags int) (*os.File, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(d.fd(), name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, privateMode)
	})
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	if flags&unix.O_NONBLOCK != 0 {
		_ = unix.SetNonblock(fd, false)
	}
	return os.NewFile(uintptr(fd), filepath.Join(d.handle.Name(), name)), nil
}

// remove deletes a file, never a folder.
func (d *dir) remove(name string) error {
	_, err := retry(func() (int, error) { return 0, unix.Unlinkat(d.fd(), name, 0) })
	return err
}

// sync makes the folder's entries durable. File systems that cannot sync a folder (some of FUSE and SMB) order
// its changes themselves or give no promise that could be had another way.
func (d *dir) sync() error {
	err := d.handle.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EBADF) {
		return nil
	}
	return err
}

// writable asks the system whether files may be made here, which also knows read-only file systems and ACLs.
// It succeeds for root wherever root can write.
func (d *dir) writable() error {
	_, err := retry(func() (int, error) {
		return 0, unix.Faccessat(d.fd(), ".", unix.W_OK|unix.X_OK, unix.AT_EACCESS)
	})
	return err
}

// mine reports whether a file belongs to this process's account.
func (d *dir) mine(i info) bool {
	return d.volume.ownerless || i.owner == strconv.Itoa(os.Geteuid())
}

// private reports whether nobody but the owner may use the file.
func (d *dir) private(i info) bool { return d.volume.ownerless || i.mode&0o077 == 0 }

// setMode gives the file its permission bits; file systems without them refuse, which is no error there.
func (d *dir) setMode(f *os.File, mode uint32) error {
	err := f.Chmod(fs.FileMode(mode & 0o777))
	if d.volume.ownerless && errors.Is(err, unix.EPERM) {
		return nil
	}
	return err
}

// writeAt is os.File.WriteAt, which forgets what it wrote before an error such as a full disk (go1.26).
func writeAt(f *os.File, b []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, unix.EINVAL
	}
	c, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	controlErr := c.Control(func(fd uintptr) {
		for n < len(b) && err == nil {
			var m int
			m, err = retry(func() (int, error) { return unix.Pwrite(int(fd), b[n:], off+int64(n)) })
			if m == 0 && err == nil {
				err = io.ErrUnexpectedEOF
			}
			n += max(m, 0)
		}
	})
	return n, errors.Join(err, controlErr)
}

// retry repeats a call that a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
