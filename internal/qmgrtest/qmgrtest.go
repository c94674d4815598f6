// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package qmgrtest builds what Windows' BITS leaves behind, for tests: job and file records, queue files (qmgr0.dat), databases
// (qmgr.db) and event logs, for each generation of Windows, and whole cases of them, malicious and benign. No queue of a real
// attack is public, so tests of a hunt need built ones.
//
// The layout is that of real records: a test feeds the encoder with the values of each real record at hand and wants its exact
// bytes back. docs/formats/qmgr.md says what is known of it. No code is shared with package qmgr, so that a mistake in one does
// not hide in the other.
//
// # Of no use for anything else
//
// Nothing that is built can be put in place of a queue of Windows:
//
//   - A queue file begins and ends with FileVersion, which is no version that Windows knows. BITS starts with an empty queue when
//     it finds such a file.
//   - A database is in the state "being converted", which the database engine attaches never; or, where a case needs a dirty one,
//     it needs logs that do not exist. Its space trees are blank and its catalog lacks the indexes that the engine looks tables
//     up with. The signature names the computer "openbits test".
//   - A job record has Mark in the unused part of its security descriptor's SACL, which readers pass over.
//
// Programs in the cases are names only, and nothing is ever run or fetched. Hosts are from RFC 2606 and RFC 5737, but where a
// case is about a named service or product.
package qmgrtest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// Mark is the text in the security descriptor of each job record that is built.
const Mark = "openbits test data"

// FileVersion stands where a queue file has the GUID of its version.
const FileVersion = "openbits-testing"

// Computer is the computer's name in the signature of a database that is built.
const Computer = "openbits test"

// UnknownSize is the size of a file that BITS does not know yet.
const UnknownSize = ^uint64(0)

// writer writes values in the form that records have: little-endian, texts with their length in UTF-16 units.
type writer struct{ b []byte }

func (w *writer) raw(b []byte) { w.b = append(w.b, b...) }
func (w *writer) zero(n int)   { w.b = append(w.b, make([]byte, n)...) }
func (w *writer) u8(v byte)    { w.b = append(w.b, v) }
func (w *writer) u16(v uint16) { w.b = binary.LittleEndian.AppendUint16(w.b, v) }
func (w *writer) u64(v uint64) { w.b = binary.LittleEndian.AppendUint64(w.b, v) }

func (w *writer) u32(values ...uint32) {
	for _, v := range values {
		w.b = binary.LittleEndian.AppendUint32(w.b, v)
	}
}

func (w *writer) time(t time.Time) { w.u64(FileTime(t)) }

// text writes a text with its NUL, and before it how many UTF-16 units that is.
func (w *writer) text(s string) {
	b := utf16le(s + "\x00")
	w.u32(uint32(len(b) / 2))
	w.raw(b)
}

// optional writes whether there is a text, and the text when there is.
func (w *writer) optional(s string) {
	if s == "" {
		w.u8(0)
		return
	}
	w.u8(1)
	w.text(s)
}

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// FileTime is a time as a FILETIME: 100 ns since 1601; the zero time is 0.
func FileTime(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.Unix()+11644473600)*1e7 + uint64(t.Nanosecond()/100)
}

// Time is the time of a FILETIME.
func Time(word uint64) time.Time {
	if word == 0 {
		return time.Time{}
	}
	return time.Unix(int64(word/1e7)-11644473600, int64(word%1e7)*100).UTC()
}

// GUID is the bytes of a GUID as Windows keeps it: three little-endian numbers, then 8 bytes. It panics on a text that is none.
func GUID(text string) [16]byte {
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(text, "{}"), "-", ""))
	if err != nil || len(b) != 16 {
		panic(fmt.Sprintf("qmgrtest: %q is no GUID", text))
	}
	return [16]byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
}

// marker is 16 bytes in the order in which they lie on disk.
func marker(text string) [16]byte {
	var m [16]byte
	if n, err := hex.Decode(m[:], []byte(text)); err != nil || n != 16 {
		panic(fmt.Sprintf("qmgrtest: %q is no marker", text))
	}
	return m
}

// The fixed values of all generations.
var (
	fileMagic      = marker("13f72bc84099124a9f1a3aaebd894eea")
	queueMarker    = marker("47445f00a9bdba449851c47bb6c07ace")
	transferMarker = marker("36da56776f515a43acac44a248fff34d")
	fileMarker     = marker("e4cf9e5146d99743b73e268513051ab2")
	fileInner      = marker("2eb0ad7acf8b2e4db82f4319d2fb5f75")
)
