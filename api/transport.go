// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"time"

	"github.com/openbits/openbits"
)

// Transport is what is known of the network under a job that moves. Background connections that share a path are
// governed together: the figures are those of all of them, whatever jobs they belong to.
type Transport struct {
	Mode      openbits.TransportMode `json:"mode" example:"yielding" doc:"ungoverned, starting, alone, sharing, yielding or returning"`
	Rival     openbits.Rival         `json:"rival" example:"this_computer" doc:"to whom it yields: this_computer (other programs there, or foreground jobs) or network (others on the path); empty: to nobody"`
	Since     *time.Time             `json:"since" doc:"of the mode"`
	Interface string                 `json:"interface" example:"eth0" doc:"through which the connections leave this computer, empty when unknown"`
	Handle    string                 `json:"handle" example:"receive window" doc:"by what they are governed, empty when they are not"`

	Connections int      `json:"connections" doc:"that move bytes now"`
	Rate        int64    `json:"rate" doc:"bytes per second of all of them"`
	Foreign     *int64   `json:"foreign" doc:"bytes per second of others on this computer through the same interface"`
	Capacity    *int64   `json:"capacity" doc:"bytes per second that the path is thought to carry"`
	Window      *int64   `json:"window" doc:"bytes that they may have under way together"`
	Base        *Seconds `json:"base" example:"0.0402" doc:"seconds; round trip without any queue"`
	Queue       *Seconds `json:"queue" example:"0.0031" doc:"seconds; how much longer the round trip is now: the queueing delay"`

	Notes []string `json:"notes" nullable:"false" doc:"signals that are missing, and what is done without them: a sentence each"`
}

// transportOf is t on the wire.
func transportOf(t *openbits.Transport) *Transport {
	if t == nil {
		return nil
	}
	out := &Transport{
		Mode: t.Mode, Rival: t.Rival, Since: moment(t.Since), Interface: t.Interface, Handle: t.Handle,
		Connections: t.Connections, Rate: t.Rate, Foreign: known(t.Foreign), Capacity: known(t.Capacity), Window: known(t.Window),
		Notes: append([]string{}, t.Notes...),
	}
	if t.Base > 0 { // a queue is measured against it
		base, queue := SecondsOf(t.Base), SecondsOf(max(t.Queue, 0))
		out.Base, out.Queue = &base, &queue
	}
	return out
}
