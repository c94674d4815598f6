// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netlab

import (
	"time"

	"golang.org/x/sys/unix"
)

// Clock is the time since a run began.
type Clock struct{ zero int64 }

// StartClock starts a clock. It counts as CLOCK_MONOTONIC does.
func StartClock() Clock { return Clock{monotonic()} }

// Now is the time since the start.
func (c Clock) Now() time.Duration { return time.Duration(monotonic() - c.zero) }

func monotonic() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // cannot fail for this clock
	return t.Nano()
}

// sleepUntil blocks the thread, which is more punctual than a timer of the runtime.
func (c Clock) sleepUntil(t time.Duration) {
	at := unix.NsecToTimespec(c.zero + int64(t))
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &at, nil) == unix.EINTR {
	}
}
