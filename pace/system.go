// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"net"

	"github.com/openbits/openbits"
)

// systemFlow is a connection that the operating system itself makes yield.
type systemFlow struct {
	net.Conn
	handle string // by what, in words
}

// NetConn is the connection below.
func (f *systemFlow) NetConn() net.Conn { return f.Conn }

// Serve does nothing: all background priorities are one to the system.
func (f *systemFlow) Serve(openbits.Priority) {}

// Transport tells that the system governs the connection, and nothing more is known.
func (f *systemFlow) Transport() openbits.Transport {
	return openbits.Transport{
		Mode: openbits.TransportAlone, Handle: f.handle, Connections: 1,
		Rate: openbits.Unknown, Foreign: openbits.Unknown, Capacity: openbits.Unknown, Window: openbits.Unknown,
		Notes: []string{"the operating system makes this connection yield and does not tell how"},
	}
}

// plainFlow is a background connection that cannot be made to yield.
type plainFlow struct {
	net.Conn
	why string
}

// NetConn is the connection below.
func (f *plainFlow) NetConn() net.Conn { return f.Conn }

// Serve does nothing.
func (f *plainFlow) Serve(openbits.Priority) {}

// Transport tells that the connection competes like any, and why.
func (f *plainFlow) Transport() openbits.Transport {
	return openbits.Transport{
		Mode: openbits.TransportUngoverned,
		Rate: openbits.Unknown, Foreign: openbits.Unknown, Capacity: openbits.Unknown, Window: openbits.Unknown,
		Notes: []string{f.why},
	}
}

var (
	_ openbits.Carrier = (*systemFlow)(nil)
	_ openbits.Carrier = (*plainFlow)(nil)
)
