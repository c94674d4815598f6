// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import "hash/crc32"

// Queue is a queue file: qmgr0.dat or qmgr1.dat.
type Queue struct {
	Generation Generation
	Jobs       []Job
	Over       []Job // an older, longer queue, which this one was written over: its end survives behind this one's
}

// Bytes is the file. It begins and ends with FileVersion instead of a version that Windows knows.
func (q Queue) Bytes() []byte { return q.encode(FileVersion, Mark) }

func (q Queue) encode(version, mark string) []byte {
	w := &writer{}
	w.raw([]byte(version))
	if q.Generation.Padded {
		w.zero(8)
	}
	w.raw(fileMagic[:])
	w.raw(queueMarker[:])
	w.u32(uint32(len(q.Jobs)))
	for _, j := range q.Jobs {
		w.raw(j.encode(q.Generation, mark))
	}
	w.raw(queueMarker[:])
	w.raw(queueMarker[:])
	w.u32(0)
	w.raw(queueMarker[:])
	w.raw(fileMagic[:])
	w.raw([]byte(version))
	if q.Generation.Padded {
		w.u32(crc32.ChecksumIEEE(w.b))
	}
	if q.Over != nil {
		old := Queue{Generation: q.Generation, Jobs: q.Over}.encode(version, mark)
		if len(old) > len(w.b) {
			w.raw(old[len(w.b):])
		}
	}
	const unit = 16384
	w.zero((unit - len(w.b)%unit) % unit)
	return w.b
}
