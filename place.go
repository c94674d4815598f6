// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import (
	"path/filepath"
	"time"
)

// Folder is a destination folder whose existence was checked.
type Folder struct {
	Path   string // absolute, without symbolic links
	ID     string // identity of the folder on its volume, which outlives a reboot where the system allows
	Volume string // identity of the volume, by which space is counted
}

// Place is where a file goes: a name in a folder, and until then a hidden part file beside it.
type Place struct {
	Folder Folder
	Name   string // one path element
	Part   string // one path element: the part file's name
}

// Path is the final path of the file.
func (p Place) Path() string { return filepath.Join(p.Folder.Path, p.Name) }

// Space is the room on a folder's volume.
type Space struct {
	Volume string
	Free   int64 // bytes available to the owner
}

// Publication is one file on the way from its part file to its final name.
type Publication struct {
	Place     Place
	Inode     string    // identity of the part file, from PartFile.Identity
	Size      int64     // the part file must have it
	Mode      uint32    // permission bits of the published file
	Modified  time.Time // modification time to set; zero: leave it
	Overwrite bool      // replace what stands under the name
	// Background: as PartFile.SetBackground. A batch may hold both kinds.
	Background bool
}
