// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/openbits/openbits/ese/esetest"
)

// The two examples of [MS-XCA] 3.1, "Plain LZ77": the alphabet, and "abc" a hundred times.
var (
	xcaAlphabet = append([]byte{0x3f, 0, 0, 0}, "abcdefghijklmnopqrstuvwxyz"...)
	xcaRepeat   = []byte{0xff, 0xff, 0xff, 0x1f, 'a', 'b', 'c', 0x17, 0x00, 0x0f, 0xff, 0x26, 0x01}
)

// pack7 packs the low seven bits of each byte, as ESE does.
func pack7(scheme byte, text string) []byte {
	out := []byte{0}
	acc, bits := uint32(0), 0
	for _, c := range []byte(text) {
		acc |= uint32(c) << bits
		for bits += 7; bits >= 8; bits -= 8 {
			out = append(out, byte(acc))
			acc >>= 8
		}
	}
	if bits > 0 {
		out = append(out, byte(acc))
	} else {
		bits = 8
	}
	out[0] = scheme<<3 | byte(bits-1)
	return out
}

func TestDecompress(t *testing.T) {
	long := strings.Repeat("The quick brown fox. ", 40)
	for _, tc := range []struct {
		name string
		in   []byte
		want string
	}{
		{"alphabet", append([]byte{3 << 3, 26, 0}, xcaAlphabet...), "abcdefghijklmnopqrstuvwxyz"},
		{"repeat", append([]byte{3 << 3, 44, 1}, xcaRepeat...), strings.Repeat("abc", 100)},
		{"7-bit", pack7(1, long), long},
		{"7-bit, 1", pack7(1, "a"), "a"},
		{"7-bit, 8", pack7(1, "abcdefgh"), "abcdefgh"},
		{"7-bit, 9", pack7(1, "abcdefghi"), "abcdefghi"},
		{"7-bit Unicode", pack7(2, "abc"), string(esetest.UTF16("abc"))},
	} {
		got, err := Decompress(tc.in)
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: %q, %v", tc.name, got, err)
		}
	}
}

func TestDecompressDamaged(t *testing.T) {
	for _, tc := range []struct {
		in   []byte
		want string
		kind Kind
	}{
		{nil, "", KindCompressed},
		{[]byte{3 << 3, 1}, "", KindCompressed},
		{append([]byte{3 << 3, 44, 1}, xcaRepeat[:7]...), "abc", KindCompressed},
		{[]byte{3 << 3, 9, 0, 0, 0, 0, 0x80, 0, 0}, "", KindCompressed}, // a match before anything was written
		{[]byte{4 << 3, 'L', 'L'}, "", KindCompressed},
		{[]byte{5 << 3}, "", KindUnsupported},
		{[]byte{6 << 3}, "", KindUnsupported},
		{[]byte{31 << 3}, "", KindUnsupported},
	} {
		got, err := Decompress(tc.in)
		if string(got) != tc.want || !errors.Is(err, tc.kind) {
			t.Errorf("%x: %q, %v", tc.in, got, err)
		}
	}
	// What says to be huge is not made before it is there.
	if got, err := Decompress([]byte{3 << 3, 0xff, 0xff, 0, 0, 0, 0, 'x'}); !bytes.Equal(got, []byte("x")) || err == nil {
		t.Errorf("%q, %v", got, err)
	}
}
