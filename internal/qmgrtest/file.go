// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import "time"

// Drive types (GetDriveType).
const (
	Removable = 2
	Fixed     = 3
	Network   = 4
)

// File is a file of a job, with the values that a record has. Zero values are written as they are; see NewFile.
type File struct {
	ID          string // GUID of the row in the database
	Local       string
	Remote      string // URL, or a path
	Temporary   string
	Transferred uint64
	Total       uint64 // UnknownSize: not known
	Flag        byte
	Drive       string // `C:\`
	Volume      string // `\\?\Volume{…}\`
	DriveType   uint32
	Serial      uint32
	RemoteSize  uint64
	Attributes  uint32
	Wanted      []Range   // that the program asked for; none: the whole file
	Modified    time.Time // Last-Modified of the remote file
	Received    []Range   // of the remote file; database alone
	Upload      bool      // the record begins with LocalTime; database alone
	LocalTime   time.Time
}

// Range is a part of a file.
type Range struct{ Offset, Length uint64 }

// NewFile is a file that was transferred whole, all of size bytes.
func NewFile(remote, local string, size uint64, modified time.Time) File {
	f := File{
		ID: NewID("file " + remote + " " + local), Remote: remote, Local: local, Temporary: temporary(local), DriveType: Fixed,
		Drive: `C:\`, Volume: `\\?\Volume{0f1e2d3c-0000-0000-0000-100000000000}\`, Serial: 0x1badcafe, Attributes: 0x80, Modified: modified,
		Transferred: size, Total: size, RemoteSize: size,
	}
	if size > 0 {
		f.Received = []Range{{0, size}}
	}
	return f
}

// Unstarted is the file before anything of it was transferred.
func (f File) Unstarted() File {
	f.Transferred, f.Total, f.RemoteSize, f.Received, f.Modified = 0, UnknownSize, UnknownSize, nil, time.Time{}
	return f
}

// temporary is the name of the file that BITS writes to before the job is complete: in the same folder.
func temporary(local string) string {
	dir := local
	for i := len(local) - 1; i >= 0; i-- {
		if local[i] == '\\' || local[i] == '/' {
			dir = local[:i+1]
			break
		}
	}
	return dir + "BIT" + hexUpper(noise(local, 2)) + ".tmp"
}

// Bytes is the file's record as the generation keeps it: in a row of its own, or within the job's record.
func (f File) Bytes(g Generation) []byte {
	w := &writer{}
	if g.Database {
		w.raw(fileMarker[:])
		if f.Upload {
			w.time(f.LocalTime)
		}
	}
	w.text(f.Local)
	w.text(f.Remote)
	w.text(f.Temporary)
	w.u64(f.Transferred)
	w.u64(f.Total)
	w.u8(f.Flag)
	w.text(f.Drive)
	w.text(f.Volume)
	w.u32(f.DriveType, f.Serial)
	w.u64(f.RemoteSize)
	w.u32(f.Attributes, 0)
	w.u8(0)
	w.u32(uint32(len(f.Wanted)))
	w.ranges(f.Wanted)
	w.time(f.Modified)
	f.progress(w, g)
	if g.Database {
		w.raw(fileMarker[:])
	}
	return w.b
}

// progress writes what was transferred once more, as BITS does.
func (f File) progress(w *writer, g Generation) {
	w.zero(16)
	if g.Database && f.Transferred > 0 && f.Transferred == f.Total {
		w.u32(1)
	} else {
		w.u32(0)
	}
	w.u64(f.Transferred)
	w.u64(0)
	if !g.Database {
		return
	}
	w.raw(fileInner[:])
	w.u8(1)
	w.zero(9)
	w.u64(uint64(len(f.Received)))
	w.ranges(f.Received)
	w.u64(0)
	w.raw(fileInner[:])
}

func (w *writer) ranges(list []Range) {
	for _, r := range list {
		w.u64(r.Offset)
		w.u64(r.Length)
	}
}
