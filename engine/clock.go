// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"strconv"
	"time"
)

// The engine knows two kinds of time. What is stored and shown is wall-clock time: now. What goes on within it is
// timed by moments: readings of time.Now, which carry the monotonic clock, so that setting the wall clock does not
// touch them. moment and wall are the only ways from one to the other.

// now is the wall clock as the store keeps it: in UTC, in whole microseconds.
func (e *Engine) now() time.Time { return e.Now().UTC().Truncate(time.Microsecond) }

// moment is when the wall clock will show t; zero stays zero.
func (e *Engine) moment(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.Now().Add(t.Sub(e.now()))
}

// wall is what the wall clock will show at a moment, a millisecond late, so that what begins then does not
// find that it is too early; zero stays zero.
func (u *update) wall(moment time.Time) time.Time {
	if moment.IsZero() {
		return moment
	}
	return u.now.Add((time.Until(moment) + time.Millisecond).Truncate(time.Microsecond))
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

func newTimekeeper(m Machine, now time.Time) timekeeper {
	return timekeeper{machine: m, wall: now.Round(0), uptime: m.Uptime()}
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
	e.checkClockLocked(ctx)
}

// checkClockLocked comes before every use of the wall clock in a change.
func (e *Engine) checkClockLocked(ctx context.Context) {
	jump := e.keeper.jump(e.now())
	if jump == 0 {
		return
	}
	e.Log.Warn("the wall clock was set", "by", jump.String())
	e.shiftLocked(ctx, jump)
	e.rememberClock(context.WithoutCancel(ctx)) // so that the next start does not count it again
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
