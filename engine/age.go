// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/openbits/openbits"
)

// age warns of, ends and forgets jobs whose time has come. It answers whether there may be more.
func (e *Engine) age(ctx context.Context) (bool, error) {
	jobs, err := e.Store.Expiring(ctx, e.now(), agendaBatch)
	if err != nil {
		return false, err
	}
	for _, j := range jobs {
		if err := e.ageOne(ctx, j); err != nil && openbits.KindOf(err) != openbits.KindNotFound && openbits.KindOf(err) != openbits.KindInvalidState {
			return false, err
		}
	}
	return len(jobs) == agendaBatch, nil
}

func (e *Engine) ageOne(ctx context.Context, j openbits.Job) error {
	if j.State.Final() {
		return e.forget(ctx, j)
	}
	_, err := e.change(ctx, j.ID, byService, func(u *update) error {
		if u.now.Before(u.job.Expires) {
			u.job.Warned = true
			u.event(openbits.Event{Type: openbits.EventExpiring, File: -1, State: string(u.job.State)})
			return nil
		}
		u.job.Error = &openbits.Error{Op: "go on with", Object: "job " + j.ID, Kind: openbits.KindExpired, Context: openbits.ContextQueueManager, File: -1,
			Text: fmt.Sprintf("its life of %d days ended", int(e.Life.Hours()/24)), Hint: "Create it again if it is still wanted."}
		return u.on(OnExpire, &openbits.Reason{Code: openbits.ReasonExpired, Text: u.job.Error.Text})
	})
	return err
}

// forget removes a final job from the list.
func (e *Engine) forget(ctx context.Context, j openbits.Job) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.runs[j.ID] != nil {
		return nil
	}
	err := e.Store.Commit(context.WithoutCancel(ctx), &openbits.Change{
		Remove: []string{j.ID},
		Events: []openbits.Event{{Time: e.now(), Type: openbits.EventRemoved, JobID: j.ID, File: -1, From: string(j.State), Actor: byService}},
	})
	if err == nil {
		e.news.announce()
	}
	return err
}

// timekeeper notices when the wall clock and the time that passed go apart.
type timekeeper struct {
	machine Machine
	wall    time.Time     // without monotonic reading
	uptime  time.Duration // at wall
}

// clockSlack is how far the wall clock may go apart from the time that passed before it counts as set:
// slewing by NTP stays below it.
const clockSlack = 5 * time.Second

func newTimekeeper(m Machine) timekeeper {
	return timekeeper{machine: m, wall: time.Now().Round(0), uptime: m.Uptime()}
}

// jump is by how much the wall clock was set since the last call; small differences are 0.
func (k *timekeeper) jump(now time.Time) time.Duration {
	wall, uptime := now.Round(0), k.machine.Uptime()
	jump := wall.Sub(k.wall) - (uptime - k.uptime)
	k.wall, k.uptime = wall, uptime
	if jump.Abs() < clockSlack {
		return 0
	}
	return jump
}

// checkClock moves stored times with the wall clock when it was set, so that no job ages or waits by it.
func (e *Engine) checkClock(ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	jump := e.keeper.jump(e.now())
	if jump == 0 {
		return
	}
	e.Log.Warn("the wall clock was set", "by", jump.String())
	e.shiftLocked(ctx, jump)
}

func (e *Engine) shiftLocked(ctx context.Context, jump time.Duration) {
	if err := e.Store.Shift(context.WithoutCancel(ctx), jump); err != nil {
		e.Log.Error("cannot move the times of jobs with the clock", "error", err)
		return
	}
	for _, r := range e.runs {
		r.job.Created, r.job.Modified, r.job.Expires = r.job.Created.Add(jump), r.job.Modified.Add(jump), r.job.Expires.Add(jump)
		if !r.job.FailedFrom.IsZero() {
			r.job.FailedFrom = r.job.FailedFrom.Add(jump)
		}
	}
}

// Keys of the store's small values.
const (
	metaBoot   = "clock.boot"
	metaWall   = "clock.wall"   // microseconds since 1970
	metaUptime = "clock.uptime" // microseconds since boot
	metaLimit  = "limit"
)

// rememberClock notes both clocks, so that the next start can tell whether the wall clock was set in between.
func (e *Engine) rememberClock(ctx context.Context) {
	for key, value := range map[string]string{
		metaBoot: e.Machine.Boot(),
		metaWall: strconv.FormatInt(e.now().UnixMicro(), 10), metaUptime: strconv.FormatInt(e.Machine.Uptime().Microseconds(), 10),
	} {
		if err := e.Store.SetMeta(ctx, key, value); err != nil {
			e.Log.Error("cannot note the time", "error", err)
		}
	}
}

// clockSetWhileAway is by how much the wall clock was set since the service last noted it. After another boot
// only a step back can be told: a step ahead looks like time spent switched off.
func (e *Engine) clockSetWhileAway(ctx context.Context) (time.Duration, error) {
	boot, err := e.Store.Meta(ctx, metaBoot)
	if err != nil {
		return 0, err
	}
	wall, err := e.metaMicros(ctx, metaWall)
	if err != nil || wall == 0 {
		return 0, err
	}
	uptime, err := e.metaMicros(ctx, metaUptime)
	if err != nil {
		return 0, err
	}
	passed := time.Duration(e.now().UnixMicro()-wall) * time.Microsecond
	if boot == e.Machine.Boot() {
		passed -= e.Machine.Uptime() - time.Duration(uptime)*time.Microsecond
	} else {
		passed = min(passed, 0)
	}
	if passed.Abs() < clockSlack {
		return 0, nil
	}
	return passed, nil
}

func (e *Engine) metaMicros(ctx context.Context, key string) (int64, error) {
	text, err := e.Store.Meta(ctx, key)
	if err != nil || text == "" {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}
