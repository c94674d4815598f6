// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"time"

	"github.com/openbits/openbits"
)

// File is one file of a job.
type File struct {
	Index      int                `json:"index" doc:"from 0, never reused"`
	URL        string             `json:"url" example:"https://example.org/debian-13.iso" doc:"without user, query and fragment"`
	Path       string             `json:"path" example:"/home/ada/debian-13.iso" doc:"where the file goes"`
	State      openbits.FileState `json:"state" example:"transferring" doc:"queued, transferring, waiting, transferred, publishing, published, error, quarantined, invalid or dropped"`
	BytesTotal *int64             `json:"bytes_total" example:"703594496" doc:"null until a server said it"`
	BytesDone  int64              `json:"bytes_done" example:"351797248"`
	Validator  *Validator         `json:"validator" doc:"the version of the remote file that the bytes are of"`
	Digest     *Digest            `json:"digest" doc:"null when the content is not hashed"`
	Modified   *time.Time         `json:"modified" doc:"Last-Modified of the content"`
	Error      *Error             `json:"error"`
	Attempts   int                `json:"attempts" doc:"failures in a row without a byte"`
	NextTry    *time.Time         `json:"next_try" doc:"of a waiting file"`
}

// Validator identifies one version of a remote file (RFC 9110, section 8.8).
type Validator struct {
	ETag         string `json:"etag" example:"\"5f3c-1a2b\""`
	LastModified string `json:"last_modified" example:"Mon, 23 Nov 2026 09:14:00 GMT"`
}

// Digest is what is known of a file's content hash, in lower-case hex.
type Digest struct {
	Algorithm string `json:"algorithm" example:"sha256" doc:"sha256 or sha512"`
	Expected  string `json:"expected" doc:"empty when none was given"`
	Actual    string `json:"actual" doc:"empty until the file is whole"`
}

// FilePage is one page of a listing of files.
type FilePage struct {
	Files []File `json:"files" nullable:"false"`
	Next  string `json:"next" doc:"cursor of the next page; empty on the last"`
}

// FileQuery selects files of a job, in the order of their index.
type FileQuery struct {
	States []openbits.FileState // any of these
	Cursor string               // Next of the page before
	Limit  int                  // files a page, 1 to 1000; 0: 100
}

// FileList is the answer to adding files.
type FileList struct {
	Files []File `json:"files" nullable:"false"`
}
