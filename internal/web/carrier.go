// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"net"
	"net/http/httptrace"

	"github.com/openbits/openbits"
)

// maxLayers bounds the walk below a connection: TLS to the server, TLS to a proxy and the dialler's own are five at most.
const maxLayers = 16

// carrierOf finds what carries a connection, below TLS and whatever else wraps it; nil: nothing there can tell.
func carrierOf(conn net.Conn) openbits.Carrier {
	for range maxLayers {
		if c, ok := conn.(openbits.Carrier); ok {
			return c
		}
		layer, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		conn = layer.NetConn()
	}
	return nil
}

// Carried makes every request that is made with ctx tell its connection what it works for, and asks tell to be
// told what carries it; nil: nobody asks. The last connection counts: redirects and the transport's own attempts take others.
func Carried(ctx context.Context, p openbits.Priority, tell func(openbits.Carrier)) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		c := carrierOf(info.Conn)
		if c != nil {
			c.Serve(p)
		}
		if tell != nil {
			tell(c)
		}
	}})
}
