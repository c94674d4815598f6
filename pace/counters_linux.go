// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"bytes"
	"os"
	"strconv"
)

// procCounters reads the kernel's counters of this network namespace through files that stay open.
type procCounters struct {
	dev, snmp *os.File // nil: cannot be read
	buf       []byte
}

// openHostCounters opens the counters. In a container they know only what the container itself does.
func openHostCounters() hostCounters {
	c := &procCounters{buf: make([]byte, 16<<10)}
	c.dev, _ = os.Open("/proc/self/net/dev")
	c.snmp, _ = os.Open("/proc/self/net/snmp")
	return c
}

func (c *procCounters) read(interfaces []string) (arrived, opens int64) {
	return receivedBytes(c.text(c.dev), interfaces), activeOpens(c.text(c.snmp))
}

// text reads a file from its beginning. What does not fit is not there.
func (c *procCounters) text(f *os.File) []byte {
	if f == nil {
		return nil
	}
	n, _ := f.ReadAt(c.buf, 0) // always ends with io.EOF
	return c.buf[:n]
}

// receivedBytes adds up the bytes received by interfaces in the text of /proc/net/dev, -1 when one is not there.
func receivedBytes(text []byte, interfaces []string) int64 {
	found, sum := 0, int64(0)
	for line := range bytes.Lines(text) {
		name, rest, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		for _, want := range interfaces {
			if string(bytes.TrimSpace(name)) == want {
				found++
				sum += firstNumber(rest)
			}
		}
	}
	if found == 0 || found < len(interfaces) {
		return -1
	}
	return sum
}

// activeOpens is Tcp ActiveOpens in the text of /proc/net/snmp: connections this host began to open (RFC 4022); -1 when it is not there.
func activeOpens(text []byte) int64 {
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(line, []byte("Tcp: "))
		if !ok || len(rest) == 0 || rest[0] < '0' || rest[0] > '9' {
			continue // another protocol, or the names of the fields
		}
		// RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens
		for range 4 {
			_, rest, _ = bytes.Cut(rest, []byte(" "))
		}
		return firstNumber(rest)
	}
	return -1
}

// firstNumber is the number at the beginning of text, -1 when there is none.
func firstNumber(text []byte) int64 {
	text = bytes.TrimLeft(text, " ")
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(string(text[:end]), 10, 64)
	if err != nil {
		return -1
	}
	return n
}
