// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"time"

	"github.com/openbits/openbits"
)

// Job is a job of Windows' BITS: all that the evidence of one host tells of it. Its own fields are those of its best state:
// the live one, else the newest of the strongest layer, with what events add.
type Job struct {
	Ref         string            `json:"ref"` // names it within the host: its id, or "input:offset" when that is not known
	Host        string            `json:"host"`
	ID          string            `json:"id,omitempty"` // GUID in lower case, without braces
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Type        openbits.JobType  `json:"type,omitempty"`
	Priority    openbits.Priority `json:"priority,omitempty"`
	State       openbits.State    `json:"state,omitempty"`
	Owner       Owner             `json:"owner"`
	Created     time.Time         `json:"created,omitzero"`
	Modified    time.Time         `json:"modified,omitzero"`
	Completed   time.Time         `json:"completed,omitzero"`
	Expires     time.Time         `json:"expires,omitzero"` // the inactivity timer's end
	BytesTotal  *int64            `json:"bytes_total"`      // null while unknown
	BytesDone   int64             `json:"bytes_done"`
	FilesTotal  int               `json:"files_total"`
	FilesDone   int               `json:"files_done"`
	Error       *Error            `json:"error,omitempty"` // the last one
	Files       []File            `json:"files,omitempty"`

	Notify            *Notify     `json:"notify,omitempty"` // the program that BITS runs when the job is done or failed
	Pending           string      `json:"pending,omitempty"`
	Creator           *Creator    `json:"creator,omitempty"`
	Descriptor        *Descriptor `json:"descriptor,omitempty"`
	Timers            []Timer     `json:"timers,omitempty"`
	RetryDelay        *int64      `json:"retry_delay_s,omitempty"`
	NoProgressTimeout *int64      `json:"no_progress_timeout_s,omitempty"`
	MaxDownloadTime   *int64      `json:"max_download_time_s,omitempty"`
	TransientErrors   uint32      `json:"transient_errors,omitempty"`
	Errors            []Error     `json:"errors,omitempty"`
	Security          *Security   `json:"security,omitempty"`
	Proxy             *Proxy      `json:"proxy,omitempty"`
	CostPolicy        *uint32     `json:"cost_policy,omitempty"`
	Headers           *Protected  `json:"headers,omitempty"`     // custom HTTP headers: that there are some, never what they say
	Credentials       *Protected  `json:"credentials,omitempty"` // the same
	Method            string      `json:"method,omitempty"`      // of HTTP
	Generation        string      `json:"generation,omitempty"`  // of the format, such as "Windows 7" or "BITS 10.3.2"
	Marker            string      `json:"marker,omitempty"`      // of the record, in hex

	Raw map[string]string `json:"raw,omitempty"` // what has no known meaning, in hex, by place

	Evidence Place    `json:"evidence"`
	Versions []Job    `json:"versions,omitempty"` // all states that were found, oldest first, without versions of their own
	Timeline []Moment `json:"timeline,omitempty"` // in the order of time

	Known      string    `json:"known,omitempty"`      // id of the known-good profile that it fits in every part
	Masquerade *Disguise `json:"masquerade,omitempty"` // it has a known name, and something else is not as it should be
	Rarity     *Rarity   `json:"rarity,omitempty"`     // where several hosts were read
}

// Owner is an account.
type Owner struct {
	ID   string `json:"id,omitempty"`   // SID
	Name string `json:"name,omitempty"` // DOMAIN\user, as events say it
}

// Notify is what SetNotifyCmdLine and SetNotifyFlags left.
type Notify struct {
	Program   string   `json:"program,omitempty"`
	Arguments string   `json:"arguments,omitempty"`
	Flags     []string `json:"flags,omitempty"`
	FlagWord  *uint32  `json:"flag_word,omitempty"`
	Failed    []string `json:"failed,omitempty"` // results of events 63 and 64, such as "0x80070002"
}

