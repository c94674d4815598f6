// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// describe fills in the identity of the folder and of its volume, which is told by its serial number.
func (d *dir) describe() error {
	h := windows.Handle(d.handle.Fd())
	var (
		serial uint32
		system [windows.MAX_PATH + 1]uint16
	)
	err := windows.GetVolumeInformationByHandle(h, nil, 0, &serial, nil, nil, &system[0], uint32(len(system)))
	if err != nil {
		return &fs.PathError{Op: "stat", Path: d.handle.Name(), Err: err}
	}
	switch windows.UTF16ToString(system[:]) {
	case "FAT", "FAT32", "exFAT":
		// Their file indexes are places on the disk, which move.
		d.volume.ownerless, d.volume.unstable = true, true
	}
	d.volume.fsid = hex(uint64(serial))
	d.volume.id = d.volume.fsid
	i, err := d.statHandle(h)
	if err != nil {
		return err
	}
	d.id = i.id
	d.id.volume = d.volume.fsid
	return nil
}

func (d *dir) free() (int64, error) {
	path, err := windows.UTF16PtrFromString(d.handle.Name())
	if err != nil {
		return 0, err
	}
	var available uint64
	if err := windows.GetDiskFreeSpaceEx(path, &available, nil, nil); err != nil {
		return 0, err
	}
	return int64(min(available, math.MaxInt64)), nil
}

func (d *dir) stat(f *os.File) (info, error) { return d.statHandle(windows.Handle(f.Fd())) }

func (d *dir) lstat(name string) (info, error) {
	const attributes = windows.FILE_READ_ATTRIBUTES
	h, err := d.ntOpen(name, attributes|windows.READ_CONTROL, windows.FILE_OPEN, windows.FILE_OPEN_FOR_BACKUP_INTENT)
	if err != nil {
		// Without READ_CONTROL the owner stays unknown, which is nobody's.
		h, err = d.ntOpen(name, attributes, windows.FILE_OPEN, windows.FILE_OPEN_FOR_BACKUP_INTENT)
	}
	if err != nil {
		return info{}, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	defer func() { _ = windows.CloseHandle(h) }()
	return d.statHandle(h)
}

// fileIDInfo is FILE_ID_INFO of winbase.h.
type fileIDInfo struct {
	volume uint64
	id     [16]byte
}

func (d *dir) statHandle(h windows.Handle) (info, error) {
	var b windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &b); err != nil {
		return info{}, err
	}
	i := info{
		folder: b.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0,
		link:   b.FileAttributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0,
		size:   int64(b.FileSizeHigh)<<32 | int64(b.FileSizeLow),
		links:  uint64(b.NumberOfLinks),
	}
	i.plain = !i.folder && !i.link
	if d.volume.unstable {
		i.id.birth = birthOf(0, b.CreationTime.Nanoseconds())
	} else {
		// The birth time is left out: Windows gives a new file that of one that lost its name a moment
		// ago ("tunneling"). The id alone is never given again.
		i.id.number = fileNumber(h, &b)
	}
	sd, err := windows.GetSecurityInfo(h, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err == nil {
		if owner, _, err := sd.Owner(); err == nil && owner != nil {
			i.owner = owner.String()
		}
	}
	return i, nil
}

// fileNumber is the 128-bit id of ReFS and NTFS, or the 64-bit index of others.
func fileNumber(h windows.Handle, b *windows.ByHandleFileInformation) string {
	var id fileIDInfo
	err := windows.GetFileInformationByHandleEx(h, windows.FileIdInfo, (*byte)(unsafe.Pointer(&id)), uint32(unsafe.Sizeof(id)))
	if err != nil {
		return hex(uint64(b.FileIndexHigh)<<32 | uint64(b.FileIndexLow))
	}
	return fmt.Sprintf("%x", id.id)
}
