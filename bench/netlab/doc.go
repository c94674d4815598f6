// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package netlab puts real programs behind an emulated link: network namespaces for two clients and a server, with TUN
// devices between which this process carries the packets, by the arithmetic of package link. It needs Linux and root, and
// neither qdiscs nor kernel modules besides tun.
//
// The namespaces have no names. They belong to threads of this process, so that nothing is left of them when it ends,
// however it ends, and several laboratories can run at once. To look into one:
//
//	nsenter --net=/proc/PID/task/TID/ns/net ip addr
//
// Programs started in a namespace are killed when this process ends.
package netlab

import "net/netip"

// The addresses of the laboratory. Packets are classified by that of the server.
var (
	Client = netip.MustParseAddr("10.77.0.1")
	Other  = netip.MustParseAddr("10.77.0.2") // a second client behind the same link

	ForegroundServer = netip.MustParseAddr("10.77.1.1")
	BackgroundServer = netip.MustParseAddr("10.77.1.2")
	SecondServer     = netip.MustParseAddr("10.77.1.3")
	ProbeServer      = netip.MustParseAddr("10.77.1.4")
)
