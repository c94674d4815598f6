// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evidence

// Layer says in what kind of place something was found, from strong to weak.
type Layer string

const (
	// Live: a row of the queue database, a job of the queue file, an event of the log: what the system itself would show.
	Live Layer = "live"
	// Version: an earlier state of a job or file in a long value that no row points to any more.
	Version Layer = "version"
	// Slack: what deleted data left in a database's pages, a queue file's padding or a log's chunks.
	Slack Layer = "slack"
	// Carved: found by its marks in anything else: transaction logs, unallocated space, memory.
	Carved Layer = "carved"
	// FromEvent: a job of which only events tell.
	FromEvent Layer = "event"
)

// Place is where something was found.
type Place struct {
	Input   int    `json:"input"` // index in the host's Inputs
	Layer   Layer  `json:"layer"`
	Page    uint32 `json:"page,omitempty"`   // of a database
	Offset  *int64 `json:"offset,omitempty"` // of the first byte, in the input; absent where it is not one piece of it
	Record  uint64 `json:"record,omitempty"` // of an event: its number in the log
	Damaged bool   `json:"damaged,omitempty"`
	Cut     string `json:"cut,omitempty"` // what is missing of it, in words, when it is not whole
}
