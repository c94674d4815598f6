// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openbits/openbits"
)

// run is a job that has a place: it moves the job's files, several at a time, until none is left that can move now.
type run struct {
	e       *Engine
	id      string
	job     openbits.Job // as it was committed last; guarded by e.mu
	route   openbits.Route
	ctx     context.Context
	cancel  context.CancelFunc
	gone    chan struct{} // closed when nothing of the run goes on
	started time.Time
	limiter Limiter
	meter   meter

	connected atomic.Bool
	over      chan outcome  // what became of a file
	moved     chan *motion  // whole files on their way to the finisher
	poked     chan struct{} // something about the job changed
	full      chan struct{} // enough was received for a checkpoint

	mu      sync.Mutex
	motions map[int]*motion
	held    map[int]bool // files that must not start now
	changed map[int]int  // how often the rows of files were changed since the run began
	again   []int        // files to look at once more
	hurry   bool         // nothing waits for its time any longer
}

// outcome is what became of a file that was in motion.
type outcome struct {
	m        *motion
	handed   bool       // it is whole and with the finisher: its place is free
	retryAt  time.Time  // it is to be tried again then
	blocking *condition // the whole job must wait for this
}

// finishing is how many whole files may wait for being published. Each holds a file descriptor.
const finishing = 512

func newRun(e *Engine, job openbits.Job, route openbits.Route) *run {
	ctx, cancel := context.WithCancel(e.ctx)
	r := &run{
		e: e, id: job.ID, job: job, route: route, ctx: ctx, cancel: cancel, started: time.Now(),
		gone:    make(chan struct{}),
		limiter: e.NewLimiter(job.Settings.Limit),
		over:    make(chan outcome, 16),
		moved:   make(chan *motion, finishing),
		poked:   make(chan struct{}, 1),
		full:    make(chan struct{}, 1),
		motions: make(map[int]*motion),
		held:    make(map[int]bool),
		changed: make(map[int]int),
	}
	r.meter.at = r.started
	return r
}

// stop ends the run's transfers; their bytes are kept.
func (r *run) stop() { r.cancel() }

// poke makes the run look at its job again. The caller holds e.mu.
func (r *run) poke() {
	r.limiter.SetRate(r.job.Settings.Limit)
	select {
	case r.poked <- struct{}{}:
	default:
	}
}

// tellParts tells the open part files of a new priority. The caller holds e.mu.
func (r *run) tellParts() {
	for _, m := range r.moving() {
		m.tellPart()
	}
}

// main is the life of a run.
func (r *run) main() {
	var helpers sync.WaitGroup
	helpers.Go(r.finisher)
	helpers.Go(r.checkpointer)
	end := r.feedFiles()
	close(r.moved)
	r.cancel()
	helpers.Wait()
	r.conclude(end)
}

// feedFiles keeps as many files in motion as may be, and answers why that ended.
func (r *run) feedFiles() ending {
	f := &feeder{r: r}
	timer := time.NewTimer(0)
	defer timer.Stop()
	var files traffic
	var block *condition
	for {
		var next delay
		for block == nil && r.ctx.Err() == nil && files.moving < r.e.FilesPerJob && files.finishing < finishing {
			m, first, err := f.next(r.ctx)
			if errors.Is(err, openbits.KindSecretUnreadable) {
				return r.giveUp(openbits.AsError(err), files)
			}
			if err != nil {
				if r.ctx.Err() == nil {
					block = internalTrouble(err)
				}
				break
			}
			if m == nil {
				next = first
				break
			}
			files.moving++
			r.e.wg.Go(m.main)
		}
		if files == (traffic{}) && (block != nil || r.ctx.Err() != nil || f.idle() && !r.pending()) {
			return ending{block: block, next: next}
		}
		setTimer(timer, next.due, r.deadline())
		select {
		case o := <-r.over:
			files.note(o)
			if o.blocking != nil && block == nil {
				block = o.blocking
				r.stopAll(errHalted)
			}
			if !o.retryAt.IsZero() {
				f.retry(o.m.file, o.retryAt)
			}
		case <-r.poked:
			f.look()
		case <-timer.C:
			if !r.deadline().After(time.Now()) {
				return r.giveUp(r.overdue(), files)
			}
		case <-r.ctx.Done():
			r.drain(files)
			return ending{}
		}
	}
}

