// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot answers a clock that goes on while the computer is suspended, which Go's own does not on Linux (clock_gettime(2)).
func sinceBoot() func() time.Duration {
	epoch := time.Now()
	return func() time.Duration {
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil { // before Linux 2.6.39
			return time.Since(epoch)
		}
		return time.Duration(ts.Nano())
	}
}
