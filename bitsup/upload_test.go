// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup_test

import (
	"strings"
	"testing"

	"github.com/openbits/openbits/bitsup"
)

// TestUpload is the worked exchange of docs/protocol-bits-upload.md: two fragments, the Ack of the first lost.
func TestUpload(t *testing.T) {
	s := newSite(t, bitsup.Options{})
	content := strings.Repeat("0123456789", 1000)
	w := s.dial()
	id := w.create("/a.bin")
	w.fragment("/a.bin", id, 0, 10000, content[:5120]).want(t, 200, 5120)
	s.absent("a.bin")
	w = s.dial()
	w.send(request("/a.bin", "", "BITS-Packet-Type: Ping", "Content-Length: 0")).want(t, 200)
	w.fragment("/a.bin", id, 0, 10000, content[:5120]).want(t, 416, 5120)
	w.fragment("/a.bin", id, 5120, 10000, content[5120:]).want(t, 200, 10000)
	s.is("a.bin", content)
	w.close("/a.bin", id).want(t, 200)
	s.is("a.bin", content)
}