// traffic counts the files that a run has to hear of yet.
type traffic struct {
	moving    int // have a place
	finishing int // are whole and with the finisher
}

// note counts what became of a file.
func (t *traffic) note(o outcome) {
	switch {
	case o.handed:
		t.moving--
		t.finishing++
	case o.m.handed:
		t.finishing--
	default:
		t.moving--
	}
}

// drain waits for the files in motion after the run was stopped.
func (r *run) drain(files traffic) {
	for files != (traffic{}) {
		files.note(<-r.over)
	}
}

// deadline is when the job's maximum download time is used up.
func (r *run) deadline() time.Time {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	return r.started.Add(r.job.Settings.MaxDownloadTime - r.job.Active)
}

// giveUp ends a run that cannot go on before its owner has done something.
func (r *run) giveUp(why *openbits.Error, files traffic) ending {
	r.cancel()
	r.drain(files)
	return ending{giveUp: why}
}

// overdue says that the job's maximum download time is used up.
func (r *run) overdue() *openbits.Error {
	return &openbits.Error{
		Op: "transfer", Object: "job " + r.id, Kind: openbits.KindMaxDownloadTime, Context: openbits.ContextQueueManager, File: -1,
		Text: "it was active for its maximum download time", Hint: "Raise max_download_time and resume the job: bits set " + short(r.id) + " max-time=… && bits resume " + short(r.id) + ".",
	}
}

// setTimer sets t to the earlier of two times; the zero time is never.
func setTimer(t *time.Timer, a, b time.Time) {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		a = b
	}
	t.Reset(max(0, time.Until(a)))
}

// motion registers a file as moving. It answers nil when the file is held or in motion, or when its row was
// changed since it had been seen changed so often: what was changed is looked at again in any case.
func (r *run) motion(f openbits.File, seen int) *motion {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held[f.Index] || r.motions[f.Index] != nil || r.changed[f.Index] != seen {
		return nil
	}
	ctx, cancel := context.WithCancelCause(r.ctx)
	m := &motion{
		r: r, file: f, row: f, ctx: ctx, cancel: cancel, ended: make(chan struct{}),
		head: openbits.Head{Offset: f.BytesDone, Total: f.BytesTotal}, saved: f.BytesDone, // until it is opened
	}
	r.motions[f.Index] = m
	return m
}

// retire removes a file from those in motion.
func (r *run) retire(m *motion) {
	m.cancel(nil) // the run's context would keep it until the run ends
	r.mu.Lock()
	delete(r.motions, m.file.Index)
	r.mu.Unlock()
	close(m.ended)
}

// halt stops one file and keeps it from starting until unhalt. It answers nil when the file is not in motion.
func (r *run) halt(index int) *motion {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held[index] = true
	m := r.motions[index]
	if m != nil {
		m.cancel(errHalted)
	}
	return m
}

// unhalt lets a file start again.
func (r *run) unhalt(index int) {
	r.mu.Lock()
	delete(r.held, index)
	r.changed[index]++
	r.again = append(r.again, index)
	r.mu.Unlock()
	select {
	case r.poked <- struct{}{}:
	default:
	}
}

// reread lets the feeder see a row that was changed while its file was not in motion.
func (r *run) reread(index int) {
	r.mu.Lock()
	r.changed[index]++
	r.again = append(r.again, index)
	r.mu.Unlock()
	select {
	case r.poked <- struct{}{}:
	default:
	}
}

// rush lets files that wait for their time try now.
func (r *run) rush() {
	r.mu.Lock()
	r.hurry = true
	r.mu.Unlock()
	select {
	case r.poked <- struct{}{}:
	default:
	}
}

// stopAll stops all files in motion, with errHalted because the whole job has to wait, or with errRestarted
// so that they connect again.
func (r *run) stopAll(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.motions {
		m.cancel(cause)
	}
}

// pending reports whether files are held or to be looked at again.
func (r *run) pending() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.held)+len(r.again) > 0
}

// motionOf is a file in motion, nil when it is not.
func (r *run) motionOf(index int) *motion {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.motions[index]
}

// moving answers the files in motion, for those who look.
func (r *run) moving() []*motion {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]*motion, 0, len(r.motions))
	for _, m := range r.motions {
		list = append(list, m)
	}
	return list
}
