// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"encoding/binary"
	"maps"
	"slices"
	"sync"
)

// marks is a set of markers that are searched for together (Wu and Manber, 1994): the last two bytes of the place where a
// marker may lie tell how far the search can jump.
type marks struct {
	shift  [1 << 16]uint8
	bucket map[uint16][]GUID
}

// newMarks makes the set of the markers of jobs, files and transfers, and of more.
func newMarks(more ...GUID) *marks {
	m := *standardMarks()
	m.bucket = maps.Clone(m.bucket)
	for _, g := range more {
		m.add(g)
	}
	return &m
}

var standardMarks = sync.OnceValue(func() *marks {
	m := &marks{bucket: map[uint16][]GUID{}}
	for i := range m.shift {
		m.shift[i] = 15
	}
	for _, k := range jobMarkers {
		m.add(k.marker)
	}
	m.add(transferMarker)
	m.add(fileMarker)
	return m
})

func (m *marks) add(g GUID) {
	last := binary.LittleEndian.Uint16(g[14:])
	for _, have := range m.bucket[last] {
		if have == g {
			return
		}
	}
	m.bucket[last] = append(slices.Clip(m.bucket[last]), g) // the standard set may share it
	for i := range 15 {
		block := binary.LittleEndian.Uint16(g[i:])
		m.shift[block] = min(m.shift[block], uint8(14-i))
	}
}

// each calls found for each marker that begins in b at from or later, in their order, until it answers false.
func (m *marks) each(b []byte, from int, found func(at int, g GUID) bool) {
	for end := from + 14; end+2 <= len(b); {
		block := binary.LittleEndian.Uint16(b[end:])
		if s := m.shift[block]; s > 0 {
			end += int(s)
			continue
		}
		at := end - 14
		for _, g := range m.bucket[block] {
			if GUID(b[at:at+16]) != g {
				continue
			}
			if !found(at, g) {
				return
			}
			break
		}
		end++
	}
}
