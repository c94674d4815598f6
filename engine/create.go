// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/openbits/openbits"
)

// Create makes a job durable and answers it. The bool tells whether it is new: a
// repeated request answers the job that the first one made.
func (e *Engine) Create(ctx context.Context, n openbits.NewJob) (openbits.Job, bool, error) {
	if err := e.checkJob(&n); err != nil {
		return openbits.Job{}, false, err
	}
	request := requestDigest(n)
	if j, err := e.Job(ctx, n.ID); err == nil {
		return repeated(j, n, request)
	}
	name := token()
	files, err := e.prepare(ctx, batch{n.Type, n.Settings.Overwrite, name, 0}, n.Files)
	if err != nil {
		return openbits.Job{}, false, err
	}

	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.checkClockLocked(ctx); err != nil {
		return openbits.Job{}, false, err
	}
	now := e.now()
	u := &update{e: e, now: now, actor: byOwner}
	u.job = openbits.Job{
		ID: n.ID, Name: n.Name, Description: n.Description, Type: n.Type, Priority: n.Priority,
		State: suspended, Owner: n.Owner, Client: n.Client, Settings: n.Settings,
		Created: now, Modified: now, Expires: now.Add(e.Life),
		Reason:  &openbits.Reason{Code: openbits.ReasonNotStarted, Text: "it was created and not started", Since: now, Hint: "Start it: bits resume " + short(n.ID) + "."},
		Request: request, Token: name, Turn: e.nextTurn(),
	}
	if u.job.Name == "" {
		u.job.Name = nameFor(n.Files)
	}
	u.event(openbits.Event{Type: openbits.EventCreated, File: -1, State: string(suspended)})
	u.add(files)
	u.effects |= DoSchedule // at the least, the clock is to be set to the end of its life
	if n.Start {
		if err := u.on(OnResume, nil); err != nil {
			return openbits.Job{}, false, err
		}
	}
	u.change.NewJobs = []openbits.JobRow{{Job: u.job, Route: n.Route}}
	if err := e.Store.Commit(context.WithoutCancel(ctx), &u.change); err != nil {
		if openbits.KindOf(err) == openbits.KindIDInUse { // made by the same request on another connection
			if j, lookErr := e.Store.Job(ctx, n.ID); lookErr == nil {
				return repeated(j, n, request)
			}
		}
		return openbits.Job{}, false, err
	}
	e.Log.Info("created", "job", u.job.ID, "name", u.job.Name, "type", string(u.job.Type), "priority", string(u.job.Priority),
		"owner", u.job.Owner.ID, "pid", u.job.Client.PID, "program", u.job.Client.Program, "files", len(files))
	u.publishLocked()
	return u.job, true, nil
}

func repeated(j openbits.Job, n openbits.NewJob, request string) (openbits.Job, bool, error) {
	if j.Request == request && j.Owner.ID == n.Owner.ID {
		return j, false, nil
	}
	return openbits.Job{}, false, &openbits.Error{
		Op: "create", Object: "job " + n.ID, Kind: openbits.KindIDInUse, Context: openbits.ContextQueueManager, File: -1,
		Text: "another request has created a job with this id", Hint: "Make a new random id (UUID version 4) for each job.",
	}
}

// requestDigest tells a repeated request from another one. The route is left out: its
// secrets have no business in a hash that is not sealed.
func requestDigest(n openbits.NewJob) string {
	n.Route, n.Client = openbits.Route{}, openbits.Client{}
	n.Files = slices.Clone(n.Files) // the caller's URLs stay as they are
	for i := range n.Files {
		n.Files[i].URL = openbits.RedactURL(n.Files[i].URL)
	}
	text, err := json.Marshal(n)
	if err != nil { // it holds nothing but strings and numbers
		panic(err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func token() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func nameFor(files []openbits.NewFile) string {
	switch len(files) {
	case 0:
		return "unnamed"
	case 1:
		return cut(files[0].Name, openbits.MaxNameLength)
	default:
		more := fmt.Sprintf(" and %d more", len(files)-1)
		return cut(files[0].Name, openbits.MaxNameLength-len(more)) + more
	}
}

// about notes which file of a request an error is about.
func about(err error, index int) error {
	e := *openbits.AsError(err)
	e.File = index
	return &e
}

// add adds prepared files to the job.
func (u *update) add(files []openbits.File) {
	for i := range files {
		files[i].JobID = u.job.ID
		u.job.NextFile = files[i].Index + 1
		u.count(files[i], +1)
		u.change.NewFiles = append(u.change.NewFiles, files[i])
	}
}

// partName is the name of a file's part file: hidden, unpredictable by its token, and to be
// found again after a crash without having been written down.
func partName(token string, index int) string {
	return fmt.Sprintf(".openbits-%s-%d.part", token, index)
}

// AddFiles adds files to a job, with the indexes from first on; first < 0 means behind the last one. When files from
// first on are there already, as after a repeated call, they must be the same and are not added again.
func (e *Engine) AddFiles(ctx context.Context, id string, first int, list []openbits.NewFile) ([]openbits.File, error) {
	job, err := e.Job(ctx, id)
	if err != nil {
		return nil, err
	}
	if first < 0 {
		first = job.NextFile
	}
	if first > job.NextFile {
		return nil, invalid("first", fmt.Sprintf("the job has %d files so far, so the next one cannot have index %d", job.NextFile, first))
	}
	known, err := e.matchKnown(ctx, job, first, list)
	if err != nil {
		return nil, err
	}
	if len(known) == len(list) && len(list) > 0 {
		return known, nil
	}
	files, err := e.prepare(ctx, batch{job.Type, job.Settings.Overwrite, job.Token, first + len(known)}, list[len(known):])
	if err != nil {
		return nil, err
	}
	_, err = e.change(ctx, id, byOwner, func(u *update) error {
		if u.job.NextFile != first+len(known) {
			return &openbits.Error{
				Op: "add", Object: "files", Kind: openbits.KindInvalidState, Context: openbits.ContextQueueManager, File: -1,
				Text: "another caller adds files to the job at the same time", Hint: "Repeat the call.",
			}
		}
		if err := u.on(OnChange, nil); err != nil {
			return err
		}
		if most := maxFiles(u.job.Type); u.job.FilesTotal+len(files) > most {
			return tooManyFiles(u.job.Type, most)
		}
		u.job.Modified = u.now
		u.add(files)
		u.event(openbits.Event{Type: openbits.EventChanged, File: -1, State: string(u.job.State)})
		return u.lookAgain()
	})
	if err != nil {
		return nil, err
	}
	return append(known, files...), nil
}

// matchKnown answers the files from index first on that a repeated call names again.
func (e *Engine) matchKnown(ctx context.Context, job openbits.Job, first int, list []openbits.NewFile) ([]openbits.File, error) {
	n := min(job.NextFile-first, len(list))
	if n <= 0 {
		return nil, nil
	}
	var known []openbits.File
	for from := first; len(known) < n; {
		page, err := e.Store.Files(ctx, job.ID, openbits.FileQuery{From: from, Limit: min(n-len(known), 1000)})
		if err != nil {
			return nil, err
		}
		known = append(known, page.Files...)
		if page.Next < 0 {
			break
		}
		from = page.Next
	}
	where := newPlaces(e)
	for i, f := range known[:min(n, len(known))] {
		same, err := where.same(ctx, f, list[i])
		if err != nil {
			return nil, about(err, i)
		}
		if !same {
			return nil, invalid("first", fmt.Sprintf("file %d is there already and is another one", first+i))
		}
	}
	return known[:min(n, len(known))], nil
}
