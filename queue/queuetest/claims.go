// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package queuetest

import (
	"context"
	"strings"
	"testing"

	"github.com/openbits/openbits"
)

func testRemove(t *testing.T, open Open) {
	b := start(t, open)
	b.add(1, 2)
	b.commit(openbits.Change{
		NewJobs:  []openbits.JobRow{{Job: newJob(3), Route: openbits.Route{CA: "pem"}}},
		NewFiles: []openbits.File{newFile(3, 0), newFile(1, 1)},
		Events:   []openbits.Event{{JobID: jobID(1)}},
	})
	b.commit(openbits.Change{Remove: []string{jobID(1), jobID(3)}})
	b.reopen()
	b.same("jobs", b.ids(openbits.JobQuery{}), []string{jobID(2)})
	b.same("the other job's file", b.file(2, 0), newFile(2, 0))
	_, err := b.File(context.Background(), jobID(1), 0)
	b.kind(err, openbits.KindNotFound)
	_, err = b.Route(context.Background(), jobID(3))
	b.kind(err, openbits.KindNotFound)
	counts, _ := b.CountJobs(context.Background())
	b.same("counts", counts, map[openbits.State]int{openbits.StateQueued: 1})
	events, _, _ := b.Events(context.Background(), 0, 0)
	b.same("events stay", len(events), 1)

	// Nothing of the old job shows in a new one with its id, and its paths are free.
	b.commit(openbits.Change{NewJobs: []openbits.JobRow{{Job: newJob(3)}}, NewFiles: []openbits.File{newFile(3, 1)}})
	page, err := b.Files(context.Background(), jobID(3), openbits.FileQuery{})
	b.same("files", page, openbits.FilePage{Files: []openbits.File{newFile(3, 1)}, Next: -1})
	b.same("Files' error", err, nil)
	route, err := b.Route(context.Background(), jobID(3))
	b.same("route", route, openbits.Route{})
	b.same("Route's error", err, nil)
	b.commit(openbits.Change{NewJobs: []openbits.JobRow{{Job: newJob(1)}}, NewFiles: []openbits.File{newFile(1, 0), newFile(1, 1)}})
}

// rival is a file of job n that goes where file 0 of job 1 goes.
func rival(n, index int) openbits.File {
	f := newFile(n, index)
	f.Place = newFile(1, 0).Place
	f.Place.Part = "another part"
	return f
}

func testClaims(t *testing.T, open Open) {
	b := start(t, open)
	b.add(1)
	b.commit(openbits.Change{NewJobs: []openbits.JobRow{{Job: newJob(2)}}})
	e := b.refuse(openbits.Change{NewFiles: []openbits.File{rival(2, 0)}}, openbits.KindDestinationBusy)
	if !strings.Contains(e.Error(), jobID(1)) || !strings.Contains(e.Hint, "bits show "+jobID(1)) ||
		!strings.Contains(e.Error(), newFile(1, 0).Place.Path()) {
		t.Errorf("%v; hint %q: path or holder is not named", e, e.Hint)
	}
	b.refuse(openbits.Change{NewFiles: []openbits.File{rival(1, 1)}}, openbits.KindDestinationBusy)
	remounted := rival(2, 0)
	remounted.Place.Folder.ID, remounted.Place.Folder.Volume = "inode 8", "volume 2"
	b.refuse(openbits.Change{NewFiles: []openbits.File{remounted}}, openbits.KindDestinationBusy)

	f := newFile(1, 0)
	for _, state := range openbits.FileStates {
		f.State = state
		b.commit(openbits.Change{Files: []openbits.File{f}})
		free := state == openbits.FilePublished || state == openbits.FileDropped
		c := openbits.Change{NewFiles: []openbits.File{rival(2, 0)}}
		if !free {
			b.refuse(c, openbits.KindDestinationBusy)
			continue
		}
		b.commit(c)
		back := f
		back.State = openbits.FileQueued
		b.refuse(openbits.Change{Files: []openbits.File{back}}, openbits.KindDestinationBusy)
		b.commit(openbits.Change{Files: []openbits.File{f}})
		b.commit(openbits.Change{Remove: []string{jobID(2)}})
		b.commit(openbits.Change{NewJobs: []openbits.JobRow{{Job: newJob(2)}}})
		b.commit(openbits.Change{Files: []openbits.File{back}})
	}
	j := newJob(1)
	for _, state := range openbits.States {
		j.State = state
		f.State = openbits.FileQueued
		b.commit(openbits.Change{Jobs: []openbits.Job{j}, Files: []openbits.File{f}})
		if !state.Final() {
			b.refuse(openbits.Change{NewFiles: []openbits.File{rival(2, 0)}}, openbits.KindDestinationBusy)
		}
	}
	// Job 1 is cancelled now.
	b.commit(openbits.Change{NewFiles: []openbits.File{rival(2, 0)}})
	b.commit(openbits.Change{Files: []openbits.File{f}, NewFiles: []openbits.File{func() openbits.File {
		g := newFile(1, 1)
		g.Place = f.Place
		return g
	}()}})
	j.State = openbits.StateQueued
	b.refuse(openbits.Change{Jobs: []openbits.Job{j}}, openbits.KindDestinationBusy)
}

