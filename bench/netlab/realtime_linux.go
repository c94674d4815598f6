// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netlab

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Priorities of the real-time class. Somebody who is starved of processor time takes packets late, which looks like a
// queue in the network; so everything that takes part is scheduled before the rest of the machine, and the link first.
const (
	partPriority = 10
	linkPriority = 20
)

// Realtime moves this process into the real-time class SCHED_RR, and with it all threads and programs that it starts
// from now on.
func Realtime() error {
	seen := map[int]bool{}
	for more := true; more; {
		more = false
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, t := range tasks {
			id, err := strconv.Atoi(t.Name())
			if err != nil || seen[id] {
				continue
			}
			seen[id], more = true, true
			if err := schedule(id, partPriority); err != nil && err != unix.ESRCH {
				return fmt.Errorf("cannot use the real-time class SCHED_RR: %w", err)
			}
		}
	}
	return nil
}

func schedule(thread int, priority uint32) error {
	return unix.SchedSetAttr(thread, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: priority}, 0)
}
