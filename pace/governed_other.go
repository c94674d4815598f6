// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package pace

import (
	"errors"
	"net"
)

// Supported says in what way background connections can be governed here, or why they cannot.
func Supported() (how string, ok bool) {
	return "not governed: this needs Linux", false
}

var errNotGoverned = errors.New("background connections cannot be governed on this system")

func openSocket(net.Conn) (socket, error) { return nil, errNotGoverned }

// noCounters knows nothing of the host.
type noCounters struct{}

func openHostCounters() hostCounters { return noCounters{} }

func (noCounters) read(string) (counted, bool) { return counted{}, false }

// leaveToSystem makes the system let a connection yield, where it can do that by itself.
func leaveToSystem(net.Conn) (handle string, ok bool) { return "", false }
