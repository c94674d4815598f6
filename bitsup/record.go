// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

// state is how far a session has come. Values are written to disk.
type state string

const (
	// stateReceiving: fragments are missing, or the application has not accepted the file yet.
	stateReceiving state = "receiving"
	// statePublishing: all bytes are on the disk, the file gets its name.
	statePublishing state = "publishing"
	// stateDone: the last fragment was, or may have been, acknowledged. The client fetches a reply or closes.
	stateDone state = "done"
	// stateClosed: the client closed the session. Only the memory of it is left.
	stateClosed state = "closed"
	// stateCancelled: the client cancelled the session. Only the memory of it is left.
	stateCancelled state = "cancelled"
)

// whole reports whether all bytes of the file have come.
func (r *record) whole() bool { return r.Total >= 0 && r.Next == r.Total }

// over reports whether only the memory of the session is left.
func (r *record) over() bool {
	return r.State == stateClosed || r.State == stateCancelled || r.State == stateDone && r.ReplyID == ""
}

// record is what is durable of a session.
type record struct {
	Sequence uint64    `json:"sequence"` // grows with each writing; the highest whole one counts
	ID       string    `json:"id"`
	State    state     `json:"state"`
	User     string    `json:"user,omitempty"`      // who created it; "" where nobody signs in
	Address  string    `json:"address,omitempty"`   // from where
	Target   string    `json:"target"`              // path beneath the folder, with slashes
	URL      string    `json:"url"`                 // of the Create-Session, for the application
	Total    int64     `json:"total"`               // bytes; -1 before the first fragment
	Next     int64     `json:"next"`                // bytes that are on the disk, and the offset of the next one
	From     int64     `json:"from"`                // offset at which the last fragment began to be new
	Sum      uint32    `json:"sum"`                 // CRC-32C of the bytes from there to Next
	Touched  time.Time `json:"touched"`             // when the client last got on
	ReplyID  string    `json:"reply_id,omitempty"`  // of the reply file, in its URL
	ReplyURL string    `json:"reply_url,omitempty"` // of a reply elsewhere
	Barred   bool      `json:"barred,omitempty"`    // the application refused the file for good (403)
}

// slotSize is the room for one version of a record. A file of records has two, written in turn, so that a
// torn one leaves the one before. It is a multiple of the page size and larger than any record: a URL
// and a path have 2,200 bytes, user and reply less, and JSON may make six bytes of one.
const slotSize = 64 << 10

// slotHead is in front of a record: the length of the JSON and its CRC-32C, both little-endian.
const slotHead = 8

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errRecord  = errors.New("no whole record")
)

// encode makes the bytes of a slot, without what is behind the record.
func (r *record) encode() ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	if len(text) > slotSize-slotHead {
		return nil, fmt.Errorf("a record of %d bytes is too long", len(text))
	}
	slot := make([]byte, slotHead, slotHead+len(text))
	binary.LittleEndian.PutUint32(slot, uint32(len(text)))
	binary.LittleEndian.PutUint32(slot[4:], crc32.Checksum(text, castagnoli))
	return append(slot, text...), nil
}

// offset is where in its file this version of the record belongs.
func (r *record) offset() int64 { return int64(r.Sequence%2) * slotSize }

// decodeSlot reads the record in a slot, and checks all that others rely on.
func decodeSlot(slot []byte) (record, error) {
	var r record
	if len(slot) < slotHead {
		return r, errRecord
	}
	n, sum := binary.LittleEndian.Uint32(slot), binary.LittleEndian.Uint32(slot[4:])
	if uint64(n) > uint64(len(slot)-slotHead) {
		return r, errRecord
	}
	text := slot[slotHead : slotHead+int(n)]
	if crc32.Checksum(text, castagnoli) != sum {
		return r, errRecord
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return record{}, errRecord
	}
	switch r.State {
	case stateReceiving, statePublishing, stateDone, stateClosed, stateCancelled:
	default:
		return record{}, errRecord
	}
	if r.ID == "" || r.From < 0 || r.Next < r.From || r.Total < r.Next || !confined(r.Target) {
		return record{}, errRecord
	}
	return r, nil
}

// confined reports whether a target is as package urlpath makes them. Records are in a private folder; this
// keeps even a forged one from naming anything else than a visible file.
func confined(target string) bool {
	return target != "" && path.Clean("/"+target) == "/"+target && !strings.HasPrefix(target, ".") && !strings.Contains(target, "/.")
}

// readRecords finds the whole records of a file, the newest first. There are two at most.
func readRecords(f io.ReaderAt) ([]record, error) {
	var found []record
	slot := make([]byte, slotSize)
	for i := range int64(2) {
		n, err := f.ReadAt(slot, i*slotSize)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if r, err := decodeSlot(slot[:n]); err == nil {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b record) int { return cmp.Compare(b.Sequence, a.Sequence) })
	return found, nil
}
