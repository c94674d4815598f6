// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"fmt"
	"os"
)

// Dirty is how much waits for any disk or is on its way there, in bytes (proc_meminfo(5)).
func Dirty() int64 {
	data, _ := os.ReadFile("/proc/meminfo")
	return (field(data, "Dirty") + field(data, "Writeback")) << 10
}

// WritesOf is how many calls of write and its like a process has made so far, to files and sockets (proc_pid_io(5)).
func WritesOf(pid int) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	return field(data, "syscw"), err
}
