// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package read

import (
	"encoding/hex"
	"fmt"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/qmgr"
)

// place translates where a record was found. layer, when it is set, stands instead of the record's own.
func place(p qmgr.Place, input int, layer evidence.Layer) evidence.Place {
	out := evidence.Place{Input: input, Layer: evidence.Layer(p.Layer), Page: p.Page, Damaged: p.Damaged, Cut: p.Cut}
	if layer != "" {
		out.Layer = layer
	}
	offset := p.Offset
	out.Offset = &offset
	return out
}

func guid(g qmgr.GUID) string {
	if g == (qmgr.GUID{}) {
		return ""
	}
	return evidence.NormalGUID(g.String())
}

func ref[T any](v T) *T { return &v }

// job states a record in the vocabulary of evidence. What the record does not reach stays absent.
func job(q *qmgr.Job, input int, layer evidence.Layer) evidence.Job {
	j := evidence.Job{Evidence: place(q.Place, input, layer), ID: guid(q.ID)}
	j.Ref = j.ID
	if j.Ref == "" {
		j.Ref = fmt.Sprintf("%d:%d", input, q.Place.Offset)
	}
	if !q.HeadLost {
		head(&j, q)
	}
	if q.Through >= qmgr.SectionFiles {
		files(&j, q, input, layer)
	}
	if q.Through >= qmgr.SectionErrors {
		for _, e := range q.Errors {
			j.Errors = append(j.Errors, evidence.Error{Code: fmt.Sprintf("0x%08x", e.Code), Context: qmgr.ErrorContextName(e.Context)})
		}
		if n := len(j.Errors); n > 0 {
			j.Error = &j.Errors[n-1]
		}
	}
	if q.Through >= qmgr.SectionTimes {
		times(&j, q)
	}
	if q.Through >= qmgr.SectionProxy {
		network(&j, q)
	}
	program(&j, q)
	for _, r := range q.Raw {
		if j.Raw == nil {
			j.Raw = map[string]string{}
		}
		j.Raw[r.Name] = hex.EncodeToString(r.Bytes)
	}
	return j
}

// head is what stands before the list of files.
func head(j *evidence.Job, q *qmgr.Job) {
	j.Marker = hex.EncodeToString(q.Marker[:])
	j.Generation = qmgr.Generation(q.Marker)
	if q.Through < qmgr.SectionIdentity {
		return
	}
	j.Type, j.Priority, j.State = q.Type, q.Priority, q.State
	j.Name, j.Description, j.Owner = q.Name, q.Description, evidence.Owner{ID: q.Owner}
	if q.Through >= qmgr.SectionTexts {
		j.Notify = &evidence.Notify{Program: q.Program, Arguments: q.Parameters}
	}
	if q.Through < qmgr.SectionCreator {
		return
	}
	j.Notify.FlagWord, j.Notify.Flags = ref(q.NotifyFlags), qmgr.NotifyFlagNames(q.NotifyFlags)
	j.Creator = &evidence.Creator{Integrity: qmgr.IntegrityName(q.Integrity), Elevated: ref(q.Elevated != 0)}
	if d := q.Descriptor; d != nil {
		j.Descriptor = &evidence.Descriptor{Owner: d.Owner, Group: d.Group, SDDL: d.SDDL, Odd: q.Odd()}
		if d.Label != 0 {
			j.Descriptor.Integrity = qmgr.IntegrityName(d.Label)
		}
	}
}

func files(j *evidence.Job, q *qmgr.Job, input int, layer evidence.Layer) {
	j.FilesTotal = max(len(q.Files), len(q.FileIDs))
	total, known := int64(0), len(q.Files) == j.FilesTotal && j.FilesTotal > 0
	for i, t := range q.Files {
		if t.File == nil {
			known = false
			continue
		}
		f := file(t.File, input, layer)
		f.Index, f.Tie = i, string(t.Tie)
		if t.Tie == qmgr.TieGuess {
			f.Tie = "guess: " + t.Why
		}
		j.Files = append(j.Files, f)
		j.BytesDone += f.BytesDone
		if f.BytesTotal == nil {
			known = false
			continue
		}
		total += *f.BytesTotal
		if f.BytesDone == *f.BytesTotal {
			j.FilesDone++
		}
	}
	if known {
		j.BytesTotal = &total
	}
}

func times(j *evidence.Job, q *qmgr.Job) {
	j.TransientErrors = q.TransientErrors
	j.RetryDelay, j.NoProgressTimeout = ref(int64(q.RetryDelay)), ref(int64(q.NoProgressTimeout))
	j.Created, j.Modified, j.Completed = q.Created, q.Modified, q.Completed
	if q.Through < qmgr.SectionTimers {
		return
	}
	j.Pending, j.Expires = qmgr.PendingName(q.Pending), q.Expires()
	for _, t := range q.Timers {
		j.Timers = append(j.Timers, evidence.Timer{Kind: t.Kind, Start: t.Start, Deadline: t.Deadline})
	}
}

func network(j *evidence.Job, q *qmgr.Job) {
	j.Proxy = &evidence.Proxy{Usage: qmgr.ProxyUsageName(q.ProxyUsage), List: q.ProxyList, Bypass: q.ProxyBypass}
	if q.Headers != nil {
		j.Headers = protected(*q.Headers)
	}
	if len(q.Credentials) > 0 {
		j.Credentials = protected(q.Credentials[0])
	}
	if q.Through < qmgr.SectionSecurity {
		return
	}
	j.Security = &evidence.Security{Word: q.SecurityFlags, Flags: qmgr.SecurityFlagNames(q.SecurityFlags)}
	j.MaxDownloadTime = ref(int64(q.MaxDownloadTime))
	if q.Form == qmgr.FormESE || q.CostPolicy != 0 {
		j.CostPolicy = ref(q.CostPolicy)
	}
}

func protected(p qmgr.Protected) *evidence.Protected {
	return &evidence.Protected{Size: p.Size, PlainSize: p.PlainSize, MasterKey: guid(p.MasterKey)}
}

// program is what the record says of who made the job, at its end.
func program(j *evidence.Job, q *qmgr.Job) {
	j.Method = q.Method
	if q.CreatorImage+q.Service+q.Package+q.Application == "" {
		return
	}
	if j.Creator == nil {
		j.Creator = &evidence.Creator{}
	}
	j.Creator.Path, j.Creator.Service, j.Creator.Package, j.Creator.Application = q.CreatorImage, q.Service, q.Package, q.Application
}

// file states a file record in the vocabulary of evidence.
func file(q *qmgr.File, input int, layer evidence.Layer) evidence.File {
	f := evidence.File{
		ID: guid(q.ID), URL: q.URL, Path: q.Local, Temporary: q.Temporary, BytesDone: q.Transferred, Evidence: place(q.Place, input, layer),
	}
	if q.Tie != "" {
		f.Tie = string(q.Tie)
	}
	if q.Total != openbits.Unknown {
		f.BytesTotal = ref(q.Total)
	}
	if q.HasTail {
		f.Modified, f.Drive, f.Volume = q.RemoteModified, q.Drive, q.Volume
		f.DriveType = qmgr.DriveTypeName(q.DriveType)
		f.VolumeSerial = fmt.Sprintf("%08x", q.Serial)
	}
	return f
}
