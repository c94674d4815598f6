// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"

	"github.com/openbits/openbits/evtx"
	"github.com/openbits/openbits/internal/evtxtest"
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
	out := bytes.ReplaceAll(data, evtxtest.UTF16(computer), evtxtest.UTF16(name))
	for at := 4096; at+65536 <= len(out); at += 65536 {
		if chunk := out[at : at+65536]; bytes.HasPrefix(chunk, []byte("ElfChnk\x00")) {
			evtxtest.SealChunk(chunk)
		}
	}
	return out, nil
}
