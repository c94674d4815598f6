// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"slices"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/ese"
)

// GUID is a globally unique identifier as Windows keeps it.
type GUID = ese.GUID

// Form is how a record is laid out.
type Form string

const (
	// FormLegacy: of qmgr0.dat and qmgr1.dat, with its files inside.
	FormLegacy Form = "legacy"
	// FormESE: of qmgr.db, with the ids of its files.
	FormESE Form = "ese"
)

// Section is a part of a job record. Records are read in this order, and one that was cut off lacks all sections after one of them.
type Section int

const (
	SectionNone     Section = iota
	SectionIdentity         // marker, priority, state, id
	SectionTexts            // name, description, notify program and parameters, owner
	SectionCreator          // notify flags, elevation, integrity, security descriptor
	SectionFiles            // transfer marker, files or their ids
	SectionErrors           // errors
	SectionTimes            // transient errors, retry delay, no-progress timeout, the four times
	SectionTimers           // pending notification, timers
	SectionProxy            // proxy, custom headers
	SectionSecurity         // security flags, maximum download time, cost policy
	SectionProgram          // package, creator's image, HTTP method, service; FormESE alone
	SectionEnd              // the closing marker
)

// Job is a job as one record states it: at the time when BITS wrote that record. Fields of a section after Through are not
// known; of a record that lost its beginning (see HeadLost) those before it are not, either.
type Job struct {
	Place    Place
	Copies   []Place // where else the same bytes were found
	Form     Form
	Marker   GUID    // the first 16 bytes, which tell the record's generation
	Second   GUID    // a second marker, which some records of uploads have
	Through  Section // the last section that was read whole
	HeadLost bool    // only what follows the transfer marker was found: all before SectionFiles is not known

	ID           GUID
	Type         openbits.JobType
	TypeFrom     string    // what Type rests on: "marker", "words", or "default" when nothing says otherwise
	TypeWords    [2]uint32 // the two words that may hold the type: at 0x10 and 0x1C
	Priority     openbits.Priority
	PriorityWord uint32
	State        openbits.State
	StateWord    uint32

	Name        string
	Description string
	Program     string // SetNotifyCmdLine: what BITS runs when the job is done or failed
	Parameters  string // its command line
	Owner       string // SID as text

	NotifyFlags   uint32 // see NotifyFlagNames
	Elevated      uint32 // 1: the creator's token was SYSTEM-like or elevated
	Integrity     uint32 // RID of the creator's integrity level; see IntegrityName
	OwnerHash     uint32 // the same for the same SID, on all machines; how it is made is not known
	Descriptor    *Descriptor
	DescriptorRaw []byte

	FileIDs []GUID // ids of rows of table Files, in the order of the job's files; FormESE alone
	Files   []Tied // the files that were found, in the order of the job's files where that is known

	Errors            []JobError
	TransientErrors   uint32
	RetryDelay        uint32 // seconds
	NoProgressTimeout uint32 // seconds
	Created           time.Time
	Modified          time.Time
	Modified2         time.Time // differs from Modified in no sample
	Completed         time.Time // zero: never
	Pending           uint32    // the notification that is still to be delivered: 0 none, 1 transferred, 2 error
	Timers            []Timer   // those that run

	ProxyUsage  uint32 // see ProxyUsageName
	ProxyList   string
	ProxyBypass string
	ACLFlags    uint32     // of SetFileACLFlags: 1 owner, 2 group, 4 DACL, 8 SACL
	Headers     *Protected // custom HTTP headers
	Credentials []Protected

	SecurityFlags   uint32 // see SecurityFlagNames
	MaxDownloadTime uint32 // seconds
	CostPolicy      uint32 // BITS_COST_STATE bits

	Package      string // family name of the packaged application that made it
	Application  string // id of that application
	CreatorImage string // path of the program that made the job
	Method       string // of HTTP
	Service      string // that hosted the creator's thread
	Raw          []Raw  // what has no known meaning, where it is not zero

	Unread []Section // sections up to Through whose layout is not known: their bytes are in Raw
}

