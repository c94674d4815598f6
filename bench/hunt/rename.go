// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"unicode/utf16"

	"github.com/openbits/openbits/evtx"
)

// computerOf is the name of the computer that most of a log's events are of.
func computerOf(data []byte) (string, error) {
	count, best := map[string]int{}, ""
	err := events(data, func(e *evtx.Event) {
		c := e.System.Computer
		if count[c]++; count[c] > count[best] || count[c] == count[best] && c < best {
			best = c
		}
	})
	if err == nil && len(best) < 5 {
		err = errors.New("the log's events name no computer")
	}
	return best, err
}

// renamed is a log with another name for its computer, of the same length, and with checksums that fit.
func renamed(data []byte, computer, name string) ([]byte, error) {
	if len(computer) != len(name) {
		return nil, errors.New("the names differ in length")
	}
	out := bytes.ReplaceAll(data, wide(computer), wide(name))
	for at := 4096; at+65536 <= len(out); at += 65536 {
		if chunk := out[at : at+65536]; bytes.HasPrefix(chunk, []byte("ElfChnk\x00")) {
			sealChunk(chunk)
		}
	}
	return out, nil
}

// wide is a text as logs have it.
func wide(text string) (b []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

// sealHeader writes the checksum of a log's header.
func sealHeader(file []byte) {
	binary.LittleEndian.PutUint32(file[124:], crc32.ChecksumIEEE(file[:120]))
}

// sealChunk writes the checksums of a chunk: that of its records, which end where its header says, and that of the header.
func sealChunk(chunk []byte) {
	end := min(max(binary.LittleEndian.Uint32(chunk[48:]), 512), uint32(len(chunk)))
	binary.LittleEndian.PutUint32(chunk[52:], crc32.ChecksumIEEE(chunk[512:end]))
	binary.LittleEndian.PutUint32(chunk[124:], crc32.Update(crc32.ChecksumIEEE(chunk[:120]), crc32.IEEETable, chunk[128:512]))
}
