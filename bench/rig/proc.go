// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor time in /proc/PID/stat (USER_HZ, 100 on all of Linux's current ports).
const tick = 10 * time.Millisecond

// Memory is what a process has in main memory, in bytes (proc_pid_status(5)).
type Memory struct {
	RSS  int64 // all resident pages: VmRSS
	Anon int64 // of them the process's own: heap and stacks (RssAnon)
	File int64 // of them pages of files, its program above all, which the system shares and drops at will (RssFile)
	Peak int64 // the highest RSS: VmHWM
}

// MemoryOf reads the memory of a process.
func MemoryOf(pid int) (Memory, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, err
	}
	value := func(key string) int64 { return field(data, key) << 10 }
	m := Memory{RSS: value("VmRSS"), Anon: value("RssAnon"), File: value("RssFile"), Peak: value("VmHWM")}
	if m.RSS == 0 {
		return m, fmt.Errorf("process %d has ended", pid)
	}
	return m, nil
}

// field is the number behind "key:" in a status file, 0 when there is none.
func field(status []byte, key string) int64 {
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), key+":"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
			return n
		}
	}
	return 0
}

// CPUOf is the processor time that a running process has used, user and system together, in steps of 10 ms.
func CPUOf(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name in the second field may hold blanks and brackets; the fields behind it do not.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, err
}

// WakeupsOf is how often the threads of a process have gone to sleep so far, to be woken again.
func WakeupsOf(pid int) (int64, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, t := range threads {
		data, err := os.ReadFile(t)
		if err != nil {
			continue // the thread has ended
		}
		sum += field(data, "voluntary_ctxt_switches")
	}
	return sum, nil
}

// Load is the machine's load average of the last minute.
func Load() float64 {
	data, _ := os.ReadFile("/proc/loadavg")
	v, _ := strconv.ParseFloat(strings.Fields(string(data) + " 0")[0], 64)
	return v
}

// Machine describes this computer and the volume of dir in some lines.
func Machine(dir string) []string {
	cpu, kernel, memory := "", "", int64(0)
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		n := strings.Count(string(data), "\nmodel name") + strings.Count(string(data[:min(10, len(data))]), "model name")
		model := ""
		for line := range strings.Lines(string(data)) {
			if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
				model = strings.TrimSpace(v)
			}
		}
		cpu = fmt.Sprintf("%d × %s", max(n, 1), model)
	}
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		memory = field(data, "MemTotal") << 10
	}
	if data, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel = strings.TrimSpace(string(data))
	}
	system := ""
	if f, err := os.Open("/etc/os-release"); err == nil {
		data, _ := io.ReadAll(f)
		_ = f.Close()
		for line := range strings.Lines(string(data)) {
			if v, ok := strings.CutPrefix(line, "PRETTY_NAME="); ok {
				system = strings.Trim(strings.TrimSpace(v), "\"")
			}
		}
	}
	return []string{
		fmt.Sprintf("processors: %s; memory: %s", cpu, Bytes(memory)),
		fmt.Sprintf("system: %s, Linux %s; file system of %s: %s", system, kernel, filepath.Dir(dir), fileSystem(dir)),
		fmt.Sprintf("load average at the start: %.1f", Load()),
	}
}

// fileSystem is the type of the file system that dir is on.
func fileSystem(dir string) string {
	data, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "unknown"
	}
	best, kind := "", "unknown"
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) < 3 {
			continue
		}
		under := f[1] == "/" || dir == f[1] || strings.HasPrefix(dir, f[1]+"/")
		if under && len(f[1]) >= len(best) {
			best, kind = f[1], f[2]
		}
	}
	return kind
}

// InMemory reports whether dir is on a file system without a disk, where making a file durable costs nothing.
func InMemory(dir string) bool { k := fileSystem(dir); return k == "tmpfs" || k == "ramfs" }
