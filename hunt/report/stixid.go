// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// Namespaces of UUIDs version 5 (RFC 9562, section 5.5). Observables have the one that STIX 2.1 gives them (section 2.9), so that
// all tools name the same address the same; everything else has our own, which STIX asks for.
var (
	stixObservables = uuidBytes("00abedb4-aa42-466c-9c01-fed23315a9b7")
	stixOurs        = uuidBytes("6f70656e-6269-5473-a875-6e7420535458")
)

func uuidBytes(text string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(b) != 16 {
		panic("no UUID: " + text)
	}
	return b
}

// uuid5 is the name-based UUID of a name.
func uuid5(namespace []byte, name string) string {
	h := sha1.New() //nolint:gosec // the version of UUID is defined with it
	h.Write(namespace)
	h.Write([]byte(name))
	b := h.Sum(nil)[:16]
	b[6] = b[6]&0x0f | 0x50
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// ourID is the id of an object of ours that these parts identify.
func ourID(kind string, parts ...string) string {
	name := kind
	for _, p := range parts {
		name += fmt.Sprintf("\x00%d\x00%s", len(p), p)
	}
	return kind + "--" + uuid5(stixOurs, name)
}

// observableID is the id of an observable: over the canonical JSON of the properties that identify it (STIX 2.1, section 2.9).
func observableID(kind string, properties map[string]string) string {
	var keys []string
	for k := range properties {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var b strings.Builder
	for i, k := range keys {
		b.WriteString(map[bool]string{true: "{", false: ","}[i == 0] + canonical(k) + ":" + canonical(properties[k]))
	}
	return kind + "--" + uuid5(stixObservables, b.String()+"}")
}

// canonical is a string in canonical JSON (RFC 8785, section 3.2.2.2).
func canonical(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(text, "\ufffd") {
		switch r {
		case '"', '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case '\b':
			b.WriteString(`\b`)
		case '\t':
			b.WriteString(`\t`)
		case '\n':
			b.WriteString(`\n`)
		case '\f':
			b.WriteString(`\f`)
		case '\r':
			b.WriteString(`\r`)
		default:
			if r < 0x20 || utf16.IsSurrogate(r) {
				fmt.Fprintf(&b, `\u%04x`, r)
			} else {
				b.WriteRune(r)
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}
