// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || freebsd || darwin

package collect

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// seekWords are SEEK_DATA and SEEK_HOLE of lseek(2), which Apple numbers the other way round.
func seekWords() (data, hole int) {
	if runtime.GOOS == "darwin" {
		return 4, 3
	}
	return 3, 4
}

// extentsOf lists the parts of a file that have data. A file system that does not tell has one part.
func extentsOf(f *os.File, size int64) []Extent {
	data, hole := seekWords()
	var list []Extent
	for pos := int64(0); pos < size; {
		from, err := f.Seek(pos, data)
		switch {
		case err == nil:
		case endOfData(err):
			return list // nothing but a hole up to the end
		default:
			return addExtent(list, Extent{pos, size - pos}) // it does not tell: all of it may be data
		}
		to, err := f.Seek(from, hole)
		if err != nil || to > size || to <= from {
			to = size
		}
		list = addExtent(list, Extent{from, to - from})
		pos = to
	}
	return list
}

// endOfData reports whether lseek says that there is no data any more.
func endOfData(err error) bool { return errors.Is(err, syscall.ENXIO) }
