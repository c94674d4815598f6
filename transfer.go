// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import (
	"context"
	"time"
)

// Transfer is one attempt to move one file, as a mover gets it.
type Transfer struct {
	JobID    string
	Index    int
	Type     JobType
	Priority Priority
	URL      string
	Route    *Route
	Fresh    bool // ask caches on the way to revalidate: the content was wrong last time
	ByDigest bool // the expected digest will judge the whole: bytes of any server fit together as long as its size agrees
}

// Head is what a server said about the content it is about to send, checked by the mover.
type Head struct {
	Offset    int64 // where the bytes that follow belong: 0 or what the part held
	Total     int64 // size of the whole file, or Unknown
	Validator Validator
	Modified  time.Time // Last-Modified as a time; zero when the server did not say
}

// Part is the local end of a download as a mover sees it: the unbroken start of one
// version of the file, growing at its end. It is used by one goroutine at a time.
type Part interface {
	// Held tells what is there: its length, the version it is of, and the size of the
	// whole file as far as it is known. A length of 0 comes with the zero Validator.
	Held() Head
	// Begin announces what is about to be written. With an offset of 0 whatever was
	// held is dropped, durably, before it returns; otherwise the offset must be what is held.
	Begin(Head) error
	// Write appends. It returns an Error of the local file's kinds, such as disk_full.
	Write(p []byte) (int, error)
	// End tells that the server sent everything there is: what is held is the whole file.
	End() error
}

// Source is the local end of an upload as a mover sees it. It is used by one goroutine at a time, but for ReadAt,
// which the goroutine that writes to the connection may call meanwhile.
type Source interface {
	// Name is the bare name of the file.
	Name() string
	// Size is the length of the file when the upload began.
	Size() int64
	// ReadAt reads as io.ReaderAt does, at the pace that the job is held to. Before it returns bytes it checks that the file
	// is still the one that the upload began with, and fails with local_file_changed if not.
	ReadAt(p []byte, off int64) (int, error)
	// Session is what was saved last; zero at the first attempt.
	Session() Session
	// Save makes the session and the count of bytes acknowledged by the server durable.
	Save(s Session, acknowledged int64) error
	// Acknowledge notes how many bytes the server has. That need not be durable: the server is asked again.
	Acknowledge(n int64) error
	// Acknowledged is what was noted last, or what of it was durable when the service ended.
	Acknowledged() int64
}

// CarriedSource is a Source that wants to know what carries its bytes, as a CarriedPart does.
type CarriedSource interface {
	Source
	CarriedBy(c Carrier) // nil: what carries them cannot tell
}

// ReplySource is the Source of an upload that is to be answered with a file.
type ReplySource interface {
	Source
	// Reply fetches the answer from url and makes it durable. When it has done so before, it does nothing.
	Reply(ctx context.Context, url string) error
}
