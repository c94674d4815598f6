// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// options are the proxy and what follows it, up to the custom headers.
type options struct {
	list, bypass string
	acl          uint32
	headers      *Protected
	flags        int // where the bytes lie that are not known: one before the word of the ACL flags, three after it
	end          int
}

func (d *jobDecoder) proxy() {
	j := d.job
	j.ProxyUsage = d.u32("proxy usage")
	if d.ok() && j.ProxyUsage > 3 {
		d.at -= 4
		d.fail("proxy usage", "it is %d", j.ProxyUsage)
		return
	}
	// No sample has a proxy list. Either each text follows its own flag, as elsewhere in the record, or both flags come first.
	c := d.trial(d.at)
	o := readOptions(c, false)
	if !c.ok() || !d.securityAt(c.at) {
		other := d.trial(d.at)
		if p := readOptions(other, true); other.ok() && d.securityAt(other.at) {
			c, o = other, p
		}
	}
	j.ProxyList, j.ProxyBypass, j.ACLFlags, j.Headers = o.list, o.bypass, o.acl, o.headers
	d.fault, d.short = c.fault, c.short
	d.at = c.at
	if !d.ok() {
		return
	}
	d.raw("before_acl_flags", o.flags, o.flags+1)
	d.raw("after_acl_flags", o.flags+5, o.flags+8)
	if !d.securityAt(d.at) { // an option that is not known
		for at := d.at + 1; at < min(len(d.b), d.at+16384); at++ {
			if d.securityAt(at) {
				d.raw("unknown_option", d.at, at)
				d.at = at
				return
			}
		}
	}
}

func readOptions(c *cursor, flagsFirst bool) options {
	var o options
	switch {
	case flagsFirst:
		list, bypass := c.flag("presence of a proxy list"), c.flag("presence of a proxy bypass list")
		if list {
			o.list = c.text("proxy list")
		}
		if bypass {
			o.bypass = c.text("proxy bypass list")
		}
	default:
		if c.flag("presence of a proxy list") {
			o.list = c.text("proxy list")
		}
		if c.flag("presence of a proxy bypass list") {
			o.bypass = c.text("proxy bypass list")
		}
	}
	o.flags = c.at
	c.u8("byte before the ACL flags")
	o.acl = c.u32("file ACL flags")
	c.take("bytes after the ACL flags", 3)
	if c.flag("presence of custom headers") {
		plain := c.u32("size of the custom headers")
		c.u32("word before the custom headers")
		size := c.u32("size of the sealed custom headers")
		h := &Protected{Offset: c.at, Size: int(size), PlainSize: int(plain)}
		start := c.at
		b := c.take("custom headers", int(size))
		if c.short {
			b = c.b[start:]
		}
		if c.ok() || c.short {
			h.MasterKey, h.Description, _ = parseDPAPI(b)
			o.headers = h
		}
	}
	o.end = c.at
	return o
}

// securityAt looks whether SectionSecurity can begin at a place: the bytes before its flags are the same in all samples.
func (d *jobDecoder) securityAt(at int) bool {
	b := d.b
	if at+24 > len(b) {
		return at <= len(b)
	}
	b = b[at:]
	for i, x := range b[:24] {
		if want := i == 4 || i == 14; x > 1 || (x == 1) != want {
			return false
		}
	}
	return len(b) < 28 || binary.LittleEndian.Uint32(b[24:])>>16 == 0
}

func (d *jobDecoder) security() {
	j := d.job
	before := d.at
	usual := d.securityAt(before)
	d.take("bytes before the security flags", 24)
	if d.ok() && !usual {
		d.raw("before_security_flags", before, d.at)
	}
	j.SecurityFlags = d.u32("security flags")
	if d.ok() && !d.live && j.SecurityFlags>>16 != 0 {
		d.fail("security flags", "%#x are none", j.SecurityFlags)
		return
	}
	d.keep("after_security_flags", 4)
	j.MaxDownloadTime = d.u32("maximum download time")
	d.keep("after_max_download_time", 8)
	if _, ok := d.nextMarker(); ok && j.Form == FormLegacy || d.peek(j.Marker) {
		return // Windows 7
	}
	j.CostPolicy = d.u32("cost policy")
}

// programSearch bounds how far from where it is expected the creator's image is looked for.
const programSearch = 4096

