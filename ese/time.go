// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"fmt"
	"time"
)

// logTime reads a LOGTIME: seconds, minutes, hours, day, month, years since 1900,
// one byte each, then two bytes of flags and milliseconds. The zero time is "never".
// ESE writes UTC where bit 0 of the seventh byte is set and local time elsewhere;
// the difference is not known here, so all are read as UTC.
func logTime(b []byte) time.Time {
	if len(b) < 8 || zero(b[:6]) {
		return time.Time{}
	}
	sec, minute, hour, day, month, year := int(b[0]), int(b[1]), int(b[2]), int(b[3]), int(b[4]), int(b[5])+1900
	if sec > 60 || minute > 59 || hour > 23 || day < 1 || day > 31 || month < 1 || month > 12 {
		return time.Time{}
	}
	return time.Date(year, time.Month(month), day, hour, minute, sec, 0, time.UTC)
}

// LogPosition is a place in the log: a generation, a sector of its file, a byte of the sector.
type LogPosition struct {
	Generation uint32 `json:"generation"`
	Sector     uint16 `json:"sector"`
	Byte       uint16 `json:"byte"`
}

// String is the position as Microsoft's own tools print it: generation, sector, byte in hexadecimal.
func (p LogPosition) String() string {
	return fmt.Sprintf("%X,%X,%X", p.Generation, p.Sector, p.Byte)
}

func logPosition(b []byte) LogPosition {
	return LogPosition{Byte: u16(b, 0), Sector: u16(b, 2), Generation: u32(b, 4)}
}

// Signature identifies a database or a log by when and where it was made.
type Signature struct {
	Random   uint32    `json:"random"`
	Created  time.Time `json:"created,omitzero"`
	Computer string    `json:"computer,omitempty"` // NetBIOS name; recent Windows leaves it empty
}

// signatureSize is the size of a Signature on disk: random number, LOGTIME, 16 bytes of name.
const signatureSize = 28

func signature(b []byte) Signature {
	name := cut(b, 12, signatureSize)
	for i, c := range name {
		if c == 0 {
			name = name[:i]
			break
		}
	}
	return Signature{Random: u32(b, 0), Created: logTime(cut(b, 4, 12)), Computer: latin(name)}
}
