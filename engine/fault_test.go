// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/internal/testlab"
)

// fault is a way in which one operation goes wrong.
type fault struct {
	name   string
	kind   openbits.Kind // of the operation's error
	crash  bool
	after  bool // the operation took effect all the same
	reboot bool // and then the power fails
}

var faults = []fault{
	{name: "ENOSPC", kind: openbits.KindDiskFull},
	{name: "EIO", kind: openbits.KindLocalFile},
	{name: "crash before", crash: true},
	{name: "crash after", crash: true, after: true},
	{name: "power cut before", crash: true, reboot: true},
	{name: "power cut after", crash: true, after: true, reboot: true},
}

func (f fault) strike(op diskOp) *strike {
	errno := syscall.EIO
	if f.kind == openbits.KindDiskFull {
		errno = syscall.ENOSPC
	}
	context := openbits.ContextLocalFile
	if op == opCommit {
		context = openbits.ContextQueueManager
	}
	s := &strike{crash: f.crash, after: f.after}
	if !f.crash {
		// A publication fails at its rename when the folder cannot be synced, which is after it.
		s.after = op == opRename
		s.err = &openbits.Error{Op: string(op), Object: "it", Kind: f.kind, Context: context, Err: errno, File: -1}
	}
	return s
}

// play is what owner and servers do while faults strike.
type play struct {
	name  string
	kind  openbits.JobType // zero: a download
	path  string           // of an upload: where it goes
	files []testlab.File
	auto  bool
	acts  func(p *performance)
}

// performance is one run of a play.
type performance struct {
	*storm
	play  play
	fault fault
	at    int // which operation is struck, from 1
	rng   *rand.Rand

	id     string
	n      int // operations so far
	struck diskOp
	kinds  []openbits.Kind // with which the job was in error
}

var plays = []play{
	{name: "auto complete", auto: true, files: someFiles(), acts: func(p *performance) { p.finish(openbits.StateAcknowledged) }},
	{name: "complete by hand", files: someFiles(), acts: func(p *performance) {
		p.finish(openbits.StateTransferred)
		p.call(openbits.ActionComplete, openbits.StateAcknowledged)
	}},
	{name: "suspend and go on", auto: true, files: someFiles(), acts: func(p *performance) {
		rate := int64(200_000)
		p.persist(func() error {
			_, err := p.Change(p.ctx, p.id, openbits.JobChange{Limit: &rate})
			return err
		})
		time.Sleep(4 * time.Second)
		p.call(openbits.ActionSuspend, openbits.StateSuspended)
		p.call(openbits.ActionResume, openbits.StateQueued)
		p.finish(openbits.StateAcknowledged)
	}},
	{name: "cut and changed", auto: true, files: troubledFiles(), acts: func(p *performance) { p.finish(openbits.StateAcknowledged) }},
	{name: "cancel", files: someFiles(), acts: func(p *performance) {
		p.finish(openbits.StateTransferred)
		p.persist(func() error {
			_, err := p.RemoveFile(p.ctx, p.id, 1)
			if f, ferr := p.File(p.ctx, p.id, 1); ferr == nil && f.State == openbits.FileDropped {
				return nil // it took effect, answered or not
			}
			return err
		})
		p.call(openbits.ActionCancel, openbits.StateCancelled)
	}},
	{name: "upload", auto: true, kind: openbits.TypeUpload, path: troubled, files: someFiles()[2:], acts: func(p *performance) { p.finish(openbits.StateAcknowledged) }},
	{name: "upload by hand", kind: openbits.TypeUpload, path: "/in/", files: someFiles(), acts: func(p *performance) {
		p.finish(openbits.StateTransferred)
		p.call(openbits.ActionComplete, openbits.StateAcknowledged)
	}},
	{name: "question", auto: true, kind: openbits.TypeUploadReply, path: troubled, files: oneFile(), acts: func(p *performance) { p.finish(openbits.StateAcknowledged) }},
	{name: "question by hand", kind: openbits.TypeUploadReply, path: "/in/", files: oneFile(), acts: func(p *performance) {
		p.finish(openbits.StateTransferred)
		p.call(openbits.ActionComplete, openbits.StateAcknowledged)
	}},
	{name: "upload elsewhere", auto: true, kind: openbits.TypeUpload, path: "/in/", files: oneFile(), acts: func(p *performance) {
		rate := int64(100_000)
		p.persist(func() error {
			_, err := p.Change(p.ctx, p.id, openbits.JobChange{Limit: &rate})
			return err
		})
		time.Sleep(4 * time.Second)
		p.letters["/in/elsewhere"] = p.letters["/in/f0"]
		p.persist(func() error {
			_, err := p.RenewURL(p.ctx, p.id, 0, p.post.URL+"/in/elsewhere")
			return err
		})
		p.finish(openbits.StateAcknowledged)
	}},
}

