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
	Path       string             `json:"path" example:"/home/ada/debian-13.iso" doc:"where the file goes; of an upload: what is sent"`
	State      openbits.FileState `json:"state" example:"transferring" doc:"queued, transferring, waiting, transferred, publishing, published, error, quarantined, invalid or dropped"`
	BytesTotal *int64             `json:"bytes_total" example:"703594496" doc:"null until a server said it"`
	BytesDone  int64              `json:"bytes_done" example:"351797248" doc:"of an upload: acknowledged by the server, or by PUT sent so far"`
	Validator  *Validator         `json:"validator" doc:"the version of the remote file that the bytes are of"`
	Digest     *Digest            `json:"digest" doc:"null when the content is not hashed"`
	Modified   *time.Time         `json:"modified" doc:"Last-Modified of the content"`
	Error      *Error             `json:"error"`
	Attempts   int                `json:"attempts" doc:"failures in a row without a byte"`
	NextTry    *time.Time         `json:"next_try" doc:"of a waiting file"`
	Upload     *Upload            `json:"upload" doc:"null for downloads"`
}

// Upload is what is known of a file that is sent, beside what is known of any file.
type Upload struct {
	Protocol openbits.Protocol `json:"protocol" example:"auto" doc:"as it was asked for: auto, bits or put"`
	Spoken   openbits.Protocol `json:"spoken" example:"bits" doc:"what the server was found to speak, bits or put; empty before that is known"`
	Growing  bool              `json:"growing" doc:"the file may grow while it is sent"`
	Sent     bool              `json:"sent" doc:"the server has the whole file"`
	Session  string            `json:"session" example:"{0B3F3A2C-6B5E-4C9D-8F3E-5D0C1E9A7B42}" doc:"by which the server knows the upload; empty when there is none"`
	Host     string            `json:"host" doc:"the server that holds the session, when it is not the URL's"`

	Reply      string `json:"reply" example:"/home/ada/order.xml.reply" doc:"where the server's answer goes; empty when none is wanted"`
	ReplySize  *int64 `json:"reply_size" doc:"bytes of the answer; null until it is there"`
	ReplyLimit int64  `json:"reply_limit" doc:"bytes; the largest answer that is accepted"`
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
