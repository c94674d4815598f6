// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import "time"

// Transport is what is known of the network under the connections of a running job. Background connections that
// share a path are governed together, so the figures are those of all of them.
type Transport struct {
	Mode      TransportMode
	Rival     Rival     // who has the room, while Mode is yielding or sharing
	Since     time.Time // of the mode
	Interface string    // through which the connections leave this computer, "" when it is not known
	Handle    string    // by what they are governed, such as "receive window"; "" when they are not

	Connections int           // that move bytes now
	Rate        int64         // bytes per second of all of them
	Foreign     int64         // bytes per second of others on this computer through the same interface, or Unknown
	Capacity    int64         // bytes per second that the path is thought to carry, or Unknown
	Window      int64         // bytes that they may have under way together, or Unknown
	Base        time.Duration // round trip without any queue; 0: not known
	Queue       time.Duration // how much longer the round trip is now: the queueing delay

	Notes []string // which signals are missing, and what is done without them: one sentence each
}

// TransportMode is one of a closed list of ways in which connections share a path.
type TransportMode string

const (
	// TransportUngoverned: the connections compete like those of any program: a foreground job's, or those that stay on this computer.
	TransportUngoverned TransportMode = "ungoverned"
	// TransportStarting: what the path carries is being found out.
	TransportStarting TransportMode = "starting"
	// TransportAlone: nobody else is there, and the path is used whole.
	TransportAlone TransportMode = "alone"
	// TransportSharing: somebody who needs a steady part of the path has it, and the rest is used.
	TransportSharing TransportMode = "sharing"
	// TransportYielding: somebody else has the path, and only a trickle is moved.
	TransportYielding TransportMode = "yielding"
	// TransportReturning: what was given up is being taken back.
	TransportReturning TransportMode = "returning"
)

// TransportModes lists all modes.
var TransportModes = []TransportMode{
	TransportUngoverned, TransportStarting, TransportAlone, TransportSharing, TransportYielding, TransportReturning,
}

// Rival is one of a closed list of those to whom background connections yield.
type Rival string

const (
	// RivalNone: nobody.
	RivalNone Rival = ""
	// RivalHost: other programs on this computer, or foreground jobs, as its counters show.
	RivalHost Rival = "this_computer"
	// RivalNetwork: somebody else on the path, as the queue there shows.
	RivalNetwork Rival = "network"
)

// Rivals lists all rivals.
var Rivals = []Rival{RivalNone, RivalHost, RivalNetwork}

// Words names the rival for people, as the end of "it gives way to …".
func (r Rival) Words() string {
	switch r {
	case RivalHost:
		return "other programs on this computer"
	case RivalNetwork:
		return "others on the network"
	default:
		return "others"
	}
}

// Carrier is a connection that knows what carries it. A mover finds it below the connection it was given (by NetConn).
type Carrier interface {
	// Transport tells what is known at this moment. It is cheap and safe for concurrent use.
	Transport() Transport
	// Serve says for work of which priority the connection is used from now on.
	Serve(p Priority)
}

// CarriedPart is a Part that wants to know what carries its bytes. The mover tells it before it asks for them, and
// again whenever a redirect or another attempt takes another connection.
type CarriedPart interface {
	Part
	CarriedBy(c Carrier) // nil: what carries them cannot tell
}
