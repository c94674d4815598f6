// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/internal/testlab"
)

// modelState is a service with the model of its jobs.
type modelState struct {
	*storm
	rt    *rapid.T
	rng   *rand.Rand
	all   []*modelJob
	names int
	paths []string // files of the origin
	tally *modelTally
}

// modelTally counts what all checks came to.
type modelTally struct {
	checks, jobs, published, sent, dropped, crashes, planned, powerCuts int
}

// TestModel makes random calls, lets the service and the power fail at random moments, and compares with the model.
// The full form: go test ./engine -run TestModel -rapid.checks 2000.
func TestModel(t *testing.T) {
	parent, origin := t.TempDir(), startOrigin(t)
	tune := func(o *engine.Options) {
		o.BackgroundJobs, o.FilesPerJob = 2, 3
		o.Slice = 10 * time.Second
	}
	var sum modelTally
	defer func() { t.Logf("%+v", sum) }()
	rapid.Check(t, func(rt *rapid.T) {
		dir, remove := newFolder(rt, parent)
		defer remove()
		inStorm(t, func(*testing.T) {
			m := &modelState{tally: &sum, rt: rt, rng: rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1)), storm: newStorm(rt, dir, origin, tune)}
			defer m.end()
			m.Create(rt)
			rt.Repeat(rapid.StateMachineActions(m))
			m.close()
		})
	})
}

// Check comes after each step: what must hold at any time. Models are compared by the steps that know enough.
func (m *modelState) Check(rt *rapid.T) {
	m.alive()
	if n := len(m.jobs()); n != len(m.all) {
		rt.Fatalf("there are %d jobs, want %d", n, len(m.all))
	}
	for _, j := range m.all {
		job, err := m.store.Job(m.ctx, j.id)
		if err != nil || !slices.Contains(j.may(), job.State) && !j.late() {
			rt.Fatalf("job %s is %s, want one of %v (error %v, job's error %v)", j.id, job.State, j.may(), err, job.Error)
		}
	}
}

// alive starts a service again if a planned crash struck.
func (m *modelState) alive() {
	if m.dead() {
		m.setPlan(nil)
		m.tally.planned++
		m.revive(m.rng.IntN(2) == 0, m.rng)
	}
}

// call repeats a call until it is answered, and tells whether it had to.
func (m *modelState) call(call func() error) (again bool, err error) {
	for {
		m.alive()
		err = call()
		if !m.dead() {
			return again, err
		}
		if err == nil {
			m.alive()
			return again, nil
		}
		again = true
	}
}

// pick draws a job, or skips the step when there is none.
func (m *modelState) pick(rt *rapid.T, want func(*modelJob) bool) *modelJob {
	var list []*modelJob
	for _, j := range m.all {
		if want(j) {
			list = append(list, j)
		}
	}
	if len(list) == 0 {
		rt.Skip("no such job")
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(rt, "job")]
}

func anyJob(*modelJob) bool { return true }

func liveJob(j *modelJob) bool { return !j.state.Final() }

// rest lets the service come to rest and compares everything.
func (m *modelState) rest() {
	m.t.Helper()
	m.alive()
	for m.settle(); m.dead(); m.settle() {
		m.alive()
	}
	for _, j := range m.all {
		m.compare(j, true)
	}
	m.check()
}

// fileFor draws a file for a job.
func (m *modelState) fileFor(rt *rapid.T, j *modelJob) (openbits.NewFile, *modelFile) {
	if j.kind.Uploads() {
		return m.newLetter(rt, j.kind)
	}
	return m.newFile(rt)
}

