// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netstate

import (
	"time"

	"github.com/openbits/openbits"
)

// clocks is one reading of the machine's clocks, each from its own origin.
type clocks struct {
	wall  time.Duration // may be set
	boot  time.Duration // runs on during sleep
	awake time.Duration // stands still during sleep
}

// jump is the difference between two clocks from which on one of them was set or the
// machine slept. Less is slewing, or the time between two readings.
const jump = time.Second

// clockEvents is what happened between two readings. After sleep the wall clock is
// set from the battery's, so that it goes on beside the boot clock: that is no setting.
func clockEvents(before, after clocks) []openbits.MachineEvent {
	var list []openbits.MachineEvent
	if slept := (after.boot - after.awake) - (before.boot - before.awake); slept > jump {
		list = append(list, openbits.MachineWoke)
	}
	if set := (after.wall - after.boot) - (before.wall - before.boot); set.Abs() > jump {
		list = append(list, openbits.MachineClockSet)
	}
	return list
}

// steadyClocks reads the clocks at one moment: a reading in the midst of which the
// process was stopped is taken again.
func steadyClocks() clocks {
	const moment = 50 * time.Millisecond
	c := readClocks()
	for range 10 {
		next := readClocks()
		if next.boot-c.boot < moment {
			return c
		}
		c = next
	}
	return c
}
