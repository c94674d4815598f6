// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import "crypto/sha256"

// Protected is a DPAPI blob: its frame, with noise where the ciphertext would be.
type Protected struct {
	Plain       uint32 // bytes within, as the record states it
	MasterKey   string // GUID
	Description string // in clear
	Raw         []byte // the whole blob, instead of all that
}

// Headers is what a job with custom HTTP headers of n bytes has.
func Headers(n uint32) *Protected {
	return &Protected{Plain: n, MasterKey: "0f4e1a52-4b1f-4f0e-9a67-2f1d6b7c8d90", Description: "BITS Job Custom headers"}
}

// bytes is the blob: AES-256 and SHA-512 as Windows 7 and later choose.
func (p Protected) bytes() []byte {
	if p.Raw != nil {
		return p.Raw
	}
	w := &writer{}
	w.u32(1)
	w.raw([]byte{0xd0, 0x8c, 0x9d, 0xdf, 0x01, 0x15, 0xd1, 0x11, 0x8c, 0x7a, 0x00, 0xc0, 0x4f, 0xc2, 0x97, 0xeb})
	w.u32(1)
	key := GUID(p.MasterKey)
	w.raw(key[:])
	text := utf16le(p.Description + "\x00")
	w.u32(0, uint32(len(text)))
	w.raw(text)
	w.u32(0x6610, 256, 32)
	w.raw(noise("salt", 32))
	w.u32(0, 0x800e, 512, 32)
	w.raw(noise("hmac", 32))
	n := p.Plain/16*16 + 16
	w.u32(n)
	w.raw(noise("data", int(n)))
	w.u32(64)
	w.raw(noise("sign", 64))
	return w.b
}

// noise is n bytes without a pattern, always the same for a seed.
func noise(seed string, n int) []byte {
	var b []byte
	for sum := sha256.Sum256([]byte(seed)); len(b) < n; sum = sha256.Sum256(sum[:]) {
		b = append(b, sum[:]...)
	}
	return b[:n]
}
