// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"encoding/json"
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

// jump is by how much the wall clock was set since the last reading, which next is to replace; small differences are 0.
func (k *timekeeper) jump(now time.Time) (jump time.Duration, next timekeeper) {
	next = newTimekeeper(k.machine, now)
	jump = next.wall.Sub(k.wall) - (next.uptime - k.uptime)
	if jump.Abs() < clockSlack {
		jump = 0
	}
	return jump, next
}

// checkClock moves stored times with the wall clock when it was set, so that no job ages or waits by it.
func (e *Engine) checkClock(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.checkClockLocked(ctx)
}

// checkClockLocked comes before every use of the wall clock in a change. While the queue cannot follow the clock
// nothing is changed: jobs would age by the jump.
func (e *Engine) checkClockLocked(ctx context.Context) error {
	jump, next := e.keeper.jump(e.now())
	if jump != 0 {
		e.Log.Warn("the wall clock was set", "by", jump.String())
		if err := e.shiftLocked(ctx, jump); err != nil {
			return err
		}
		e.rememberClock(context.WithoutCancel(ctx)) // so that the next start does not count it again
	}
	e.keeper = next
	return nil
}

func (e *Engine) shiftLocked(ctx context.Context, jump time.Duration) error {
	if err := e.Store.Shift(context.WithoutCancel(ctx), jump); err != nil {
		return err
	}
	for _, r := range e.runs {
		r.job.Created, r.job.Modified, r.job.Expires = r.job.Created.Add(jump), r.job.Modified.Add(jump), r.job.Expires.Add(jump)
		if !r.job.FailedFrom.IsZero() {
			r.job.FailedFrom = r.job.FailedFrom.Add(jump)
		}
	}
	return nil
}

// Keys of the store's small values.
const (
	metaClock = "clock" // a reading
	metaLimit = "limit"
)

// reading is how both clocks stood at one moment. It is one value, so that no crash mixes two readings.
type reading struct {
	Boot   string `json:"boot"`
	Wall   int64  `json:"wall_us"`   // since 1970
	Uptime int64  `json:"uptime_us"` // since boot
}

// rememberClock notes both clocks, so that the next start can tell whether the wall clock was set in between.
func (e *Engine) rememberClock(ctx context.Context) {
	text, err := json.Marshal(reading{e.Machine.Boot(), e.now().UnixMicro(), e.Machine.Uptime().Microseconds()})
	if err == nil {
		err = e.Store.SetMeta(ctx, metaClock, string(text))
	}
	if err != nil {
		e.Log.Error("cannot note the time", "error", err)
	}
}

// clockSetWhileAway is by how much the wall clock was set since the service last noted it. After another boot
// only a step back can be told: a step ahead looks like time spent switched off.
func (e *Engine) clockSetWhileAway(ctx context.Context) (time.Duration, error) {
	text, err := e.Store.Meta(ctx, metaClock)
	if err != nil {
		return 0, err
	}
	var last reading
	if json.Unmarshal([]byte(text), &last) != nil {
		return 0, nil // it was never noted
	}
	passed := time.Duration(e.now().UnixMicro()-last.Wall) * time.Microsecond
	if last.Boot == e.Machine.Boot() {
		passed -= e.Machine.Uptime() - time.Duration(last.Uptime)*time.Microsecond
	} else {
		passed = min(passed, 0)
	}
	if passed.Abs() < clockSlack {
		return 0, nil
	}
	return passed, nil
}
