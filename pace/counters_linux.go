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

func (c *procCounters) read(iface string) (counted, bool) {
	received, sent := interfaceBytes(c.text(c.dev), iface)
	if received < 0 {
		return counted{}, false
	}
	return counted{received, sent, activeOpens(c.text(c.snmp))}, true
}

// text reads a file from its beginning. What does not fit is not there.
func (c *procCounters) text(f *os.File) []byte {
	if f == nil {
		return nil
	}
	n, _ := f.ReadAt(c.buf, 0) // always ends with io.EOF
	return c.buf[:n]
}

// interfaceBytes are the bytes received and sent by an interface in the text of /proc/net/dev, -1 when it is not there.
func interfaceBytes(text []byte, iface string) (received, sent int64) {
	for line := range bytes.Lines(text) {
		name, rest, ok := bytes.Cut(line, []byte(":"))
		if !ok || string(bytes.TrimSpace(name)) != iface {
			continue
		}
		fields := bytes.Fields(rest)
		if len(fields) < 9 {
			break
		}
		// Eight columns of what was received, then those of what was sent, bytes first.
		return firstNumber(fields[0]), firstNumber(fields[8])
	}
	return -1, -1
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