// Creator is the process that made the job.
type Creator struct {
	Path        string `json:"path,omitempty"`
	PID         *int64 `json:"pid,omitempty"`
	StartKey    string `json:"start_key,omitempty"` // ClientProcessStartKey of events
	CommandLine string `json:"command_line,omitempty"`
	Parent      string `json:"parent,omitempty"`
	Integrity   string `json:"integrity,omitempty"` // low, medium, high, system, or the RID in hex
	Elevated    *bool  `json:"elevated,omitempty"`
	Service     string `json:"service,omitempty"` // that hosted it
	Package     string `json:"package,omitempty"` // family name of a packaged application
	Application string `json:"application,omitempty"`
}

// Descriptor is what is worth saying of the job's security descriptor.
type Descriptor struct {
	Owner     string   `json:"owner,omitempty"` // SID
	Group     string   `json:"group,omitempty"`
	Integrity string   `json:"integrity,omitempty"` // of its mandatory label
	SDDL      string   `json:"sddl,omitempty"`
	Odd       []string `json:"odd,omitempty"` // what BITS itself would not write, in words
}

// Timer is one of a job's timers.
type Timer struct {
	Kind     string    `json:"kind"` // inactivity, no_progress, notification, retry
	Start    time.Time `json:"start,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"`
}

// Security are the flags of SetSecurityFlags.
type Security struct {
	Word  uint32   `json:"word"`
	Flags []string `json:"flags,omitempty"` // crl_check, ignore_cn, ignore_date, ignore_unknown_ca, ignore_usage, redirect_report, redirect_disallow, allow_https_to_http
}

// Proxy are a job's proxy settings.
type Proxy struct {
	Usage  string `json:"usage"` // preconfig, none, override, autodetect
	List   string `json:"list,omitempty"`
	Bypass string `json:"bypass,omitempty"`
}

// Protected is data that DPAPI protects: what can be said of it without the key.
type Protected struct {
	Size      int    `json:"size,omitempty"`       // bytes of the blob
	PlainSize int    `json:"plain_size,omitempty"` // bytes within
	MasterKey string `json:"master_key,omitempty"` // GUID
}

// Error is an error of a job or file.
type Error struct {
	Code    string `json:"code"` // HRESULT, such as "0x80072ee7"
	Context string `json:"context,omitempty"`
	Text    string `json:"text,omitempty"`
	File    string `json:"file,omitempty"`
}

// File is one file of a job.
type File struct {
	Index        int       `json:"index"`
	ID           string    `json:"id,omitempty"`   // GUID of the database's row
	URL          string    `json:"url"`            // remote name: a URL or a path, as it stands
	Path         string    `json:"path,omitempty"` // local name
	Temporary    string    `json:"temporary,omitempty"`
	BytesTotal   *int64    `json:"bytes_total"` // null while unknown
	BytesDone    int64     `json:"bytes_done"`
	Modified     time.Time `json:"remote_modified,omitzero"` // Last-Modified, by the server's clock
	Drive        string    `json:"drive,omitempty"`
	DriveType    string    `json:"drive_type,omitempty"` // fixed, removable, network, …
	Volume       string    `json:"volume,omitempty"`
	VolumeSerial string    `json:"volume_serial,omitempty"` // eight hex digits, as in shortcuts and prefetch files
	Tie          string    `json:"tie,omitempty"`           // how it is known to be the job's: row, id, inline, event, or "guess: …"
	Evidence     Place     `json:"evidence"`
	Host         string    `json:"host,omitempty"` // of files that are tied to no job
}

// Moment is a point of a job's history.
type Moment struct {
	Time  time.Time `json:"time"`
	What  string    `json:"what"`            // in words
	Kind  string    `json:"kind"`            // created, modified, completed, transfer_started, transfer_stopped, notify, process, …
	Event int       `json:"event,omitempty"` // index in the host's Events plus one
	Place Place     `json:"evidence"`
}

// Disguise says what does not fit a name that is known.
type Disguise struct {
	Profile string   `json:"profile"`
	Wrong   []string `json:"wrong"` // creator, host, destination
}

// Rarity says on how many of the hosts that were read a job's like was seen.
type Rarity struct {
	Key   string `json:"key"` // name, creator and remote host, without what differs from job to job
	Hosts int    `json:"hosts"`
	Of    int    `json:"of"`
}
