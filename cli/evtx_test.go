// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"os"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/openbits/openbits/internal/evtxtest"
)

// evtxFile writes an event log of three records in each of two chunks, in a condition.
func evtxFile(ts *testscript.TestScript, _ bool, args []string) {
	log := evtxtest.Sample(2, 3)
	data := log.Bytes()
	second := data[4096+65536:]
	switch args[1] {
	case "good":
	case "dirty":
		data[120] |= 1
	case "full":
		data[120] |= 2
	case "gaps": // the first chunk has been overwritten
		log.Chunks[0].Skip(7)
		log.Chunks[0].RecordRaw(evtxtest.Start, nil)
		data = (&evtxtest.Log{Chunks: log.Chunks[:1]}).Bytes()
	case "slack": // the second chunk is counted empty
		copy(second[48:], []byte{0, 2, 0, 0})
		evtxtest.SealChunk(second)
	case "copied": // behind the log lies its first chunk once more, with a record that was changed and one that is cut off
		again := log.Chunks[0].Bytes()
		again[bytes.Index(again, evtxtest.UTF16("job 2"))] = 'J'
		clear(again[log.Chunks[0].Len()-40 : log.Chunks[0].Len()])
		evtxtest.SealChunk(again)
		data = append(data, again...)
	case "flipped":
		second[log.Chunks[1].Len()-20] ^= 0x10
	case "headless":
		clear(data[:4096])
	case "pieces":
		data = slices.Concat(bytes.Repeat([]byte("memory "), 1000), data[4096:])
	default:
		ts.Fatalf("there is no kind of event log %q", args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}
