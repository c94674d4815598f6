// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect_test

import (
	"encoding/binary"
	"unicode/utf16"
)

// hiveMaker builds a hive of the registry, cell by cell.
type hiveMaker struct{ b []byte }

func (h *hiveMaker) cell(content []byte) uint32 {
	off := uint32(len(h.b) - 4096)
	size := (len(content) + 4 + 7) &^ 7
	cell := make([]byte, size)
	binary.LittleEndian.PutUint32(cell, uint32(-int32(size)))
	copy(cell[4:], content)
	h.b = append(h.b, cell...)
	return off
}

type hiveKey struct {
	name   string
	keys   []hiveKey
	values map[string][]byte
}

func (h *hiveMaker) key(k hiveKey) uint32 {
	le := binary.LittleEndian
	list := []byte("lh\x00\x00")
	le.PutUint16(list[2:], uint16(len(k.keys)))
	for _, c := range k.keys {
		list = le.AppendUint32(list, h.key(c))
		list = le.AppendUint32(list, 0)
	}
	keys := h.cell(list)
	var values []byte
	for name, data := range k.values {
		v := make([]byte, 20, 20+len(name))
		copy(v, "vk")
		le.PutUint16(v[2:], uint16(len(name)))
		v[16] = 1
		if len(data) <= 4 {
			le.PutUint32(v[4:], uint32(len(data))|0x80000000)
			copy(v[8:], data)
		} else {
			le.PutUint32(v[4:], uint32(len(data)))
			le.PutUint32(v[8:], h.cell(data))
		}
		values = le.AppendUint32(values, h.cell(append(v, name...)))
	}
	n := make([]byte, 76)
	copy(n, "nk")
	n[2] = 0x20
	le.PutUint32(n[20:], uint32(len(k.keys)))
	le.PutUint32(n[28:], keys)
	le.PutUint32(n[36:], uint32(len(k.values)))
	le.PutUint32(n[40:], h.cell(values))
	le.PutUint16(n[72:], uint16(len(k.name)))
	return h.cell(append(n, k.name...))
}

// systemHive is the part SYSTEM of a computer of that name; another control set has another name.
func systemHive(name string) []byte {
	set := func(set, name string) hiveKey {
		var text []byte
		for _, u := range append(utf16.Encode([]rune(name)), 0) {
			text = binary.LittleEndian.AppendUint16(text, u)
		}
		return hiveKey{name: set, keys: []hiveKey{{name: "Control", keys: []hiveKey{{name: "ComputerName", keys: []hiveKey{
			{name: "ComputerName", values: map[string][]byte{"ComputerName": text}},
		}}}}}}
	}
	h := &hiveMaker{b: make([]byte, 4096)}
	copy(h.b, "regf")
	root := h.key(hiveKey{name: "ROOT", keys: []hiveKey{
		set("ControlSet001", "STALE"), set("ControlSet002", name), {name: "Select", values: map[string][]byte{"Current": {2, 0, 0, 0}}},
	}})
	binary.LittleEndian.PutUint32(h.b[36:], root)
	return h.b
}