func oneFile() []testlab.File { return someFiles()[3:] }

func someFiles() (list []testlab.File) {
	for i, size := range []int64{0, 5_000, 150_000, 1_100_000} {
		list = append(list, testlab.File{Content: testlab.Content{Seed: uint64(i + 1), Size: size}})
	}
	return list
}

// troubledFiles break off and change on the way.
func troubledFiles() (list []testlab.File) {
	for i, size := range []int64{200_000, 1_200_000} {
		list = append(list, testlab.File{Content: testlab.Content{Seed: uint64(i + 1), Size: size}, Plan: testlab.Steps(
			testlab.Step{Fault: testlab.FaultCut, At: size / 2},
			testlab.Step{Fault: testlab.FaultReset, At: size / 4, Change: true, Grow: 100},
			testlab.Step{Fault: testlab.FaultCut, At: size / 3},
		)})
	}
	return list
}

var allFaults = flag.Bool("all-faults", false, "strike each operation in every way, not only in one of them")

// TestFaults fails each operation on disk and queue in turn, or stops the service there.
func TestFaults(t *testing.T) {
	for _, pl := range plays {
		t.Run(pl.name, func(t *testing.T) {
			t.Parallel()
			parent := t.TempDir()
			origin := startOrigin(t)
			inStorm(t, func(t *testing.T) {
				total := 0
				perform(t, parent, origin, pl, fault{}, 0, &total)
				if total < 20 && len(pl.files) > 1 || total < 10 {
					t.Fatalf("there were %d operations only", total)
				}
				n := 0
				for i, f := range faults {
					for k := 1; k <= total && !t.Failed(); k++ {
						if *allFaults || (k+i)%len(faults) == 0 {
							perform(t, parent, origin, pl, f, k, nil)
							n++
						}
					}
				}
				t.Logf("%d operations, %d faults", total, n)
			})
		})
	}
}

// named puts the particulars of a performance before its complaints.
type named struct {
	*testing.T
	p *performance
}

func (n named) Errorf(format string, args ...any) {
	n.Helper()
	n.T.Errorf(n.p.String()+": "+format, args...)
}

func (n named) Fatalf(format string, args ...any) {
	n.Helper()
	n.T.Fatalf(n.p.String()+": "+format, args...)
}

func (p *performance) String() string {
	return fmt.Sprintf("%s, %s at operation %d (%s)", p.play.name, p.fault.name, p.at, p.struck)
}

func perform(t *testing.T, parent string, origin *testlab.Origin, pl play, f fault, at int, total *int) {
	p := &performance{play: pl, fault: f, at: at, rng: rand.New(rand.NewPCG(uint64(at), 1)), id: newID()}
	dir, remove := newFolder(t, parent)
	defer remove()
	p.storm = newStorm(named{t, p}, dir, origin, func(o *engine.Options) { o.FilesPerJob = 2 })
	defer p.end()
	p.setPlan(p.next)
	n := openbits.NewJob{ID: p.id, Settings: openbits.DefaultSettings(), Start: true, Owner: openbits.Owner{ID: "1000"}}
	n.Settings.AutoComplete = pl.auto
	n.Type = pl.kind
	for i, file := range pl.files {
		name := fmt.Sprintf("f%d", i)
		if pl.kind.Uploads() {
			n.Files = append(n.Files, p.write(name, pl.path+name, file.Content, pl.kind))
			continue
		}
		origin.Put("/"+name, file)
		n.Files = append(n.Files, openbits.NewFile{URL: origin.URL + "/" + name, Folder: dir, Name: name, Digest: openbits.Digest{Algorithm: "sha256"}})
	}
	p.persist(func() error {
		_, _, err := p.Create(p.ctx, n)
		return err
	})
	pl.acts(p)
	p.rest()
	p.check()
	p.judge()
	if total != nil {
		*total = p.n
	}
}

