// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"container/heap"
	"context"
	"time"

	"github.com/openbits/openbits"
)

// feeder hands out the files of a job in their order, holding a few of them in memory at a time.
type feeder struct {
	r      *run
	ahead  []openbits.File
	cursor int
	seen   int  // how often the row of the file in hand had been changed when it was read
	done   bool // the store has no more
	later  delayed
	rushed map[int]bool // files whose own time does not count
}

const (
	// feedPage is how many files are loaded at a time.
	feedPage = 256
	// feedLater is how many files may wait for their time in memory. While there are
	// more, those behind them wait, too.
	feedLater = 4096
)

// movable are the states in which a file is still to be moved.
var movable = []openbits.FileState{openbits.FileQueued, openbits.FileTransferring, openbits.FileWaiting, openbits.FilePublishing}

// next answers a file that starts now, or nil and what the first of the others waits for (zero: none does by time alone).
func (f *feeder) next(ctx context.Context) (*motion, delay, error) {
	now := time.Now()
	for {
		file, err := f.candidate(ctx, now)
		if err != nil || file == nil {
			return nil, f.later.first(), err
		}
		due := file.NextTry
		if f.rushed[file.Index] {
			delete(f.rushed, file.Index)
			due = zeroTime
		}
		if d := f.delay(*file, due, now); d.due.After(now) {
			heap.Push(&f.later, d)
			continue
		}
		if m := f.r.motion(*file, f.seen); m != nil {
			return m, delay{}, nil
		}
	}
}

// candidate takes the next file from wherever one is, whether it may start or not.
func (f *feeder) candidate(ctx context.Context, now time.Time) (*openbits.File, error) {
	if index, ok := f.lookAgain(); ok {
		return f.current(ctx, now, index)
	}
	if len(f.later) > 0 && !f.later[0].due.After(now) {
		return f.current(ctx, now, heap.Pop(&f.later).(delay).index)
	}
	if len(f.ahead) == 0 && !f.done && len(f.later) < feedLater {
		page, err := f.r.e.Store.Files(ctx, f.r.id, openbits.FileQuery{States: movable, From: f.cursor, Limit: feedPage})
		if err != nil {
			return nil, err
		}
		f.ahead = page.Files
		for i := range f.ahead {
			f.ahead[i].NextTry = f.r.e.moment(f.ahead[i].NextTry)
		}
		if f.done = page.Next < 0; f.done && len(page.Files) > 0 {
			f.cursor = page.Files[len(page.Files)-1].Index + 1
		} else if !f.done {
			f.cursor = page.Next
		}
	}
	if len(f.ahead) == 0 {
		return nil, nil
	}
	file := f.ahead[0]
	f.ahead = f.ahead[1:]
	if f.seen = 0; f.r.changes(file.Index) > 0 {
		return f.current(ctx, now, file.Index)
	}
	return &file, nil
}

// current loads a file that is to be handed out from the store, or the next one when it is not to be moved any more.
func (f *feeder) current(ctx context.Context, now time.Time, index int) (*openbits.File, error) {
	f.seen = f.r.changes(index)
	file, err := f.r.e.Store.File(ctx, f.r.id, index)
	if err != nil && openbits.KindOf(err) != openbits.KindNotFound {
		return nil, err
	}
	if err != nil || !file.State.Pending() {
		return f.candidate(ctx, now)
	}
	file.NextTry = f.r.e.moment(file.NextTry)
	return &file, nil
}

// changes counts how often a file's row was changed since the run began, other than by the run.
func (r *run) changes(index int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed[index]
}

func (f *feeder) lookAgain() (int, bool) {
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	if len(f.r.again) == 0 {
		return 0, false
	}
	index := f.r.again[0]
	f.r.again = f.r.again[1:]
	return index, true
}

// retry hands a file out again later.
func (f *feeder) retry(file openbits.File, at time.Time) {
	heap.Push(&f.later, f.delay(file, at, time.Now()))
}

// delay is what a file waits for that may be tried at due: its server may want to be left alone for longer.
func (f *feeder) delay(file openbits.File, due, now time.Time) delay {
	host := hostOf(file.URL)
	until, asked := f.r.blocked(host, now)
	if until.After(due) {
		due = until
	} else if !asked {
		host = ""
	}
	return delay{file.Index, due, host, asked}
}

// look makes the feeder look for files that were added, and for those that need not wait any longer.
func (f *feeder) look() {
	f.done = false
	f.r.mu.Lock()
	hurry := f.r.hurry
	f.r.hurry = false
	f.r.mu.Unlock()
	if !hurry {
		return
	}
	f.rushed = make(map[int]bool, len(f.later))
	for i := range f.later {
		f.later[i].due = zeroTime
		f.rushed[f.later[i].index] = true
	}
}

// idle reports whether nothing is left but files that wait for a time.
func (f *feeder) idle() bool { return len(f.ahead) == 0 && (f.done || len(f.later) >= feedLater) }

// delay is a file that waits for a time; delayed is a heap of them.
type delay struct {
	index int
	due   time.Time
	host  string // the server that is left alone until then; empty: it is the file's own time
	asked bool   // the server asked for it
}

type delayed []delay

func (d delayed) Len() int           { return len(d) }
func (d delayed) Less(i, j int) bool { return d[i].due.Before(d[j].due) }
func (d delayed) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *delayed) Push(x any)        { *d = append(*d, x.(delay)) }
func (d *delayed) Pop() any {
	old := *d
	last := old[len(old)-1]
	*d = old[:len(old)-1]
	return last
}

func (d delayed) first() delay {
	if len(d) == 0 {
		return delay{}
	}
	return d[0]
}