// newFile draws a file to fetch. What is missing or has a wrong digest fails.
func (m *modelState) newFile(rt *rapid.T) (openbits.NewFile, *modelFile) {
	m.names++
	f := &modelFile{name: fmt.Sprintf("f%d", m.names), fate: openbits.FileTransferred, state: openbits.FileQueued}
	content := testlab.Content{
		Seed: uint64(m.names),
		Size: drawSize(rt),
	}
	n := openbits.NewFile{URL: m.origin.URL + "/" + f.name, Folder: m.dir, Name: f.name}
	switch rapid.IntRange(0, 9).Draw(rt, "kind") {
	case 0:
		f.fate = openbits.FileError
		m.origin.Remove("/" + f.name)
		return n, f
	case 1:
		f.fate = openbits.FileQuarantined
		n.Digest = openbits.Digest{Algorithm: "sha256", Expected: strings.Repeat("0", 64)}
	case 2:
		n.Digest = openbits.Digest{Algorithm: "sha256", Expected: content.SHA256()}
	case 3:
		n.Digest = openbits.Digest{Algorithm: "sha512"}
	}
	plan := testlab.Steps()
	if rapid.IntRange(0, 3).Draw(rt, "troubled") == 0 {
		plan = testlab.Steps(testlab.Step{Fault: testlab.FaultCut, At: content.Size / 2}, testlab.Step{Fault: testlab.FaultReset, At: content.Size / 3})
	}
	m.origin.Put("/"+f.name, testlab.File{Content: content, Plan: plan})
	if n.Digest.Expected == "" {
		m.paths = append(m.paths, "/"+f.name)
	}
	return n, f
}

func drawSize(rt *rapid.T) int64 {
	return rapid.SampledFrom([]int64{0, 1, 3_000, 60_000, 150_000, 400_000, 1_200_000}).Draw(rt, "size")
}

func (m *modelState) Create(rt *rapid.T) {
	if len(m.all) >= 12 {
		rt.Skip("enough jobs")
	}
	j := &modelJob{id: newID(), state: openbits.StateSuspended}
	n := openbits.NewJob{ID: j.id, Settings: openbits.DefaultSettings(), Owner: openbits.Owner{ID: "1000"}}
	n.Priority = rapid.SampledFrom(openbits.Priorities).Draw(rt, "priority")
	n.Settings.AutoComplete = rapid.Bool().Draw(rt, "auto")
	n.Settings.Limit = rapid.SampledFrom([]int64{0, 0, 20_000, 300_000}).Draw(rt, "limit")
	n.Start = rapid.Bool().Draw(rt, "start")
	j.kind = rapid.SampledFrom([]openbits.JobType{
		openbits.TypeDownload, openbits.TypeDownload, openbits.TypeUpload, openbits.TypeUploadReply,
	}).Draw(rt, "type")
	most := 4
	if j.kind == openbits.TypeUploadReply {
		most = 1
	}
	n.Type = j.kind
	for range rapid.IntRange(0, most).Draw(rt, "files") {
		file, f := m.fileFor(rt, j)
		n.Files, j.files = append(n.Files, file), append(j.files, f)
	}
	n.Start = n.Start && len(n.Files) > 0
	j.auto, j.request = n.Settings.AutoComplete, n
	repeat := false
	again, err := m.call(func() error {
		_, isNew, err := m.Engine.Create(m.ctx, n)
		if err == nil && !isNew && !m.dead() && !repeat {
			rt.Fatalf("a new job is said to be there already")
		}
		repeat = true
		return err
	})
	if err != nil {
		rt.Fatalf("create (again %v): %v", again, err)
	}
	if n.Start {
		j.state = openbits.StateQueued
	}
	m.all = append(m.all, j)
}

// CreateAgain repeats a request, or makes another one under the same id.
func (m *modelState) CreateAgain(rt *rapid.T) {
	j := m.pick(rt, anyJob)
	n := j.request
	other := rapid.Bool().Draw(rt, "other")
	if other {
		n.Description = "another"
	}
	_, err := m.call(func() error {
		_, isNew, err := m.Engine.Create(m.ctx, n)
		if err == nil && isNew {
			rt.Fatalf("a repeated request makes another job")
		}
		return err
	})
	if other != errors.Is(err, openbits.KindIDInUse) {
		rt.Fatalf("a repeated request (another one: %v) answers %v", other, err)
	}
}

// CreateBusy asks for a file that another job writes.
func (m *modelState) CreateBusy(rt *rapid.T) {
	j := m.pick(rt, func(j *modelJob) bool {
		return liveJob(j) && j.kind == openbits.TypeDownload && j.state != openbits.StateQueued && j.count(func(s openbits.FileState) bool { return s != openbits.FilePublished }) > 0
	})
	n := openbits.NewJob{ID: newID(), Settings: openbits.DefaultSettings(), Owner: openbits.Owner{ID: "1000"}}
	for _, f := range j.left() {
		if f.state != openbits.FilePublished {
			n.Files = []openbits.NewFile{{URL: m.origin.URL + "/" + f.name, Folder: m.dir, Name: f.name}}
		}
	}
	_, err := m.call(func() error {
		_, _, err := m.Engine.Create(m.ctx, n)
		return err
	})
	if _, statErr := os.Stat(filepath.Join(m.dir, n.Files[0].Name)); statErr == nil && errors.Is(err, openbits.KindFileExists) {
		return // a crash has left it renamed and not answered for
	}
	if !errors.Is(err, openbits.KindDestinationBusy) {
		rt.Fatalf("a second job for %s answers %v", n.Files[0].Name, err)
	}
}

