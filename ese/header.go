// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"fmt"
	"time"
)

// Magic is the number at offset 4 of the header of a database, little-endian.
const Magic = 0x89abcdef

// HeaderSize is how many bytes of a header hold fields (DBFILEHDR of Microsoft's
// published daedef.hxx); the checksum covers a whole page.
const HeaderSize = 671

// State is what a database was doing when its header was written.
type State uint32

// The states that Microsoft's published daedef.hxx and jethdr.w name.
const (
	StateJustCreated State = 1 // being created
	StateDirty       State = 2 // open, or left open by a crash: the logs hold changes that the database lacks
	StateClean       State = 3 // closed: the logs are not needed
	StateConverting  State = 4 // being converted
	StateForceDetach State = 5 // detached by force
	StateReseeding   State = 6 // incremental reseed in progress
	StatePatched     State = 7 // dirty, and pages were patched
	StateReverting   State = 8 // being reverted to a snapshot
)

// String is the state in words.
func (s State) String() string {
	words := [...]string{
		StateJustCreated: "just created", StateDirty: "dirty", StateClean: "clean", StateConverting: "being converted",
		StateForceDetach: "detached by force", StateReseeding: "being reseeded", StatePatched: "dirty and patched",
		StateReverting: "being reverted",
	}
	if s < State(len(words)) && words[s] != "" {
		return words[s]
	}
	return fmt.Sprintf("unknown (%d)", uint32(s))
}

// MarshalText makes JSON show the words.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// OSVersion is the Windows that last opened the database.
type OSVersion struct {
	Major       uint32 `json:"major"`
	Minor       uint32 `json:"minor"`
	Build       uint32 `json:"build"`
	ServicePack uint32 `json:"service_pack"`
}

// Header is the header of a database.
type Header struct {
	Offset     int64 `json:"offset"`      // in the input: 0, or one page for the shadow
	ChecksumOK bool  `json:"checksum_ok"` // false: fields may be wrong

	Version      uint32      `json:"version"`       // 0x620 since Windows 2000
	Update       uint32      `json:"update"`        // the format's revision: 9 ESE98, 12 Vista, 17 Windows 7, 110 and more Windows 10
	FileType     uint32      `json:"file_type"`     // 1 database
	DBTime       uint64      `json:"dbtime"`        // count of page changes
	Signature    Signature   `json:"signature"`     // of the database
	LogSignature Signature   `json:"log_signature"` // of the log that belongs to it
	State        State       `json:"state"`
	LastObject   uint32      `json:"last_object"` // highest object id in use
	OS           OSVersion   `json:"os"`
	PageSize     int         `json:"page_size"`           // bytes
	RepairCount  uint32      `json:"repair_count"`        // how often the database was repaired
	Consistent   time.Time   `json:"consistent,omitzero"` // last time that it was consistent
	Attached     time.Time   `json:"attached,omitzero"`   // last time that it was opened
	Detached     time.Time   `json:"detached,omitzero"`   // last time that it was closed
	ConsistentAt LogPosition `json:"consistent_at"`
	MinRequired  uint32      `json:"min_required"`  // first log generation that recovery needs; 0 none
	MaxRequired  uint32      `json:"max_required"`  // last log generation that recovery needs; 0 none
	MaxCommitted uint32      `json:"max_committed"` // last log generation with changes to this database; 0 not told
}

// Needed lists the log generations that recovery would need: what they hold and
// the database does not is missing from everything that is read here.
func (h Header) Needed() []uint32 {
	last := max(h.MaxRequired, h.MaxCommitted)
	if h.State == StateClean || h.MinRequired == 0 || last < h.MinRequired || last-h.MinRequired > maxNeeded {
		return nil
	}
	var list []uint32
	for g := h.MinRequired; g <= last; g++ {
		list = append(list, g)
	}
	return list
}

// maxNeeded bounds Needed where a damaged header names millions of generations.
const maxNeeded = 100_000

// pageSizes are the sizes that a page can have (JET_paramDatabasePageSize).
//
// The largest comes first: the first block of a large page looks like a small page that is whole.
var pageSizes = [...]int{32768, 16384, 8192, 4096, 2048}

// small reports whether pages of a size have the short header and 13-bit tags (FIsSmallPage).
func small(pageSize int) bool { return pageSize <= 8192 }

func validPageSize(n int) bool {
	for _, size := range pageSizes {
		if n == size {
			return true
		}
	}
	return false
}

// parseHeader reads the fields of a header. b is the header's whole page, so that
// its checksum can be compared; a shorter b has a wrong checksum.
func parseHeader(b []byte, off int64) (Header, bool) {
	if u32(b, 4) != Magic {
		return Header{}, false
	}
	h := Header{
		Offset:       off,
		Version:      u32(b, 8),
		FileType:     u32(b, 667),
		DBTime:       u64(b, 16),
		Signature:    signature(cut(b, 24, 52)),
		State:        State(u32(b, 52)),
		ConsistentAt: logPosition(cut(b, 56, 64)),
		Consistent:   logTime(cut(b, 64, 72)),
		Attached:     logTime(cut(b, 72, 80)),
		Detached:     logTime(cut(b, 88, 96)),
		LogSignature: signature(cut(b, 108, 136)),
		LastObject:   u32(b, 212),
		OS:           OSVersion{u32(b, 216), u32(b, 220), u32(b, 224), u32(b, 228)},
		Update:       u32(b, 232),
		PageSize:     int(u32(b, 236)),
		RepairCount:  u32(b, 240),
		MinRequired:  u32(b, 296),
		MaxRequired:  u32(b, 300),
		MaxCommitted: u32(b, 416),
	}
	if h.PageSize == 0 {
		h.PageSize = 4096 // before page sizes could be chosen
	}
	h.ChecksumOK = validPageSize(h.PageSize) && len(b) == h.PageSize && u32(b, 0) == oldChecksum(b)
	return h, true
}
