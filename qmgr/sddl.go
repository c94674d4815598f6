// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"fmt"
	"strings"
)

// sidAliases are SIDs that SDDL has two letters for ([MS-DTYP] 2.5.1.1), as far as they do not depend on a domain.
var sidAliases = map[string]string{
	"S-1-0-0": "S-1-0-0", "S-1-1-0": "WD", "S-1-3-0": "CO", "S-1-3-1": "CG", "S-1-3-4": "OW",
	"S-1-5-2": "NU", "S-1-5-4": "IU", "S-1-5-6": "SU", "S-1-5-7": "AN", "S-1-5-9": "ED", "S-1-5-10": "PS", "S-1-5-11": "AU",
	"S-1-5-12": "RC", "S-1-5-18": "SY", "S-1-5-19": "LS", "S-1-5-20": "NS", "S-1-5-33": "WR",
	"S-1-5-32-544": "BA", "S-1-5-32-545": "BU", "S-1-5-32-546": "BG", "S-1-5-32-547": "PU", "S-1-5-32-548": "AO",
	"S-1-5-32-549": "SO", "S-1-5-32-550": "PO", "S-1-5-32-551": "BO", "S-1-5-32-552": "RE", "S-1-5-32-554": "RU",
	"S-1-5-32-555": "RD", "S-1-5-32-556": "NO", "S-1-5-32-558": "MU", "S-1-5-32-559": "LU", "S-1-5-32-568": "IS",
	"S-1-5-32-569": "CY", "S-1-5-32-573": "ER", "S-1-5-32-580": "RM", "S-1-15-2-1": "AC",
	"S-1-16-4096": "LW", "S-1-16-8192": "ME", "S-1-16-8448": "MP", "S-1-16-12288": "HI", "S-1-16-16384": "SI",
}

func sidAlias(sid string) string {
	if a := sidAliases[sid]; a != "" {
		return a
	}
	return sid
}

// aceTypes and aceFlags are the letters of an entry.
var aceTypes = map[byte]string{
	aceAllow: "A", aceDeny: "D", aceAudit: "AU", 3: "AL", 5: "OA", 6: "OD", 7: "OU", 9: "XA", 10: "XD", 11: "ZA", 13: "XU",
	aceLabel: "ML", 0x12: "RA", 0x13: "SP",
}

var aceFlags = []bit{{1, "OI"}, {2, "CI"}, {4, "NP"}, {8, "IO"}, {0x10, "ID"}, {0x40, "SA"}, {0x80, "FA"}}

// wholeMasks are masks that have letters of their own; rights are those of single bits.
var wholeMasks = map[uint32]string{
	0x10000000: "GA", 0x80000000: "GR", 0x40000000: "GW", 0x20000000: "GX", 0x1f01ff: "FA", 0x120089: "FR", 0x120116: "FW",
	0x1200a0: "FX", 0xf003f: "KA", 0x20019: "KR", 0x20006: "KW",
}

var rights = []bit{
	{0x1, "CC"},
	{0x2, "DC"},
	{0x4, "LC"},
	{0x8, "SW"},
	{0x10, "RP"},
	{0x20, "WP"},
	{0x40, "DT"},
	{0x80, "LO"},
	{0x100, "CR"},
	{0x10000, "SD"},
	{0x20000, "RC"},
	{0x40000, "WD"},
	{0x80000, "WO"},
	{0x10000000, "GA"},
	{0x20000000, "GX"},
	{0x40000000, "GW"},
	{0x80000000, "GR"},
}

var labelRights = []bit{{1, "NW"}, {2, "NR"}, {4, "NX"}}

// sddl writes the descriptor as text.
func (d *Descriptor) sddl() string {
	var s strings.Builder
	if d.Owner != "" {
		s.WriteString("O:" + sidAlias(d.Owner))
	}
	if d.Group != "" {
		s.WriteString("G:" + sidAlias(d.Group))
	}
	if d.DACL != nil {
		s.WriteString("D:" + controlLetters(d.Control, 0x1000, 0x0100, 0x0400) + aclText(d.DACL))
	} else if d.Control&controlDACL != 0 {
		s.WriteString("D:NO_ACCESS_CONTROL")
	}
	if d.SACL != nil {
		s.WriteString("S:" + controlLetters(d.Control, 0x2000, 0x0200, 0x0800) + aclText(d.SACL))
	}
	return s.String()
}

func controlLetters(control, protected, inheritReq, inherited uint16) string {
	s := ""
	if control&protected != 0 {
		s += "P"
	}
	if control&inheritReq != 0 {
		s += "AR"
	}
	if control&inherited != 0 {
		s += "AI"
	}
	return s
}

func aclText(a *ACL) string {
	var s strings.Builder
	for _, e := range a.Entries {
		kind, ok := aceTypes[e.Type]
		if !ok {
			kind = fmt.Sprintf("0x%x", e.Type)
		}
		fmt.Fprintf(&s, "(%s;%s;%s;;;%s)", kind, letters(uint32(e.Flags), aceFlags), e.rights(), sidAlias(e.SID))
	}
	return s.String()
}

func (e ACE) rights() string {
	if e.Type == aceLabel {
		return letters(e.Mask, labelRights)
	}
	if s, ok := wholeMasks[e.Mask]; ok {
		return s
	}
	return letters(e.Mask, rights)
}

// letters joins the names of bits; the whole word in hex when a bit has none.
func letters(word uint32, bits []bit) string {
	var s strings.Builder
	rest := word
	for _, b := range bits {
		if rest&b.mask != 0 {
			s.WriteString(b.name)
			rest &^= b.mask
		}
	}
	if rest != 0 {
		return fmt.Sprintf("0x%x", word)
	}
	return s.String()
}