func (m *modelState) act(rt *rapid.T, j *modelJob, a openbits.Action) {
	if a == openbits.ActionResume && j.state == openbits.StateQueued && j.end() == openbits.StateError {
		m.rest() // whether it tries again what failed depends on whether it is over
	}
	again, err := m.call(func() error {
		_, err := m.Engine.Act(m.ctx, j.id, a)
		return err
	})
	repeated := false
	if again && err != nil { // the first call may have taken effect
		after := *j
		after.apply(a)
		job, jobErr := m.store.Job(m.ctx, j.id)
		repeated = after.allows(a, err) && jobErr == nil && slices.Contains(after.may(), job.State)
	}
	if !repeated && !j.allows(a, err) {
		rt.Fatalf("%s of job %s (%s, may be %v, again %v) answers %v", a, j.id, j.state, j.may(), again, err)
	}
	if err == nil || repeated {
		j.apply(a)
	} else if j.state == openbits.StateQueued { // only its end refuses anything
		m.rest()
	}
	if j.state != openbits.StateQueued {
		m.await(j)
	}
}

// await compares a job that is not on its way, once its transfers have ended.
func (m *modelState) await(j *modelJob) {
	m.t.Helper()
	for synctest.Wait(); m.dead(); synctest.Wait() {
		m.alive()
	}
	m.compare(j, false)
}

func (m *modelState) Resume(rt *rapid.T)   { m.act(rt, m.pick(rt, anyJob), openbits.ActionResume) }
func (m *modelState) ResumeIt(rt *rapid.T) { m.act(rt, m.pick(rt, liveJob), openbits.ActionResume) }
func (m *modelState) Suspend(rt *rapid.T)  { m.act(rt, m.pick(rt, anyJob), openbits.ActionSuspend) }

// End ends a job, more rarely than all jobs would be over at once.
func (m *modelState) End(rt *rapid.T) {
	a := rapid.SampledFrom([]openbits.Action{"", "", "", openbits.ActionComplete, openbits.ActionComplete, openbits.ActionCancel}).Draw(rt, "action")
	if a == "" {
		rt.Skip("another time")
	}
	m.act(rt, m.pick(rt, anyJob), a)
}

// close ends all jobs and looks at what is left.
func (m *modelState) close() {
	m.rest()
	m.setPlan(nil)
	for i, j := range m.all {
		if j.state == openbits.StateSuspended && len(j.left()) > 0 {
			m.act(m.rt, j, openbits.ActionResume)
			m.rest()
		}
		if !j.state.Final() {
			a := []openbits.Action{openbits.ActionComplete, openbits.ActionComplete, openbits.ActionCancel}[i%3]
			if j.kind.Uploads() && j.state != openbits.StateTransferred {
				a = openbits.ActionCancel // an upload is completed whole or not at all
			}
			m.act(m.rt, j, a)
		}
	}
	m.rest()
	if n := m.post.Unfinished(); n > 0 {
		m.t.Errorf("%d uploads are begun at the server, and nobody goes on with them", n)
	}
	m.tally.sent += len(m.post.Paths())
	m.tally.checks++
	m.tally.jobs += len(m.all)
	for _, j := range m.all {
		for _, f := range j.files {
			switch f.state {
			case openbits.FilePublished:
				m.tally.published++
			case openbits.FileDropped:
				m.tally.dropped++
			}
		}
	}
	if n := len(m.jobs()); n != len(m.all) {
		m.t.Errorf("there are %d jobs, want %d", n, len(m.all))
	}
	if i := slices.IndexFunc(m.jobs(), func(j openbits.Job) bool { return !j.State.Final() }); i >= 0 {
		m.t.Errorf("a job is not final")
	}
}
