// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"bytes"
	"os"
	"strconv"
)

// procFiles reads the kernel's counters of a network namespace through files that stay open.
type procFiles struct {
	dev, snmp *os.File // nil: cannot be read
	buf       []byte
}

// openProcFiles opens those of the network namespace that the calling thread is in.
func openProcFiles() *procFiles {
	p := &procFiles{buf: make([]byte, 4<<10)}
	p.dev, _ = os.Open("/proc/thread-self/net/dev")
	p.snmp, _ = os.Open("/proc/thread-self/net/snmp")
	return p
}

// bytes are what an interface received and sent. The file has a line for each interface that there is.
func (p *procFiles) bytes(iface string) (received, sent int64, ok bool) {
	received, sent = interfaceBytes(p.text(p.dev), iface)
	return received, sent, received >= 0 && sent >= 0
}

// opens is how many connections were begun, -1 when that cannot be known.
func (p *procFiles) opens() int64 { return activeOpens(p.text(p.snmp)) }

// text reads a file from its beginning, whole.
func (p *procFiles) text(f *os.File) []byte {
	if f == nil {
		return nil
	}
	for n := 0; ; {
		read, err := f.ReadAt(p.buf[n:], int64(n))
		if n += read; err != nil { // at last it is io.EOF
			return p.buf[:n]
		}
		p.buf = append(p.buf, make([]byte, len(p.buf))...)
	}
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