// next is the plan: it strikes one operation.
func (p *performance) next(op diskOp, _ string) *strike {
	p.n++
	if p.n != p.at {
		return nil
	}
	p.struck = op
	return p.fault.strike(op)
}

// persist repeats a call until it is answered, as an owner would after an error or a crash.
func (p *performance) persist(call func() error) {
	p.t.Helper()
	var err error
	for range 3 {
		err = call()
		if p.dead() {
			p.revive(p.fault.reboot, p.rng)
			continue
		}
		if err == nil {
			return
		}
	}
	p.t.Fatalf("an owner's call fails: %v", err)
}

// call makes a call that leads to a state. A crash may have come between the change and its answer.
func (p *performance) call(a openbits.Action, to openbits.State) {
	p.t.Helper()
	p.persist(func() error {
		j, err := p.Act(p.ctx, p.id, a)
		if errors.Is(err, openbits.KindInvalidState) {
			if j, err = p.Job(p.ctx, p.id); err == nil && j.State != to {
				p.t.Errorf("%s is refused in state %s", a, j.State)
			}
		}
		return err
	})
}

// rest lets the service come to rest, over a crash.
func (p *performance) rest() {
	p.t.Helper()
	for p.settle(); p.dead(); p.settle() {
		p.revive(p.fault.reboot, p.rng)
	}
	time.Sleep(time.Hour) // what is swept after a failure is swept by then
	for p.settle(); p.dead(); p.settle() {
		p.revive(p.fault.reboot, p.rng)
	}
}

// finish brings the job to a state in which it rests, resuming it as its owner would.
func (p *performance) finish(want openbits.State) {
	p.t.Helper()
	for range 4 {
		p.rest()
		j, err := p.Job(p.ctx, p.id)
		if err != nil {
			p.t.Fatalf("the job is lost: %v", err)
		}
		switch {
		case j.State == want:
			return
		case j.State == openbits.StateError && j.Error != nil:
			p.kinds = append(p.kinds, j.Error.Kind)
			p.call(openbits.ActionResume, openbits.StateQueued)
		default:
			p.t.Fatalf("the job is %s, want %s: reason %+v, error %v", j.State, want, j.Reason, j.Error)
		}
	}
	p.t.Fatalf("the job fails again and again: %v", p.kinds)
}

// judge checks what the fault came to: only a failure of the disk itself may need the owner.
func (p *performance) judge() {
	p.t.Helper()
	if len(p.kinds) > 1 || len(p.kinds) == 1 && (p.fault.kind != openbits.KindLocalFile || p.kinds[0] != openbits.KindLocalFile || p.struck == opCommit) {
		p.t.Errorf("the job was in error with %v", p.kinds)
	}
	files := p.files(p.id)
	if n := p.post.Unfinished(); n > 0 {
		p.t.Errorf("%d uploads are begun at the server, and nobody goes on with them", n)
	}
	published := 0
	for _, f := range files {
		if f.State == openbits.FilePublished {
			published++
		}
	}
	if p.play.name == "cancel" {
		if published > 0 {
			p.t.Errorf("%d files of a cancelled job are published", published)
		}
	} else if published != len(p.play.files) {
		p.t.Errorf("%d of %d files are published", published, len(p.play.files))
	}
	if i := slices.IndexFunc(p.jobs(), func(j openbits.Job) bool { return j.ID != p.id }); i >= 0 {
		p.t.Errorf("there is another job")
	}
}
