// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// Types, priorities and states, by BITS' numbers.
const (
	Download    = 0
	Upload      = 1
	UploadReply = 2

	Foreground = 0
	HighPrio   = 1
	Normal     = 2
	LowPrio    = 3

	Queued         = 0
	Connecting     = 1
	Transferring   = 2
	Suspended      = 3
	Error          = 4
	TransientError = 5
	Transferred    = 6
	Acknowledged   = 7
	Cancelled      = 8
)

// Bits of SetSecurityFlags.
const (
	IgnoreCN         = 2
	IgnoreDate       = 4
	IgnoreCA         = 8
	IgnoreUsage      = 0x10
	RedirectReport   = 0x100
	RedirectDisallow = 0x200
	AllowHTTP        = 0x800
)

// Numbers of a job's timers.
const (
	Inactivity   = 0
	NoProgress   = 1
	Notification = 2
	Retry        = 3
)

// Seconds that are usual.
const (
	Day           = 86400
	DefaultRetry  = 600
	DefaultNoProg = 14 * Day
	DefaultLife   = 90 * Day
)

// Job is a job with the values that a record has. Zero values are written as they are; see NewJob.
type Job struct {
	ID              string // GUID
	Type            uint32
	Priority        uint32
	State           uint32
	Name            string
	Description     string
	Program         string // that BITS runs when the job is done or failed (SetNotifyCmdLine)
	Arguments       string
	Owner           string // SID
	NotifyFlags     uint32 // 1 transferred, 2 error, 4 disable, 8 modification
	Elevated        uint32
	Integrity       uint32 // RID of the creator's level
	SIDHash         uint32 // 0: made from the owner
	Descriptor      Descriptor
	Files           []File
	Errors          []JobError
	TransientErrors uint32
	RetryDelay      uint32 // seconds
	NoProgress      uint32 // seconds
	Created         time.Time
	Modified        time.Time
	Modified2       time.Time
	Completed       time.Time
	Pending         uint32 // notification: 1 transferred, 2 error
	Timers          [4]Timer
	ProxyUsage      uint32 // 0 preconfig, 1 none, 2 override, 3 autodetect
	ProxyList       string
	ProxyBypass     string
	ACLFlags        uint32
	Headers         *Protected // custom HTTP headers
	Security        uint32
	MaxDownload     uint32 // seconds
	CostPolicy      uint32
	Package         string // family name of the packaged application that made it; database alone, as all below
	Application     string
	Creator         string // path of the program that made it
	Method          string // of HTTP
	Service         string // that hosted the creator
	TwoMarkers      bool   // of uploads: the record has the marker of downloads within that of uploads
	Unknown         Unknown
}

// Unknown are values of a record whose meaning is not known. The zero value is common.
type Unknown struct {
	AfterIntegrity [2]uint32
	AfterLife      [2]uint32 // after the maximum download time
	AfterCost      uint32
	AfterCost26    byte // 26 bytes further
	Fresh          byte // 1: the job was never resumed; in real records 0 then, and 1 later: written inverted
	AfterMethod    [3]byte
	Session        string // GUID; empty: the generation's
	PackageWord    uint32
}

// Timer is a timer of a job.
type Timer struct {
	Start, Deadline time.Time // both zero: it does not run
}

// JobError is an error that BITS noted with a job.
type JobError struct {
	Code    uint32 // HRESULT
	Context uint32 // 5: the remote file
	Kind    uint32 // 3 or 4
	State   []uint16
}

// NewID is a GUID that is always the same for a seed.
func NewID(seed string) string {
	h := fnv.New128a()
	h.Write([]byte("openbits" + seed))
	b := h.Sum(nil)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

func hexUpper(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// NewJob is a download that was created, resumed and is queued at a time, with the defaults of BITS, by a user.
func NewJob(name, owner string, created time.Time, files ...File) Job {
	j := Job{
		ID: NewID("job " + name + " " + created.Format(time.RFC3339)), Name: name, Priority: Normal, Owner: owner, NotifyFlags: 3,
		Integrity: Medium, Files: files, RetryDelay: DefaultRetry, NoProgress: DefaultNoProg, Created: created, Modified: created, Modified2: created,
		MaxDownload: DefaultLife, CostPolicy: 0x80000065, Method: "GET",
	}
	if owner == System {
		j.Elevated, j.Integrity = 1, SystemLevel
	}
	j.Timers[Inactivity] = Timer{created, created.Add(DefaultLife * time.Second)}
	return j
}

// In is the job in another state at a later time, with the timers and the pending notification that BITS gives it then.
func (j Job) In(state uint32, at time.Time) Job {
	j.State, j.Modified, j.Modified2 = state, at, at
	life := j.Timers[Inactivity].Deadline.Sub(j.Timers[Inactivity].Start)
	j.Timers = [4]Timer{Inactivity: {at, at.Add(life)}}
	j.Pending, j.Completed = 0, time.Time{}
	switch state {
	case Transferred:
		j.Pending, j.Completed = 1, at
		j.Timers[Notification] = Timer{at, at}
	case Error:
		j.Pending = 2
		j.Timers[Notification] = Timer{at, at}
	case TransientError:
		j.Timers[NoProgress] = Timer{at, at.Add(time.Duration(j.NoProgress) * time.Second)}
		j.Timers[Retry] = Timer{at, at.Add(time.Duration(j.RetryDelay) * time.Second)}
	case Suspended:
		j.Unknown.Fresh = 1
	}
	if state != Suspended {
		j.Unknown.Fresh = 0
	}
	return j
}

// Bytes is the job's record as the generation keeps it. It carries Mark.
func (j Job) Bytes(g Generation) []byte { return j.encode(g, Mark) }
