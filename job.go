// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import "time"

// Unknown stands for a size that is not known yet.
const Unknown int64 = -1

// Job is a transfer of one or more files, without the files themselves.
// Times are UTC wall-clock times; the zero time means never.
type Job struct {
	ID          string // UUID version 4 in lower case, chosen by the caller
	Name        string
	Description string
	Type        JobType
	Priority    Priority
	State       State
	Owner       Owner
	Client      Client // who created it, for the record

	Created   time.Time
	Modified  time.Time // last change of anything but progress
	Completed time.Time // when the last file became whole
	Expires   time.Time // end of its life
	Ended     time.Time // when it became final

	BytesTotal  int64 // Unknown while the size of any file is
	BytesDone   int64
	Rate        int64      // bytes per second at this moment, while it moves and is measured; not stored
	Transport   *Transport // of the network under it, while it moves and something is known; not stored
	FilesTotal  int
	FilesDone   int // whole and verified
	FilesFailed int // need the owner

	Reason     *Reason // why it does not move, or only as a trickle; nil while it does
	Error      *Error  // the last error, until bytes move again
	ErrorCount int     // never reset, like BITS's

	Settings Settings

	// What follows is the engine's own book-keeping.

	NextFile   int           // index of the next file to be added
	Unsized    int           // files whose size is unknown
	BytesSized int64         // size of the others together; BytesTotal is this once Unsized is 0
	Token      string        // random part of the names of part files
	Request    string        // digest of the creating request, by which a repeated one is told from another
	NextTry    time.Time     // earliest next attempt in state transient_error; zero: waits for an event
	FailedFrom time.Time     // start of the present run of failures without a byte; zero: none
	Active     time.Duration // time spent connecting and transferring since the last resume
	Turn       int64         // place in the line of its priority: the lowest runs first
	Warned     bool          // the expiry warning was given
	Sweep      bool          // it ended, and the bytes of its unpublished files are still to be deleted
}

// Owner is the account on whose behalf a job runs.
type Owner struct {
	ID   string // user id on Unix, SID on Windows
	Name string // account name when known
}

// Client is the process that created a job, as the kernel tells it.
type Client struct {
	PID     int
	Program string // path of its executable when it could be read
}

// Settings are what the owner may choose about a job; see Limits for the defaults.
type Settings struct {
	AutoComplete      bool          // publish each file when it is verified, then complete the job
	Overwrite         bool          // replace an existing file when publishing
	Limit             int64         // bytes per second; 0: none
	RetryDelay        time.Duration // first back-off after a transient error
	NoProgressTimeout time.Duration // 0: every transient error is final at once
	MaxDownloadTime   time.Duration
	Umask             uint32 // of the creating client; published files get mode 0666 less it
}

// DefaultSettings are the settings of a job of which nothing was chosen.
func DefaultSettings() Settings {
	return Settings{
		RetryDelay:        DefaultRetryDelay,
		NoProgressTimeout: DefaultNoProgressTimeout,
		MaxDownloadTime:   DefaultMaxDownloadTime,
		Umask:             0o077,
	}
}

// File is one file of a job.
type File struct {
	JobID string
	Index int    // from 0, never reused
	URL   string // secret in its user, query and fragment; see RedactURL
	Place Place  // where what arrives goes; zero when nothing does, as with an upload without a reply

	State      FileState
	BytesTotal int64 // Unknown until a server said it
	BytesDone  int64 // of an upload: acknowledged by the server
	Validator  Validator
	Modified   time.Time // Last-Modified of the content
	Digest     Digest
	Error      *Error
	Attempts   int       // failures in a row without a byte
	NextTry    time.Time // of a waiting file; zero: waits for an event
	Inode      string    // identity of the part file about to be published
	Checkpoint *Checkpoint
	Upload     *Upload // of upload jobs alone
}

// Path is the local file: the destination, or what is sent.
func (f *File) Path() string {
	if f.Upload != nil {
		return f.Upload.Source.Path()
	}
	return f.Place.Path()
}

// Arrives reports whether something arrives: a download, or the reply to an upload.
func (f *File) Arrives() bool { return f.Place.Part != "" }

// Digest is what is known of a file's content hash, in lower-case hex.
type Digest struct {
	Algorithm string // "sha256", "sha512" or "" when the content is not hashed
	Expected  string
	Actual    string // once the file is whole
}

// Checkpoint is what is durably known of a file that is not whole: the ranges
// that its part file holds, of which version, and the hash over the first.
type Checkpoint struct {
	Boot      string // id of the boot in which it was made
	Validator Validator
	Total     int64 // Unknown when the server did not say
	Segments  []Segment
	Hash      []byte // marshalled hash state at the end of the first segment; nil when the content is not hashed
}

// Held is the length of the unbroken start of the file that the checkpoint covers.
func (c *Checkpoint) Held() int64 {
	if c == nil || len(c.Segments) == 0 || c.Segments[0].Start != 0 {
		return 0
	}
	return c.Segments[0].End
}

// Segment is a range of bytes, End exclusive.
type Segment struct{ Start, End int64 }

// Validator identifies one version of a remote file (RFC 9110, section 8.8).
type Validator struct {
	ETag         string // as sent, with its quotes; weak ones keep their W/
	LastModified string // as sent
	Date         string // the Date that came with LastModified, which decides whether that is strong
}

// Zero reports whether nothing identifies the version.
func (v Validator) Zero() bool { return v.ETag == "" && v.LastModified == "" }
