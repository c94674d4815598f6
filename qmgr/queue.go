// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"errors"
	"io"
	"iter"
	"time"

	"github.com/openbits/openbits"
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

// Identify tells what an input is from its beginning. Names of files play no part.
func Identify(head []byte) Kind { return KindOther }

// Options say how to read. The zero value is right.
type Options struct {
	Now       time.Time // times far after it are not believed; zero: ten years after the newest believable record may be
	MaxFound  int       // how many records are kept at most; 0: 200,000
	NoSlack   bool      // leave out what is not in use
	Fragments bool      // Carve: also yield records that lost their beginning
}

// Queue is what was read of one input.
type Queue struct {
	Kind    Kind
	Header  *ese.Header // of the database; nil: none, or it is lost
	Log     *ese.LogHeader
	Build   uint32   // of the Windows that last opened the database; 0 not known
	Windows string   // in words, such as "Windows 11 24H2 or Server 2025"; of legacy queues a group
	State   string   // of the database: "clean", "dirty", …; "" not known
	Dirty   bool     // changes are missing that only the transaction logs hold
	Needed  []uint32 // generations of those logs

	Jobs      []*Job  // in all layers, the strongest first, then by place
	Files     []*File // the same
	Fragments []*Job  // records without their beginning (HeadLost), so that their id is not known
	Rejected  int     // places with a marker that hold no record that can be believed
	Notes     []error // what is damaged or missing
}

// Read reads a queue: a database, a queue file, a bare record; and, when it is none of these, finds the records in it as
// Carve does. A damaged input gives what is left, and Notes. It is an error only when the input cannot be read at all, or
// holds nothing of a queue.
func Read(r io.ReaderAt, size int64, o Options) (*Queue, error) { return nil, errNotYet }

// ReadLog finds the records in a transaction log (edb.log, edb00017.log, edbtmp.log): first in its log records, those joined that
// were cut into fragments, then at any place. All are LayerCarved.
func ReadLog(r io.ReaderAt, size int64, o Options) (*Queue, error) { return nil, errNotYet }

// Found is a job or a file.
type Found struct {
	Job  *Job // with its files where the record holds them
	File *File
}

// Carve finds records by their marks in anything: unallocated space, an image of a disk or of memory, a swap file. The input is
// read once, some megabytes at a time, and nothing is kept. A part that cannot be read is an error, and the rest follows.
func Carve(r io.ReaderAt, size int64, o Options) iter.Seq2[Found, error] {
	return func(yield func(Found, error) bool) { yield(Found{}, errNotYet) }
}

// History is all states of one job.
type History struct {
	ID       GUID
	Versions []*Job  // oldest first
	Best     *Job    // the live state, else the newest of those in the strongest layer
	Files    []*File // all states of its files, by file, oldest first
}

// Histories puts the states of each job in order, jobs in the order of their first state. Records without an id are left out, but
// for those that a file's id ties to a job.
func (q *Queue) Histories() []History { return nil }

// Loose lists the files that no job could be tied to.
func (q *Queue) Loose() []*File { return nil }

// Openbits states the job in the vocabulary of openbits. What the record does not tell is zero, sizes Unknown.
func (j *Job) Openbits() (openbits.Job, []openbits.File) { return openbits.Job{}, nil }

// NotifyFlagNames names the bits of SetNotifyFlags: transferred, error, disable, modification, file_transferred, ranges_transferred.
func NotifyFlagNames(word uint32) []string { return nil }

// SecurityFlagNames names the bits of SetSecurityFlags: crl_check, ignore_cn, ignore_date, ignore_unknown_ca, ignore_usage,
// redirect_report, redirect_disallow, allow_https_to_http.
func SecurityFlagNames(word uint32) []string { return nil }

// IntegrityName names an integrity level: untrusted, low, medium, medium_plus, high, system, protected; else the RID in hex.
func IntegrityName(rid uint32) string { return "" }

// ProxyUsageName names BG_JOB_PROXY_USAGE: preconfig, none, override, autodetect; else the number.
func ProxyUsageName(word uint32) string { return "" }

// DriveTypeName names what GetDriveType answers: unknown, no_root, removable, fixed, network, cdrom, ramdisk; else the number.
func DriveTypeName(word uint32) string { return "" }

// ErrorContextName names BG_ERROR_CONTEXT: none, unknown, general_queue_manager, queue_manager_notification, local_file,
// remote_file, general_transport, remote_application, server_certificate; else the number.
func ErrorContextName(word uint32) string { return "" }

// PendingName names a pending notification: "", transferred, error; else the number.
func PendingName(word uint32) string { return "" }

// Generation is the Windows or BITS release whose records begin with a marker; "" for a marker that is not known. It is a hint:
// releases share markers.
func Generation(marker GUID) string { return "" }

var errNotYet = errors.New("not built yet")
