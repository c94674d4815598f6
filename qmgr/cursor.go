// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/openbits/openbits/ese"
)

// maxText is the longest text that is believed, in UTF-16 units.
const maxText = 32768

// cursor reads a record from its beginning to its end. The first thing that does not fit stops it: from then on it answers
// zero values, and fault says why.
type cursor struct {
	b     []byte
	at    int
	fault string
	short bool // the fault is that the bytes end
}

func (c *cursor) ok() bool { return c.fault == "" }

func (c *cursor) fail(what, format string, args ...any) {
	if c.fault == "" {
		c.fault = fmt.Sprintf("%s at byte %d: %s", what, c.at, fmt.Sprintf(format, args...))
	}
}

// take is the next n bytes, nil when they are not there.
func (c *cursor) take(what string, n int) []byte {
	if c.fault != "" {
		return nil
	}
	if n < 0 || n > len(c.b)-c.at {
		c.fail(what, "%d of %d bytes are there", len(c.b)-c.at, n)
		c.short = true
		return nil
	}
	b := c.b[c.at : c.at+n : c.at+n]
	c.at += n
	return b
}

func (c *cursor) u8(what string) byte {
	if b := c.take(what, 1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) u32(what string) uint32 {
	if b := c.take(what, 4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64(what string) uint64 {
	if b := c.take(what, 8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (c *cursor) guid(what string) GUID {
	if b := c.take(what, 16); b != nil {
		return GUID(b)
	}
	return GUID{}
}

// flag reads a byte that can only be 0 or 1.
func (c *cursor) flag(what string) bool {
	v := c.u8(what)
	if v > 1 {
		c.at--
		c.fail(what, "it is %d, neither 0 nor 1", v)
	}
	return v == 1
}

// text reads a count of UTF-16 units and as many units, of which the last is NUL. Where the bytes end before the text does it
// answers what there is of it.
func (c *cursor) text(what string) string {
	start := c.at
	n := c.u32(what)
	if c.ok() && n > maxText {
		c.at = start
		c.fail(what, "it cannot have %d characters", n)
	}
	if c.ok() && 2*int(n) > len(c.b)-c.at {
		text := printable(c.b[c.at:])
		c.take(what, 2*int(n))
		return text
	}
	b := c.take(what, 2*int(n))
	if len(b) == 0 {
		return ""
	}
	units := make([]uint16, n)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	if units[n-1] != 0 {
		c.at = start
		c.fail(what, "it does not end where it should")
		return ""
	}
	return string(utf16.Decode(units[:n-1]))
}

// printable is the UTF-16 text that b begins with, up to the first character that no name or URL has.
func printable(b []byte) string {
	var units []uint16
	for ; len(b) >= 2; b = b[2:] {
		u := binary.LittleEndian.Uint16(b)
		if u < 0x20 || u >= 0xe000 && u < 0xf900 || u >= 0xfff0 {
			break
		}
		units = append(units, u)
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\ufffd")
}

// time reads a FILETIME; the zero time for 0.
func (c *cursor) time(what string) time.Time {
	word := c.u64(what)
	if word == 0 {
		return time.Time{}
	}
	t, ok := ese.FileTime(word)
	if c.ok() && !ok {
		c.at -= 8
		c.fail(what, "%#x is no time", word)
	}
	return t
}

// peek reports whether a marker comes next.
func (c *cursor) peek(m GUID) bool {
	return c.fault == "" && len(c.b)-c.at >= 16 && GUID(c.b[c.at:c.at+16]) == m
}

// marker reads a marker that must come next.
func (c *cursor) marker(what string, m GUID) {
	if c.fault == "" && len(c.b)-c.at >= 16 && !c.peek(m) {
		c.fail(what, "it is not there")
		return
	}
	c.take(what, 16)
}

// trial is a copy to look ahead with.
func (c *cursor) trial(at int) *cursor { return &cursor{b: c.b, at: at} }

// u32at is the number at a place, 0 beyond the end.
func (c *cursor) u32at(at int) uint32 {
	if at < 0 || at+4 > len(c.b) {
		return 0
	}
	return binary.LittleEndian.Uint32(c.b[at:])
}

func zero(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b) != 0 {
			return false
		}
		b = b[8:]
	}
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}

// The times that are believed: BITS appeared in 2001.
var (
	earliest = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

func believable(t time.Time) bool { return !t.Before(earliest) && t.Before(latest) }
