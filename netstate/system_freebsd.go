// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netstate

import (
	"context"
	"encoding/hex"
	"time"

	"golang.org/x/sys/unix"
)

// bootID is the random id of the boot, 16 bytes, where the kernel has one. kern.boottime
// would not do: it moves when the clock is set.
func bootID() string {
	raw, err := unix.SysctlRaw("kern.boot_id")
	if err != nil {
		return ""
	}
	return hex.EncodeToString(raw)
}

// readClocks: no clock of FreeBSD counts the time asleep, so that waking up shows as a
// setting of the wall clock and Uptime leaves sleep out.
func readClocks() clocks {
	read := func(id int32) time.Duration {
		var t unix.Timespec
		_ = unix.ClockGettime(id, &t)
		return time.Duration(t.Nano())
	}
	up := read(unix.CLOCK_MONOTONIC)
	return clocks{boot: up, wall: read(unix.CLOCK_REALTIME), awake: up}
}

// watchClock compares the clocks regularly.
func watchClock(ctx context.Context) <-chan struct{} { return tick(ctx, ClockInterval) }
