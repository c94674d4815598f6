// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"fmt"
	"time"

	"github.com/openbits/openbits"
)

// Openbits states the job in the vocabulary of openbits. What the record does not tell is zero, sizes Unknown. Local names are
// kept whole, as the Name of a Place without a Folder: they are paths of another machine. States of files are those
// that the job's state implies.
func (j *Job) Openbits() (openbits.Job, []openbits.File) {
	o := openbits.Job{
		ID: j.ID.String(), Name: j.Name, Description: j.Description, Type: j.Type, Priority: j.Priority, State: j.State,
		Owner: openbits.Owner{ID: j.Owner}, Client: openbits.Client{Program: j.CreatorImage},
		Created: j.Created, Modified: j.Modified, Completed: j.Completed, Expires: j.Expires(),
		FilesTotal: max(len(j.FileIDs), len(j.Files)), ErrorCount: len(j.Errors),
		Settings: openbits.Settings{
			RetryDelay:        time.Duration(j.RetryDelay) * time.Second,
			NoProgressTimeout: time.Duration(j.NoProgressTimeout) * time.Second,
			MaxDownloadTime:   time.Duration(j.MaxDownloadTime) * time.Second,
		},
	}
	if j.State.Final() {
		o.Ended = j.Modified
	}
	if n := len(j.Errors); n > 0 {
		e := j.Errors[n-1]
		o.Error = &openbits.Error{
			Op: "transfer", Kind: openbits.KindInternal, Context: errorContext(e.Context), File: -1,
			Text: fmt.Sprintf("BITS noted 0x%08x", e.Code),
		}
	}
	files := make([]openbits.File, len(j.Files))
	for i, t := range j.Files {
		f := t.File.openbits(o, i)
		files[i] = f
		if o.BytesDone += f.BytesDone; f.BytesTotal == openbits.Unknown {
			o.Unsized++
		} else {
			o.BytesSized += f.BytesTotal
		}
		if f.State.Done() {
			o.FilesDone++
		}
	}
	o.Unsized += o.FilesTotal - len(files)
	if o.BytesTotal = o.BytesSized; o.Unsized > 0 {
		o.BytesTotal = openbits.Unknown
	}
	return o, files
}

func (f *File) openbits(j openbits.Job, index int) openbits.File {
	o := openbits.File{
		JobID: j.ID, Index: index, URL: f.URL, BytesTotal: f.Total, BytesDone: f.Transferred, Modified: f.RemoteModified,
		State: openbits.FileQueued,
	}
	if j.Type.Uploads() {
		o.Upload = &openbits.Upload{Source: openbits.Place{Name: f.Local}, Protocol: openbits.ProtocolBITS, ReplySize: openbits.Unknown}
	} else {
		o.Place = openbits.Place{Name: f.Local, Part: f.Temporary}
	}
	whole := f.Total >= 0 && f.Transferred == f.Total
	switch {
	case j.State == openbits.StateAcknowledged:
		o.State = openbits.FilePublished
	case j.State == openbits.StateCancelled:
		o.State = openbits.FileDropped
	case whole && (f.Total > 0 || j.State == openbits.StateTransferred):
		o.State = openbits.FileTransferred
	case j.State == openbits.StateError:
		o.State = openbits.FileError
	case j.State == openbits.StateTransientError:
		o.State = openbits.FileWaiting
	case j.State.Active():
		o.State = openbits.FileTransferring
	}
	return o
}

// errorContext is BG_ERROR_CONTEXT in the words of openbits.
func errorContext(word uint32) openbits.Context {
	switch word {
	case 0:
		return openbits.ContextNone
	case 2, 3:
		return openbits.ContextQueueManager
	case 4:
		return openbits.ContextLocalFile
	case 5, 8:
		return openbits.ContextRemoteFile
	case 6:
		return openbits.ContextTransport
	case 7:
		return openbits.ContextRemoteApplication
	}
	return openbits.ContextUnknown
}
