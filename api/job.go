// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"time"

	"github.com/openbits/openbits"
)

// Job is a transfer of one or more files, without the files.
type Job struct {
	ID          string            `json:"id" format:"uuid" example:"6f1c0f0e-1a5b-4b7e-9d3f-2b1f0e8a7c55" doc:"UUID version 4, chosen by whoever created the job"`
	Name        string            `json:"name" example:"debian-13.iso"`
	Description string            `json:"description"`
	Type        openbits.JobType  `json:"type" example:"download" doc:"download, upload or upload_reply"`
	Priority    openbits.Priority `json:"priority" example:"normal" doc:"foreground, high, normal or low"`
	State       openbits.State    `json:"state" example:"transferring" doc:"queued, connecting, transferring, suspended, error, transient_error, transferred, acknowledged or cancelled"`
	Owner       Owner             `json:"owner" doc:"the account the job belongs to, as the kernel told it"`
	Client      Client            `json:"client" doc:"the process that created the job, as the kernel told it"`

	Created   time.Time  `json:"created"`
	Modified  time.Time  `json:"modified" doc:"last change of anything but progress"`
	Completed *time.Time `json:"completed" doc:"when the last file became whole"`
	Expires   *time.Time `json:"expires" doc:"when the job's life ends, whatever happens"`
	NextTry   *time.Time `json:"next_try" doc:"earliest next attempt of a job in transient_error"`

	BytesTotal  *int64 `json:"bytes_total" example:"703594496" doc:"null while the size of any file is unknown"`
	BytesDone   int64  `json:"bytes_done" example:"351797248"`
	Rate        *int64 `json:"rate" example:"11534336" doc:"bytes per second at this moment; null when it does not move or was not measured"`
	FilesTotal  int    `json:"files_total" example:"1"`
	FilesDone   int    `json:"files_done" doc:"whole and verified"`
	FilesFailed int    `json:"files_failed" doc:"in need of their owner"`

	Reason     *Reason `json:"reason" doc:"why the job does not move, or only as a trickle (yielding)"`
	Error      *Error  `json:"error" doc:"the last error, until bytes move again"`
	ErrorCount int     `json:"error_count" doc:"never reset"`

	Transport *Transport `json:"transport" doc:"the network under it; null when it does not move or nothing is known"`

	Settings Settings `json:"settings"`
}

// JobWithFiles is a job together with all its files.
type JobWithFiles struct {
	Job
	Files []File `json:"files"`
}

// Owner is an account.
type Owner struct {
	ID   string `json:"id" example:"1000" doc:"user id on Unix, SID on Windows"`
	Name string `json:"name" example:"ada" doc:"name of the account, empty when unknown"`
}

// Client is a process.
type Client struct {
	PID     int    `json:"pid" example:"4711"`
	Program string `json:"program" example:"/usr/bin/bits" doc:"path of its executable, empty when unknown"`
}

// Reason says why a job does not move, or only as a trickle.
type Reason struct {
	Code  openbits.ReasonCode `json:"code" example:"retry"`
	Text  string              `json:"text" doc:"one sentence for people"`
	Since *time.Time          `json:"since"`
	Until *time.Time          `json:"until" doc:"when it ends by itself; null when not by time"`
	Hint  string              `json:"hint" doc:"what would end it"`
}

// Error is what went wrong with a job or a file.
type Error struct {
	Code    openbits.Kind    `json:"code" example:"http_404"`
	Context openbits.Context `json:"context" example:"remote_file" doc:"the part of the transfer it comes from"`
	Text    string           `json:"text" doc:"one sentence for people"`
	Hint    string           `json:"hint" doc:"what to do about it"`
	File    *int             `json:"file" doc:"index of the file; null when the error is not about one"`
}

// Settings are what the owner chose about a job.
type Settings struct {
	AutoComplete      bool    `json:"auto_complete" doc:"publish each file when it is verified, then complete the job"`
	Overwrite         bool    `json:"overwrite" doc:"replace an existing file when publishing"`
	Limit             int64   `json:"limit" doc:"bytes per second; 0: none"`
	RetryDelay        Seconds `json:"retry_delay" example:"5" doc:"seconds; first back-off after a transient error"`
	NoProgressTimeout Seconds `json:"no_progress_timeout" example:"1209600" doc:"seconds; 0: every transient error is final at once"`
	MaxDownloadTime   Seconds `json:"max_download_time" example:"7776000" doc:"seconds"`
	Umask             string  `json:"umask" example:"022" doc:"octal; published files get mode 0666 less it"`
}

// JobPage is one page of a listing of jobs.
type JobPage struct {
	Jobs []Job  `json:"jobs" nullable:"false"`
	Next string `json:"next" doc:"cursor of the next page; empty on the last"`
}

// JobQuery selects jobs; the zero value selects all, the newest first.
type JobQuery struct {
	States     []openbits.State    // any of these
	Priorities []openbits.Priority // any of these
	Name       string              // exact
	Prefix     string              // beginning of the id
	Path       string              // of a file that claims this final path
	Cursor     string              // Next of the page before
	Limit      int                 // jobs a page, 1 to 1000; 0: 100
}

// Seconds is a duration in seconds.
type Seconds float64

// Duration is s as a duration of Go.
func (s Seconds) Duration() time.Duration { return time.Duration(float64(s) * float64(time.Second)) }

// SecondsOf is d in seconds.
func SecondsOf(d time.Duration) Seconds { return Seconds(d.Seconds()) }
