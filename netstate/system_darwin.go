// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netstate

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// bootID is the UUID that the kernel makes anew at every boot.
func bootID() string {
	id, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	return id
}

// readClocks: the raw monotonic clock counts sleep and the uptime clock does not; neither
// follows settings of the wall clock (clock_gettime(3) of macOS).
func readClocks() clocks {
	read := func(id int32) time.Duration {
		var t unix.Timespec
		_ = unix.ClockGettime(id, &t)
		return time.Duration(t.Nano())
	}
	return clocks{
		boot:  read(unix.CLOCK_MONOTONIC_RAW),
		wall:  read(unix.CLOCK_REALTIME),
		awake: read(unix.CLOCK_UPTIME_RAW),
	}
}

// watchClock compares the clocks regularly: power events come by way of IOKit, which needs cgo.
func watchClock(ctx context.Context) <-chan struct{} { return tick(ctx, ClockInterval) }
