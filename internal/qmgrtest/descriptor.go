// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// System is the SID of the account that most services run as.
const System = "S-1-5-18"

// Integrity levels (RIDs of S-1-16).
const (
	Low         = 0x1000
	Medium      = 0x2000
	High        = 0x3000
	SystemLevel = 0x4000
)

// Descriptor is the security descriptor of a job. Empty parts are as BITS writes them.
type Descriptor struct {
	Owner     string // SID; empty: the job's owner
	Group     string // SID; empty: the owner
	Integrity uint32 // of the mandatory label; 0: the job's
	Access    []Access
}

// Access is an entry of a DACL.
type Access struct {
	Deny bool
	SID  string
}

// sacl is the size of the SACL's part, of which the one entry fills little.
const sacl = 0x3f0

// SID is the bytes of a SID. It panics on a text that is none.
func SID(text string) []byte {
	parts := strings.Split(text, "-")
	if len(parts) < 3 || parts[0] != "S" {
		panic("qmgrtest: " + text + " is no SID")
	}
	number := func(s string, bits int) uint64 {
		n, err := strconv.ParseUint(s, 10, bits)
		if err != nil {
			panic("qmgrtest: " + text + " is no SID")
		}
		return n
	}
	b := []byte{byte(number(parts[1], 8)), byte(len(parts) - 3)}
	b = append(b, binary.BigEndian.AppendUint64(nil, number(parts[2], 48))[2:]...)
	for _, p := range parts[3:] {
		b = binary.LittleEndian.AppendUint32(b, uint32(number(p, 32)))
	}
	return b
}

// defaultAccess is the DACL that BITS gives a job of an owner.
func (g Generation) defaultAccess(owner string) []Access {
	switch {
	case g.Database:
		return []Access{{true, "S-1-5-7"}, {false, owner}, {false, "S-1-5-32-544"}, {false, "S-1-5-32-580"}, {false, "S-1-15-2-1"}}
	case g.Cost:
		return []Access{{true, "S-1-5-7"}, {false, owner}, {false, "S-1-5-32-544"}, {false, "S-1-5-32-580"}}
	}
	return []Access{{true, "S-1-5-7"}, {true, "S-1-5-2"}, {false, owner}, {false, "S-1-5-32-544"}}
}

// bytes is the descriptor in self-relative form, mark in the rest of the SACL.
func (d Descriptor) bytes(j Job, g Generation, mark string) []byte {
	if d.Owner == "" {
		d.Owner = j.Owner
	}
	if d.Group == "" {
		d.Group = d.Owner
	}
	if d.Integrity == 0 {
		d.Integrity = j.Integrity
	}
	if d.Access == nil {
		d.Access = g.defaultAccess(j.Owner)
	}
	label := entry(0x11, 1, SID("S-1-16-"+strconv.Itoa(int(d.Integrity))))
	var entries []byte
	for _, a := range d.Access {
		kind := byte(0)
		if a.Deny {
			kind = 1
		}
		entries = append(entries, entry(kind, 0x000f003f, SID(a.SID))...)
	}
	owner, group := SID(d.Owner), SID(d.Group)
	dacl := 8 + len(entries)
	w := &writer{}
	w.raw([]byte{1, 0, 0x1f, 0x80})
	w.u32(uint32(20+sacl+dacl), uint32(20+sacl+dacl+len(owner)), 20, 20+sacl)
	w.raw([]byte{4, 0})
	w.u16(sacl)
	w.u32(1)
	w.raw(label)
	w.raw([]byte(mark))
	w.zero(20 + sacl - len(w.b))
	w.raw([]byte{2, 0})
	w.u16(uint16(dacl))
	w.u32(uint32(len(d.Access)))
	w.raw(entries)
	w.raw(owner)
	w.raw(group)
	return w.b
}

func entry(kind byte, mask uint32, sid []byte) []byte {
	w := &writer{b: []byte{kind, 0}}
	w.u16(uint16(8 + len(sid)))
	w.u32(mask)
	w.raw(sid)
	return w.b
}
