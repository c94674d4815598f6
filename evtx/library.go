// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"encoding/binary"
	"sync"
)

// library has the template definitions of a log by the part of their GUID that records name them by. A record whose own definition was
// overwritten is read with the same one from elsewhere: each chunk that uses a template has a copy of it.
type library struct {
	mu   sync.Mutex
	byID map[uint32]*template // nil: there are several of that id, so that none can be lent
	size int
}

// maxLibrary bounds the binary XML of all definitions that are kept, in bytes.
const maxLibrary = 4 << 20

// lend finds a definition. The first call reads the whole log for them.
func (l *Log) lend(id uint32) *template {
	l.once.Do(func() {
		for _, c := range l.chunks {
			if data, err := l.read(c.Offset, chunkSize); err == nil {
				d := l.document(data, 0, c.Offset, c.Number)
				d.lend = func(uint32) *template { return nil }
				l.lib.learn(d)
			}
		}
	})
	return l.lib.find(id)
}

func (b *library) find(id uint32) *template {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.byID[id]
}

// learn adds the definitions that the tables of a chunk lead to.
func (b *library) learn(d *document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range tmplCount {
		if tmplTable+4*i+4 > len(d.data) {
			return
		}
		offset := binary.LittleEndian.Uint32(d.data[tmplTable+4*i:])
		for range chunkSize / definitionHead { // a chain that leads back into itself ends
			at, ok := d.at(offset)
			if offset < chunkHead || !ok || at+definitionHead > len(d.data) || d.templates[offset] != nil {
				break
			}
			if t, _ := d.define(offset); t != nil && t.err == nil {
				b.add(t)
			}
			offset = binary.LittleEndian.Uint32(d.data[at:])
		}
	}
}

func (b *library) add(t *template) {
	b.mu.Lock()
	defer b.mu.Unlock()
	known, ok := b.byID[t.id()]
	switch {
	case !ok && b.size+t.size > maxLibrary:
	case !ok:
		if b.byID == nil {
			b.byID = map[uint32]*template{}
		}
		b.byID[t.id()] = t
		b.size += t.size
	case known != nil && known.guid != t.guid:
		b.byID[t.id()] = nil
	}
}
