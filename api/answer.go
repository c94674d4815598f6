// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"strings"
	"time"

	"github.com/openbits/openbits"
)

// JobOf is j on the wire.
func JobOf(j openbits.Job) Job {
	return Job{
		ID: j.ID, Name: j.Name, Description: j.Description, Type: j.Type, Priority: j.Priority, State: j.State,
		Owner: Owner(j.Owner), Client: Client(j.Client),
		Created: instant(j.Created), Modified: instant(j.Modified),
		Completed: moment(j.Completed), Expires: moment(j.Expires), NextTry: moment(j.NextTry),
		BytesTotal: known(j.BytesTotal), BytesDone: j.BytesDone,
		Rate: rateOf(j.Rate), FilesTotal: j.FilesTotal, FilesDone: j.FilesDone, FilesFailed: j.FilesFailed,
		Reason: reasonOf(j.Reason), Error: ErrorOf(j.Error), ErrorCount: j.ErrorCount, Transport: transportOf(j.Transport),
		Settings: Settings{
			AutoComplete: j.Settings.AutoComplete, Overwrite: j.Settings.Overwrite, Limit: j.Settings.Limit,
			RetryDelay: SecondsOf(j.Settings.RetryDelay), NoProgressTimeout: SecondsOf(j.Settings.NoProgressTimeout),
			MaxDownloadTime: SecondsOf(j.Settings.MaxDownloadTime), Umask: fmt.Sprintf("%03o", j.Settings.Umask),
		},
	}
}

// JobsOf are jobs on the wire: never null.
func JobsOf(jobs []openbits.Job) []Job {
	out := make([]Job, len(jobs))
	for i := range jobs {
		out[i] = JobOf(jobs[i])
	}
	return out
}

func reasonOf(r *openbits.Reason) *Reason {
	if r == nil {
		return nil
	}
	return &Reason{Code: r.Code, Text: r.Text, Since: moment(r.Since), Until: moment(r.Until), Hint: r.Hint}
}

// ErrorOf is e on the wire.
func ErrorOf(e *openbits.Error) *Error {
	if e == nil {
		return nil
	}
	out := &Error{Code: e.Kind, Context: e.Context, Text: e.Error(), Hint: e.Hint}
	if e.File >= 0 {
		index := e.File
		out.File = &index
	}
	return out
}

// FileOf is f on the wire, secrets of its URL removed.
func FileOf(f openbits.File) File {
	out := File{
		Index: f.Index, URL: openbits.RedactURL(f.URL), Path: f.Path(), State: f.State,
		BytesTotal: known(f.BytesTotal), BytesDone: f.BytesDone, Modified: moment(f.Modified),
		Error: ErrorOf(f.Error), Attempts: f.Attempts, NextTry: moment(f.NextTry),
	}
	if !f.Validator.Zero() {
		out.Validator = &Validator{ETag: f.Validator.ETag, LastModified: f.Validator.LastModified}
	}
	if f.Digest.Algorithm != "" {
		digest := Digest(f.Digest)
		out.Digest = &digest
	}
	if u := f.Upload; u != nil {
		out.Upload = &Upload{
			Protocol: u.Protocol, Spoken: u.Spoken, Growing: u.Growing, Sent: u.Sent, Session: u.Session.ID, Host: u.Session.Host,
			ReplySize: known(u.ReplySize), ReplyLimit: u.ReplyLimit,
		}
		if f.Arrives() {
			out.Upload.Reply = f.Place.Path()
		}
	}
	return out
}

// FilesOf are files on the wire: never null.
func FilesOf(files []openbits.File) []File {
	out := make([]File, len(files))
	for i := range files {
		out[i] = FileOf(files[i])
	}
	return out
}

// UpdateOf is u on the wire.
func UpdateOf(u openbits.Update) Update {
	out := Update{Kind: u.Kind, Seq: u.Seq, Jobs: JobsOf(u.Jobs), Files: FilesOf(u.Files)}
	if e := u.Event; e != nil {
		out.Event = &Event{
			Seq: e.Seq, Time: instant(e.Time), Type: e.Type, Job: e.JobID, State: e.State, From: e.From, Actor: e.Actor,
			Error: ErrorOf(e.Error),
		}
		if e.File >= 0 {
			index := e.File
			out.Event.File = &index
		}
	}
	return out
}

// StatsOf is s on the wire; clients is the number of open connections to the service.
func StatsOf(s openbits.Stats, clients int) Stats {
	jobs := make(map[openbits.State]int, len(openbits.States))
	for _, state := range openbits.States {
		jobs[state] = s.Jobs[state]
	}
	return Stats{
		Jobs: jobs, Clients: clients, BytesReceived: s.BytesReceived, BytesSent: s.BytesSent,
		Connections: s.Connections, Retries: s.Retries, Restarts: s.Restarts, LastEvent: s.LastEvent,
	}
}

// ProblemOf is err on the wire, with the HTTP status of its answer; job is the id it is about, or empty.
func ProblemOf(err error, status int, job string) Problem {
	e := openbits.AsError(err)
	return Problem{
		Type: ProblemBase + string(e.Kind), Title: strings.ReplaceAll(string(e.Kind), "_", " "), Status: status,
		Detail: e.Error(), Code: e.Kind, Hint: e.Hint, Object: e.Object, Job: job,
	}
}

// instant is a time as it is shown: UTC, in milliseconds.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// moment is a time that may never come.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = instant(t)
	return &t
}

// rateOf is a rate that was measured.
func rateOf(rate int64) *int64 {
	if rate <= 0 {
		return nil
	}
	return &rate
}

func known(n int64) *int64 {
	if n < 0 {
		return nil
	}
	return &n
}
