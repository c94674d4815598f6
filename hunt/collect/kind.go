// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"encoding/binary"
	"path"
	"strings"

	"github.com/openbits/openbits/ese"
	"github.com/openbits/openbits/hunt/evidence"
)

// Kind is what a member is taken for. The values stand in reports.
type Kind string

const (
	// QueueDB: a database of ESE that is, or may be, the queue of BITS since Windows 10.
	QueueDB Kind = "qmgr.db"
	// QueueFile: a queue of BITS before.
	QueueFile Kind = "qmgr.dat"
	// EventLog: an event log since Windows Vista.
	EventLog Kind = "evtx"
	// DatabaseLog: a transaction log of ESE.
	DatabaseLog Kind = "ese_log"
	// Hive: the part SYSTEM of the registry, which has the name of the computer.
	Hive Kind = "registry"
	// Report: a saved report of this program.
	Report Kind = "report"
	// Archive: a zip archive.
	Archive Kind = "zip"
	// Raw: of no known kind, to be searched for what is left of queues and events.
	Raw Kind = "carved"
	// Container: an image or archive of a kind that this program does not open.
	Container Kind = "container"
	// Aside: of a known kind without any job in it.
	Aside Kind = "aside"
	// Other: anything else.
	Other Kind = "other"
)

// headSize is how much of a file decides what it is. The farthest mark lies at 667.
const headSize = 4096

// Marks of queues before Windows 10 1607, at 0x10, or at 0x18 in the last of them.
var queueMark = []byte{0x13, 0xf7, 0x2b, 0xc8, 0x40, 0x99, 0x12, 0x4a, 0x9f, 0x1a, 0x3a, 0xae, 0xbd, 0x89, 0x4e, 0xea}

func at(head []byte, off int, mark string) bool {
	return len(head) >= off+len(mark) && string(head[off:off+len(mark)]) == mark
}

func word(head []byte, off int) uint32 {
	if len(head) < off+4 {
		return 0
	}
	return binary.LittleEndian.Uint32(head[off:])
}

// kindOf tells the kind by the first bytes alone; Other when they say nothing.
func kindOf(head []byte) Kind {
	switch {
	case word(head, 4) == ese.Magic && word(head, 667) == ese.FileTypeDatabase, word(head, 4) == ese.Magic && len(head) < 671:
		return QueueDB
	case at(head, 0x10, string(queueMark)), at(head, 0x18, string(queueMark)):
		return QueueFile
	case at(head, 0, "ElfFile\x00"), at(head, 0, "ElfChnk\x00"):
		return EventLog
	case at(head, 0, "regf"):
		return Hive
	case at(head, 0, "PK\x03\x04"), at(head, 0, "PK\x05\x06"):
		return Archive
	case looksLikeLog(head):
		return DatabaseLog
	case evidence.IsReport(head):
		return Report
	case word(head, 4) == ese.Magic: // of another file type than databases have: a damaged header
		return QueueDB
	}
	return Other
}

// looksLikeLog reports whether head is the header of an ESE log (see ese.OpenLog).
func looksLikeLog(head []byte) bool {
	if word(head, 667) != ese.FileTypeLog || word(head, 4) == ese.Magic {
		return false
	}
	sector := binary.LittleEndian.Uint16(head[8:])
	return sector >= 512 && sector <= 4096 && sector&(sector-1) == 0
}

// hint is what the name of a file suggests, where its content says nothing.
type hint int

const (
	hintNone    hint = iota
	hintQueue        // a queue, or a part of one
	hintLog          // a transaction log
	hintReserve      // space that the database keeps for bad times: old bytes may be in it
	hintEvents       // an event log
	hintAside        // belongs to the queue and has no jobs
	hintImage        // an image of a disk or of memory
	hintArchive
	hintHive
	hintDisk // a disk image that says at its end what it is
)

// hintOf reads a name. The folder tells a queue's own files from those of other databases.
func hintOf(name string, inDownloader bool) hint {
	name = strings.ToLower(name)
	ext := path.Ext(name)
	switch {
	case strings.HasPrefix(name, "qmgr") && ext == ".jfm", name == "edb.chk" && inDownloader:
		return hintAside
	case strings.HasPrefix(name, "qmgr") && (ext == ".db" || ext == ".dat" || ext == ""), strings.HasSuffix(name, "qmgr.db"):
		return hintQueue
	case strings.HasPrefix(name, "edb") && ext == ".log" && inDownloader:
		return hintLog
	case strings.HasPrefix(name, "edb") && ext == ".jrs" && inDownloader:
		return hintReserve
	case ext == ".evtx":
		return hintEvents
	case ext == ".zip":
		return hintArchive
	case name == "system":
		return hintHive
	case ext == ".vhd":
		return hintDisk
	}
	switch ext {
	case ".dd", ".raw", ".img", ".bin", ".mem", ".vmem", ".lime", ".dmp", ".001", ".dump", ".unalloc":
		return hintImage
	}
	switch name {
	case "pagefile.sys", "swapfile.sys", "hiberfil.sys", "memory.dmp":
		return hintImage
	}
	return hintNone
}
