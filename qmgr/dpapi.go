// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"bytes"
	"strings"
)

// credentials notes blobs of DPAPI that are not the custom headers: what BITS keeps of SetCredentials, or of another option
// whose place is not known.
func (d *jobDecoder) credentials() {
	b := d.b[:d.at]
	for at := 0; ; {
		i := bytes.Index(b[at:], dpapiProvider[:])
		if i < 0 {
			return
		}
		start := at + i - 4
		at += i + 16
		if h := d.job.Headers; start < 0 || h != nil && start >= h.Offset && start < h.Offset+h.Size {
			continue
		}
		key, text, size := parseDPAPI(b[start:])
		d.job.Credentials = append(d.job.Credentials, Protected{Offset: start, Size: size, MasterKey: key, Description: text})
	}
}

// parseDPAPI reads what a blob of CryptProtectData shows in clear: the master key's id and a description. size is that of the
// whole blob, or of what is there of it. Source: published research on DPAPI's format (dpapick, mimikatz, impacket agree).
func parseDPAPI(b []byte) (key GUID, description string, size int) {
	c := cursor{b: b}
	c.u32("version")
	c.marker("provider", dpapiProvider)
	c.u32("version of the master key")
	key = c.guid("master key")
	c.u32("flags")
	text := c.take("description", int(min(c.u32("size of the description"), 1<<16)))
	description = strings.TrimRight(printable(text), "\x00")
	c.take("cipher", 8)
	for _, part := range [...]string{"salt", "key of the MAC", "", "MAC", "content", "signature"} {
		if part == "" {
			c.take("hash", 8)
			continue
		}
		c.take(part, int(min(c.u32("size of the "+part), 1<<24)))
	}
	if !c.ok() {
		return key, description, len(b)
	}
	return key, description, c.at
}
