// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package esetest

import "encoding/binary"

const segment = 4096

// Log describes a log file.
type Log struct {
	Generation uint32
	Major      uint32 // 8 with segments, 7 without
	Records    [][]byte
}

// Bytes is the log file. Records that do not fit their segment are cut into fragments.
func (l Log) Bytes() []byte {
	b := make([]byte, segment)
	le := binary.LittleEndian
	le.PutUint32(b[4:], l.Generation)
	le.PutUint16(b[8:], segment)
	le.PutUint16(b[10:], 1)
	le.PutUint16(b[14:], 16384)
	copy(b[16:], []byte{1, 2, 3, 4, 5, 124})
	le.PutUint32(b[32:], l.Major)
	le.PutUint32(b[36:], 4000)
	le.PutUint32(b[44:], 0x10c)
	le.PutUint32(b[667:], 3)
	le.PutUint32(b, SumHeader(b))
	if l.Major < 8 {
		for _, r := range l.Records {
			b = append(b, r...)
		}
		return append(b, make([]byte, segment-len(b)%segment)...)
	}
	w := logWriter{out: b, generation: l.Generation}
	for _, r := range l.Records {
		w.record(r)
	}
	w.flush()
	return append(w.out, make([]byte, segment)...)
}

type logWriter struct {
	out        []byte
	generation uint32
	data       []byte // of the segment that is being filled
}

func (w *logWriter) left() int { return segment - 40 - len(w.data) }

func (w *logWriter) record(r []byte) {
	if len(r) <= w.left() {
		w.data = append(w.data, r...)
		return
	}
	if w.left() < 32 {
		w.flush()
	}
	head := append([]byte{76}, binary.LittleEndian.AppendUint32(nil, uint32(len(r)))...)
	for len(r) > 0 {
		n := min(len(r), w.left()-len(head)-2)
		w.data = append(w.data, head...)
		w.data = append(binary.LittleEndian.AppendUint16(w.data, uint16(n)), r[:n]...)
		r, head = r[n:], []byte{77}
		if w.left() == 0 {
			w.flush()
		}
	}
}

func (w *logWriter) flush() {
	if len(w.data) == 0 {
		return
	}
	b := make([]byte, segment)
	number := len(w.out) / segment
	binary.LittleEndian.PutUint16(b[10:], uint16(number))
	binary.LittleEndian.PutUint32(b[12:], w.generation)
	copy(b[40:], w.data)
	binary.LittleEndian.PutUint64(b, block(b, 8, uint32(number)))
	w.out, w.data = append(w.out, b...), nil
}

// Insert is a record of a node that was inserted in a page.
func Insert(page, object uint32, key, data []byte) []byte {
	le := binary.LittleEndian
	b := make([]byte, 50)
	b[0] = 29
	le.PutUint32(b[4:], page)
	le.PutUint64(b[8:], 11)
	le.PutUint64(b[16:], 10)
	le.PutUint32(b[40:], object)
	le.PutUint16(b[44:], uint16(len(key)))
	le.PutUint16(b[48:], uint16(len(data)))
	return append(append(b, key...), data...)
}
