// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"bytes"
	"encoding/binary"

	"github.com/openbits/openbits/ese"
)

// Kind is what an input looks like from its first bytes.
type Kind string

const (
	// KindDatabase: an ESE database; whether it holds a queue only Read can tell.
	KindDatabase Kind = "ese_database"
	// KindQueue: a queue file of Windows 10 1511 or before.
	KindQueue Kind = "legacy_queue"
	// KindLog: a transaction log of an ESE database.
	KindLog Kind = "ese_log"
	// KindRecord: a job or file record by itself.
	KindRecord Kind = "record"
	// KindOther: none of these. Records may still be anywhere in it; see Carve.
	KindOther Kind = ""
)

// HeadSize is how many bytes Identify wants; fewer are taken.
const HeadSize = 4096

// Where the magic of a queue file lies: up to Windows 8.1, and in Windows 10.
const magicWin7, magicWin10 = 0x10, 0x18

// Identify tells what an input is from its beginning. Names of files play no part.
func Identify(head []byte) Kind {
	at := func(off int, g GUID) bool { return len(head) >= off+16 && GUID(head[off:off+16]) == g }
	switch {
	case len(head) >= 8 && binary.LittleEndian.Uint32(head[4:]) == ese.Magic:
		return KindDatabase
	case at(magicWin7, queueMagic), at(magicWin10, queueMagic):
		return KindQueue
	case len(head) >= 16 && (at(0, fileMarker) || isJobMarker(GUID(head[:16]))):
		return KindRecord
	}
	if _, err := ese.OpenLog(bytes.NewReader(head), int64(len(head))); err == nil {
		return KindLog
	}
	return KindOther
}

func isJobMarker(g GUID) bool {
	_, ok := knownMarker(g)
	return ok
}
