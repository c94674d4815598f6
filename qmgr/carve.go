// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"io"
	"iter"
)

// Found is a job or a file.
type Found struct {
	Job  *Job // with its files where the record holds them
	File *File
}

// Carve finds records by their marks in anything: unallocated space, an image of a disk or of memory, a swap file. The input is
// read once, from its beginning to its end, and some megabytes of it are held. A part that cannot be read is an error, and the
// rest follows. Records come in the order of their places, and are not compared with each other: copies come again. What
// Options say of a number of records is not heeded.
func Carve(r io.ReaderAt, size int64, o Options) iter.Seq2[Found, error] {
	return func(yield func(Found, error) bool) {
		s := sweep{
			r: r, size: size, marks: newMarks(),
			emit: func(j *Job, f *File, _ []byte) bool {
				if j == nil {
					f.Place.Layer = LayerCarved
					return yield(Found{File: f}, nil)
				}
				if j.HeadLost && !o.Fragments {
					return true
				}
				j.Place.Layer = LayerCarved
				for _, t := range j.Files {
					t.File.Place.Layer = LayerCarved
				}
				return yield(Found{Job: j}, nil)
			},
			fail: func(err error) bool { return yield(Found{}, err) },
		}
		s.run()
	}
}
