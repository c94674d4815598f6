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

var _ openbits.Carrier = (*systemFlow)(nil)
