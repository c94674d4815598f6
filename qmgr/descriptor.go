// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Descriptor is a job's security descriptor ([MS-DTYP] 2.4.6).
type Descriptor struct {
	Revision byte
	Control  uint16
	Owner    string // SID
	Group    string // SID
	DACL     *ACL   // nil: there is none, so everybody may do everything
	SACL     *ACL
	Label    uint32 // RID of the mandatory label, when HasLabel
	HasLabel bool
	SDDL     string // in the security descriptor definition language ([MS-DTYP] 2.5.1)
	Fault    string // why it could not be read whole; "": it could
}

// ACL is an access control list ([MS-DTYP] 2.4.5).
type ACL struct {
	Revision byte
	Size     int // bytes, as the list states it
	Entries  []ACE
}

// ACE is an entry of a list ([MS-DTYP] 2.4.4).
type ACE struct {
	Type  byte // 0 allow, 1 deny, 2 audit, 0x11 mandatory label, …
	Flags byte
	Mask  uint32
	SID   string // "" where the type has none, or it is damaged
	Raw   []byte // the whole entry
}

// Types of entries, and bits of Control.
const (
	aceAllow, aceDeny, aceAudit, aceLabel = 0, 1, 2, 0x11

	controlDACL = 0x0004
	controlSACL = 0x0010
)

// parseDescriptor reads a self-relative descriptor. It always answers one, whose Fault says what is wrong with it.
func parseDescriptor(b []byte) *Descriptor {
	d := &Descriptor{}
	if len(b) < 20 {
		d.Fault = fmt.Sprintf("%d of 20 bytes of its header are there", len(b))
		return d
	}
	d.Revision, d.Control = b[0], binary.LittleEndian.Uint16(b[2:])
	if d.Revision != 1 {
		d.fault("its revision is %d, not 1", d.Revision)
	}
	at := func(i int) int { return int(binary.LittleEndian.Uint32(b[i:])) }
	d.Owner = d.sid("owner", b, at(4))
	d.Group = d.sid("group", b, at(8))
	if d.Control&controlSACL != 0 {
		d.SACL = d.acl("SACL", b, at(12))
	}
	if d.Control&controlDACL != 0 {
		d.DACL = d.acl("DACL", b, at(16))
	}
	if d.SACL != nil {
		for _, e := range d.SACL.Entries {
			if rid, ok := strings.CutPrefix(e.SID, "S-1-16-"); e.Type == aceLabel && ok && !d.HasLabel {
				if n, err := strconv.ParseUint(rid, 10, 32); err == nil {
					d.Label, d.HasLabel = uint32(n), true
				}
			}
		}
	}
	d.SDDL = d.sddl()
	return d
}

func (d *Descriptor) fault(format string, args ...any) {
	if d.Fault == "" {
		d.Fault = fmt.Sprintf(format, args...)
	}
}

// sid reads the SID at an offset; "" when the offset is 0 or nothing fits there.
func (d *Descriptor) sid(what string, b []byte, at int) string {
	if at == 0 {
		return ""
	}
	if at < 20 || at >= len(b) {
		d.fault("its %s lies at byte %d of %d", what, at, len(b))
		return ""
	}
	s, _ := parseSID(b[at:])
	if s == "" {
		d.fault("its %s at byte %d is no SID", what, at)
	}
	return s
}

// parseSID is the text of the SID that b begins with ([MS-DTYP] 2.4.2.1), and its size in bytes; "" when there is none.
func parseSID(b []byte) (string, int) {
	if len(b) < 8 || b[0] != 1 || b[1] > 15 || len(b) < 8+4*int(b[1]) {
		return "", 0
	}
	authority := uint64(binary.BigEndian.Uint16(b[2:]))<<32 | uint64(binary.BigEndian.Uint32(b[4:]))
	s := "S-1-" + strconv.FormatUint(authority, 10)
	if authority >= 1<<32 {
		s = fmt.Sprintf("S-1-0x%x", authority)
	}
	size := 8 + 4*int(b[1])
	for i := 8; i < size; i += 4 {
		s += "-" + strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b[i:])), 10)
	}
	return s, size
}

// acl reads the list at an offset, nil when the offset is 0.
func (d *Descriptor) acl(what string, b []byte, at int) *ACL {
	if at == 0 {
		return nil
	}
	a := &ACL{}
	if at < 20 || at+8 > len(b) {
		d.fault("its %s lies at byte %d of %d", what, at, len(b))
		return a
	}
	b = b[at:]
	a.Revision, a.Size = b[0], int(binary.LittleEndian.Uint16(b[2:]))
	count := int(binary.LittleEndian.Uint16(b[4:]))
	if a.Size > len(b) {
		d.fault("%d of the %d bytes of its %s are there", len(b), a.Size, what)
	}
	b = b[8:min(max(a.Size, 8), len(b))]
	for i := range count {
		if len(b) < 8 {
			d.fault("its %s has %d of %d entries", what, i, count)
			break
		}
		size := int(binary.LittleEndian.Uint16(b[2:]))
		if size < 8 || size > len(b) {
			d.fault("entry %d of its %s has %d bytes", i+1, what, size)
			break
		}
		e := ACE{Type: b[0], Flags: b[1], Mask: binary.LittleEndian.Uint32(b[4:]), Raw: b[:size:size]}
		if simpleACE(e.Type) {
			if e.SID, _ = parseSID(b[8:size]); e.SID == "" {
				d.fault("entry %d of its %s has no SID", i+1, what)
			}
		}
		a.Entries = append(a.Entries, e)
		b = b[size:]
	}
	return a
}

// simpleACE reports whether entries of a type are a mask and a SID, perhaps with more behind them.
func simpleACE(t byte) bool {
	switch t {
	case 0, 1, 2, 3, 9, 10, 13, aceLabel, 0x12, 0x13, 0x14:
		return true
	}
	return false
}
