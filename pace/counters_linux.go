// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"errors"
	"time"
)

// opensTime is the least time between two looks at the connections that were opened: every second tick. That file is made anew for
// each reader, out of the counters of every processor.
const opensTime = TickInterval * 3 / 2

// mostFailures of netlink in a row are believed to stay.
const mostFailures = 3

// linuxCounters asks the kernel for the counters of this network namespace.
type linuxCounters struct {
	link  *linkCounters // nil: the kernel does not answer
	files *procFiles

	failures int // of link, in a row

	opens  int64
	opened time.Time // when opens was read
}

// openHostCounters opens the counters of the network namespace that the calling thread is in. In a container they know only what the
// container itself does.
func openHostCounters() hostCounters {
	link, err := openLinkCounters()
	if err != nil {
		link = nil // a sandbox may forbid it
	}
	return &linuxCounters{link: link, files: openProcFiles()}
}

func (c *linuxCounters) read(iface string) (counted, bool) {
	received, sent, ok := c.bytes(iface)
	if !ok {
		return counted{}, false
	}
	if now := time.Now(); now.Sub(c.opened) >= opensTime {
		c.opens, c.opened = c.files.opens(), now
	}
	return counted{received, sent, c.opens}, true
}

func (c *linuxCounters) bytes(iface string) (received, sent int64, ok bool) {
	if c.link == nil {
		return c.files.bytes(iface)
	}
	received, sent, err := c.link.read(iface)
	switch {
	case err == nil:
		c.failures = 0
		return received, sent, true
	case errors.Is(err, errNoLink):
		return 0, 0, false
	}
	if c.failures++; c.failures >= mostFailures { // before Linux 4.7, or in a sandbox
		c.link = nil
	}
	return c.files.bytes(iface)
}
