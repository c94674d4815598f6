// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"io"
	"os"
)

// Extent is a part of a file that has data; between two of them is a hole, which reads as zeros.
type Extent struct{ Offset, Size int64 }

// Of is the part of r.
func (e Extent) Of(r io.ReaderAt) io.ReaderAt { return io.NewSectionReader(r, e.Offset, e.Size) }

// smallHole is a hole, in bytes, that is read rather than skipped: a record may go on behind it.
const smallHole = 1 << 20

// addExtent appends e, or makes the last one longer when the hole between them is small.
func addExtent(list []Extent, e Extent) []Extent {
	if n := len(list); n > 0 {
		last := &list[n-1]
		if e.Offset-(last.Offset+last.Size) < smallHole {
			last.Size = e.Offset + e.Size - last.Offset
			return list
		}
	}
	return append(list, e)
}

// manyHoles is from how many bytes of holes on a file is read without them. Below it all is read and hashed, so that the
// hash is the one that every other tool gets.
const manyHoles = 1 << 30

// dataOf lists what is read of a file.
func dataOf(f *os.File, size int64) []Extent {
	if size >= manyHoles {
		if list := extentsOf(f, size); size-dataIn(list) >= manyHoles {
			return list
		}
	}
	return []Extent{{0, size}}
}

// dataIn counts the bytes of extents.
func dataIn(list []Extent) (n int64) {
	for _, e := range list {
		n += e.Size
	}
	return n
}
