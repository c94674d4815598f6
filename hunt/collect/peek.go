// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"bytes"
	"strings"

	"github.com/openbits/openbits/evtx"
	"github.com/openbits/openbits/hunt/evidence"
)

// peekSize is the header of a log and its first chunk.
const peekSize = 4096 + 65536

// peek reads the first chunk of a log: whose it is, and which channel it holds. A log whose content and name agree on
// a channel that nobody wants is left out.
func (w *walker) peek(m *Member, c candidate) {
	head, err := c.source.head(w.ctx, peekSize)
	if err != nil {
		w.unread(m, "it cannot be read: "+reason(err))
		return
	}
	log, err := evtx.Open(bytes.NewReader(head), int64(len(head)))
	if err != nil {
		return
	}
	mixed := false
	for e, err := range log.Events() {
		if err != nil || e.System.Channel == "" {
			continue
		}
		if m.Channel == "" {
			m.Channel, m.Computer, m.newest = e.System.Channel, e.System.Computer, e.Time().Unix()
		}
		if mixed = e.System.Channel != m.Channel; mixed {
			break
		}
		m.Computer, m.newest = e.System.Computer, e.Time().Unix()
	}
	if m.Channel == "" || mixed || c.direct || w.o.Channel == nil || w.o.Channel(m.Channel) {
		return
	}
	if strings.EqualFold(m.base, logName(m.Channel)) {
		m.Kind, m.Status = Other, evidence.Skipped
	}
}

// logName is the name of the file that Windows keeps a channel in.
func logName(channel string) string { return strings.ReplaceAll(channel, "/", "%4") + ".evtx" }

// forwarded reports whether a log holds events that other computers sent.
func (m *Member) forwarded() bool {
	return m.Channel == "ForwardedEvents" || strings.EqualFold(m.base, "ForwardedEvents.evtx")
}

// hive reads the computer's name from its registry. Other parts of the registry are of no use.
func (w *walker) hive(m *Member, c candidate, h hint) {
	if h != hintHive && !c.direct || c.size > maxHive {
		m.Kind, m.Status = Other, evidence.Skipped
		return
	}
	s, err := c.source.open(w.ctx)
	if err != nil {
		w.unread(m, "it cannot be read: "+reason(err))
		return
	}
	defer s.release()
	name, err := computerName(s, s.size)
	if err != nil {
		m.Notes = append(m.Notes, "the computer's name was not found in it: "+err.Error())
		m.Status = evidence.Skipped
		return
	}
	m.Computer = name
}
