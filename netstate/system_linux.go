// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netstate

import (
	"context"
	"errors"
	"math"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// bootID is random(4)'s boot_id, a UUID made anew at every boot.
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func readClocks() clocks {
	read := func(id int32) time.Duration {
		var t unix.Timespec
		// clock_gettime of these clocks fails on no kernel that Go runs on.
		_ = unix.ClockGettime(id, &t)
		return time.Duration(t.Nano())
	}
	return clocks{
		boot:  read(unix.CLOCK_BOOTTIME),
		wall:  read(unix.CLOCK_REALTIME),
		awake: read(unix.CLOCK_MONOTONIC),
	}
}

// watchClock hints whenever the kernel changed the wall clock's offset, which it does when
// the clock is set and when the machine wakes up. It needs no wake-up of its own: a timer
// that lies in the farthest future is cancelled by the change (timerfd_create(2),
// TFD_TIMER_CANCEL_ON_SET). Where the kernel has no such timer the clocks are compared regularly.
func watchClock(ctx context.Context) <-chan struct{} {
	fd, err := unix.TimerfdCreate(unix.CLOCK_REALTIME, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return tick(ctx, ClockInterval)
	}
	timer := os.NewFile(uintptr(fd), "timerfd")
	if err := arm(timer); err != nil {
		_ = timer.Close()
		return tick(ctx, ClockInterval)
	}
	out := make(chan struct{}, 1)
	context.AfterFunc(ctx, func() { _ = timer.Close() })
	go waitForClock(timer, out)
	return out
}

// waitForClock returns when the timer was closed.
func waitForClock(timer *os.File, out chan<- struct{}) {
	buf := make([]byte, 8)
	for {
		if _, err := timer.Read(buf); err != nil && !errors.Is(err, unix.ECANCELED) {
			return
		}
		hint(out)
		if arm(timer) != nil {
			return
		}
	}
}

// arm sets the timer as far away as the type allows: the year 2262, or 2038 on 32-bit machines.
func arm(timer *os.File) error {
	far := unix.NsecToTimespec(math.MaxInt64)
	if int64(far.Sec) != math.MaxInt64/int64(time.Second) {
		far.Sec = math.MaxInt32
	}
	conn, err := timer.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		failed = unix.TimerfdSettime(int(fd), unix.TFD_TIMER_ABSTIME|unix.TFD_TIMER_CANCEL_ON_SET,
			&unix.ItimerSpec{Value: far}, nil)
	})
	return errors.Join(err, failed)
}
