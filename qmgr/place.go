// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

// Layer says in what kind of place a record was found, from strong to weak.
type Layer string

const (
	// LayerLive: a row of the database, a job of the queue file: what Windows itself would show.
	LayerLive Layer = "live"
	// LayerVersion: a long value that no row points to any more. BITS writes a new value at each change of a job or file,
	// so these are its former states.
	LayerVersion Layer = "version"
	// LayerSlack: outside of all that is in use: between the nodes of a page, on a page of no tree, behind the end of a queue file.
	LayerSlack Layer = "slack"
	// LayerCarved: found by its marks in something that is no queue: a transaction log, an image, memory.
	LayerCarved Layer = "carved"
)

// rank orders layers, the strongest first.
func (l Layer) rank() int {
	for i, x := range [...]Layer{LayerLive, LayerVersion, LayerSlack, LayerCarved} {
		if l == x {
			return i
		}
	}
	return 4
}

// Place is where a record was found.
type Place struct {
	Layer     Layer
	Page      uint32 // of the database that holds its first byte; 0: none
	Offset    int64  // of its first byte in the input; of records of a log that were joined, of the log record's beginning
	Size      int    // bytes that were decoded
	Pieces    []Span // where it lies in the input, when that is not one piece
	LongValue string // id of the long value that holds it or held it, in hex; "": none, or not known
	Damaged   bool   // the page, log segment or queue file has a wrong checksum: values may be wrong
	Cut       string // what is missing of it, in words; "": it is whole
}

// Span is a part of something, in bytes; End is exclusive.
type Span struct{ Start, End int64 }