// afterImage are the four words between the creator's image and the HTTP method, in all samples.
var afterImage = []byte{3, 0, 0, 0, 0x12, 0, 0, 0, 3, 0, 0, 0, 0x13, 0, 0, 0}

// program reads what only databases hold: the package and image of the program that made the job, method, service.
func (d *jobDecoder) program() {
	d.packaged()
	start := d.at
	image := d.findProgram(start)
	switch {
	case !d.ok():
		return
	case image < 0 && len(d.b)-start < 64:
		d.take("creator's image", 64)
		return
	case image < 0:
		d.fail("creator's image", "it was not found")
		return
	}
	d.raw("before_creator_image", start, image)
	d.at = image
	d.readProgram()
}

func (d *jobDecoder) readProgram() {
	j := d.job
	j.CreatorImage = d.text("creator's image")
	if at := d.at; d.take("words after the creator's image", 16) != nil && !bytes.Equal(d.b[at:d.at], afterImage) {
		d.raw("after_creator_image", at, d.at)
	}
	j.Method = d.text("HTTP method")
	d.keep("after_method", 3)
	j.Service = d.text("service")
	d.keep("after_service", 1)
}

// packaged reads the GUIDs and the package that lie before the creator's image: a GUID; then 1 and a GUID, or, of packaged programs,
// 0, three entries that begin with 1 (family name, application, a word) and a GUID. It moves on only as far as this holds.
func (d *jobDecoder) packaged() {
	c := d.trial(d.at)
	start := c.at
	c.take("bytes after the cost policy", 42)
	c.u8("flag")
	c.guid("first GUID")
	if !c.ok() {
		return
	}
	d.raw("after_cost_policy", start, start+42)
	d.raw("flag_and_guid", start+42, c.at)
	d.at = c.at
	if c.u8("presence of a second GUID") == 1 {
		c.guid("second GUID")
	} else if entry(c) {
		family := c.text("package family name")
		if !c.ok() {
			return
		}
		d.job.Package, d.at = family, c.at
		if entry(c) {
			if app := c.text("application id"); c.ok() {
				d.job.Application, d.at = app, c.at
			}
		}
		if from := c.at; entry(c) {
			c.u32("word of the package")
			c.guid("second GUID")
			d.raw("word_of_package", from, c.at)
		}
	}
	if c.ok() {
		d.at = c.at
	}
}

// entry reads the 1 that an entry of a package begins with. A 0 before it is passed over.
func entry(c *cursor) bool {
	if t := c.trial(c.at); t.u8("") == 0 && t.u8("") == 1 && t.ok() {
		c.at++
	}
	return c.flag("presence of an entry of the package") && c.ok()
}

// findProgram finds the text that is the creator's image: by the words that follow it, else by its look. It is -1 when there is none.
func (d *jobDecoder) findProgram(from int) int {
	if from >= len(d.b) {
		return -1
	}
	window := d.b[from:min(len(d.b), from+programSearch+2*maxText)]
	if i := bytes.Index(window, afterImage); i >= 0 {
		if at := textBefore(d.b, from, from+i); at >= 0 {
			return at
		}
	}
	tries := 0
	for at := from; at < min(len(d.b)-8, from+programSearch) && tries < maxTries; at++ {
		if !looksLikeText(d.b[at:]) {
			continue
		}
		tries++
		c := d.trial(at)
		if s := c.text("creator's image"); (c.ok() || c.short) && strings.Contains(s, `\`) && len(printable(c.b[at+4:])) >= len(s) {
			return at
		}
	}
	return -1
}

// maxTries bounds how many texts are looked at in one search.
const maxTries = 64

// looksLikeText is a quick look: a count, a first character that a path or URL can begin with, and a NUL at the end if that is there.
func looksLikeText(b []byte) bool {
	if len(b) < 12 {
		return false
	}
	n := binary.LittleEndian.Uint32(b)
	if n < 3 || n > maxText || b[5] != 0 || b[4] <= ' ' || b[4] > '~' {
		return false
	}
	end := 4 + 2*int(n)
	return end > len(b) || b[end-1]|b[end-2] == 0
}

// textBefore finds the text that ends at a place: its count says how long it is.
func textBefore(b []byte, from, end int) int {
	for n := 0; n <= maxText; n++ {
		at := end - 4 - 2*n
		if at < from {
			return -1
		}
		if binary.LittleEndian.Uint32(b[at:]) == uint32(n) && (n == 0 || b[end-1]|b[end-2] == 0) {
			return at
		}
	}
	return -1
}