// Has reports whether the fields of a section are known.
func (j *Job) Has(s Section) bool {
	return s <= j.Through && !slices.Contains(j.Unread, s) && !(j.HeadLost && s < SectionFiles) && !(j.Form == FormLegacy && s == SectionProgram)
}

// Whole reports whether the record was read from its first to its last byte.
func (j *Job) Whole() bool { return j.Through == SectionEnd && !j.HeadLost }

// Expires is the end of the inactivity timer, after which BITS cancels the job; zero when it is not known.
func (j *Job) Expires() time.Time {
	for _, t := range j.Timers {
		if t.Kind == TimerInactivity {
			return t.Deadline
		}
	}
	return time.Time{}
}

// JobError is an error that BITS noted with a job.
type JobError struct {
	Code    uint32 // HRESULT
	Context uint32 // BG_ERROR_CONTEXT; see ErrorContextName
	Words   [3]uint32
	State   []byte // bytes that follow when the entry says so; their meaning is not known
	Size    int    // bytes of the fixed part of an entry: 21, or 25 as reported of Windows 10 1709
}

// Kinds of timers, in the record's order.
const (
	TimerInactivity   = "inactivity"   // its end is the end of the job's life
	TimerNoProgress   = "no_progress"  // its end turns a transient error into an error
	TimerNotification = "notification" // runs in states transferred and error
	TimerRetry        = "retry"        // its end is the next attempt
)

// Timer is a timer that runs.
type Timer struct {
	Kind     string
	Start    time.Time
	Deadline time.Time
}

// Protected is data that DPAPI protects. Without the user's key nothing can be said of its content.
type Protected struct {
	Offset      int    // of the blob in the record
	Size        int    // bytes of the blob
	PlainSize   int    // bytes within, as the record states it; 0 not told
	MasterKey   GUID   // the key that opens it
	Description string // in clear in the blob, such as "BITS Job Custom headers"
}

// Raw is a part of a record whose meaning is not known.
type Raw struct {
	Name   string // of the place, such as "after_proxy_usage"
	Offset int    // in the record
	Bytes  []byte
}

// Tie says how a file is known to be a job's.
type Tie string

const (
	// TieInline: the job's record holds the file.
	TieInline Tie = "inline"
	// TieRow: a row of table Files has the id that the job names, and points to this state of the file, or holds it.
	TieRow Tie = "row"
	// TieID: what is left of a deleted row of table Files has the id, and points to this state of the file, or holds it.
	TieID Tie = "id"
	// TieGuess: nothing in the database says so; Tied.Why has the reason for the guess.
	TieGuess Tie = "guess"
)

// Tied is a file of a job, in the state that fits the job's record best.
type Tied struct {
	File *File
	Tie  Tie
	Why  string // of a guess
}

// File is a file of a job as one record states it.
type File struct {
	Place   Place
	Copies  []Place
	Form    Form
	Marker  GUID // FormESE alone
	Whole   bool // read to its last byte
	HasTail bool // volume, serial, remote size and time were read

	ID  GUID // of its row in table Files; zero: not known
	Tie Tie  // how ID is known: TieRow or TieID

	URL         string // remote name: a URL, or a plain path
	Local       string
	Temporary   string
	Transferred int64 // bytes
	Total       int64 // bytes; openbits.Unknown
	Flag        byte

	Drive          string // root, such as `C:\`
	Volume         string // such as `\\?\Volume{…}\`
	DriveType      uint32 // see DriveTypeName
	Serial         uint32 // of the volume, as shortcuts and prefetch files have it
	RemoteSize     int64  // bytes
	Attributes     uint32
	RemoteModified time.Time // Last-Modified, by the server's clock
	LocalModified  time.Time // of uploads: the local file's time
	Ranges         []Range   // that were asked for (AddFileWithRanges); nil: the whole file
	Received       []Range   // of the remote file; FormESE alone
	Raw            []Raw
}

// Range is a part of a remote file.
type Range struct {
	Offset uint64
	Length uint64 // bytes; the highest number stands for all up to the end
}