func testClaimsOrder(t *testing.T, open Open) {
	b := start(t, open)
	b.add(1)
	final, dropped := newJob(1), newFile(1, 0)
	final.State, dropped.State = openbits.StateCancelled, openbits.FileDropped
	b.commit(openbits.Change{Files: []openbits.File{dropped}, NewFiles: []openbits.File{rival(1, 1)}})
	b.commit(openbits.Change{
		Jobs: []openbits.Job{final}, NewJobs: []openbits.JobRow{{Job: newJob(2)}}, NewFiles: []openbits.File{rival(2, 0)},
	})
	b.commit(openbits.Change{
		Remove: []string{jobID(2)}, NewJobs: []openbits.JobRow{{Job: newJob(3)}}, NewFiles: []openbits.File{rival(3, 0)},
	})
	b.same("holder", b.ids(openbits.JobQuery{Path: rival(1, 0).Place.Path()}), []string{jobID(3)})

	// Uploads claim nothing, but for the path of a reply.
	up, reply := newJob(4), newJob(5)
	up.Type, reply.Type = openbits.TypeUpload, openbits.TypeUploadReply
	b.commit(openbits.Change{
		NewJobs: []openbits.JobRow{{Job: up}}, NewFiles: []openbits.File{rival(4, 0), rival(4, 1)},
	})
	b.refuse(openbits.Change{
		NewJobs: []openbits.JobRow{{Job: reply}}, NewFiles: []openbits.File{rival(5, 0)},
	}, openbits.KindDestinationBusy)
	b.same("holder", b.ids(openbits.JobQuery{Path: rival(1, 0).Place.Path()}), []string{jobID(3)})
}

func testPathQuery(t *testing.T, open Open) {
	b := start(t, open)
	b.add(1, 2)
	path := newFile(1, 0).Place.Path()
	b.same("claimed", b.ids(openbits.JobQuery{Path: path}), []string{jobID(1)})
	b.same("not clean", b.ids(openbits.JobQuery{Path: "/data/./1//file 0"}), []string{jobID(1)})
	for _, q := range []openbits.JobQuery{
		{Path: "/data/1/file"},
		{Path: "/data/1"},
		{Path: "file 0"},
		{Path: "/"},
		{Path: ""},
		{Path: path, States: []openbits.State{openbits.StateSuspended}},
		{Path: path, Name: "job 2"},
		{Path: path, IDPrefix: jobID(2)},
		{Path: path, Priorities: []openbits.Priority{openbits.PriorityLow}},
	} {
		want := []string(nil)
		if q.Path == "" {
			want = []string{jobID(2), jobID(1)}
		}
		b.same("jobs", b.ids(q), want)
	}
	f := newFile(1, 0)
	f.State = openbits.FilePublished
	b.commit(openbits.Change{Files: []openbits.File{f}})
	b.same("published", b.ids(openbits.JobQuery{Path: path}), []string(nil))
}
