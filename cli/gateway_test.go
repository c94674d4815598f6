// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/time/rate"
)

// gateway stands in front of a server that comes and goes: its address stays. It counts what clients send and passes it on at a
// rate. While there is no server, new connections wait for the next one, as those to a socket that a service manager holds do.
type gateway struct {
	url     string
	sent    atomic.Int64 // bytes that clients sent, heads included
	limiter *rate.Limiter

	mu     sync.Mutex
	server string        // address; "": there is none
	there  chan struct{} // closed while there is one
}

// gatewayStep is how much is passed on at a time.
const gatewayStep = 16 << 10

func startGateway(t *testing.T, bytesPerSecond int64) *gateway {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{url: "http://" + l.Addr().String(), limiter: rate.NewLimiter(rate.Limit(bytesPerSecond), 4*gatewayStep), there: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { g.carry(ctx, c) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = l.Close()
		conns.Wait()
	})
	return g
}

// lead says where the server is now, "" that there is none.
func (g *gateway) lead(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.server == "" && address != "":
		close(g.there)
	case g.server != "" && address == "":
		g.there = make(chan struct{})
	}
	g.server = address
}

// find answers the address of the server, once there is one.
func (g *gateway) find(ctx context.Context) string {
	for {
		g.mu.Lock()
		address, there := g.server, g.there
		g.mu.Unlock()
		if address != "" {
			return address
		}
		select {
		case <-there:
		case <-ctx.Done():
			return ""
		}
	}
}

// carry passes on one connection, until either side ends it.
func (g *gateway) carry(ctx context.Context, client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", g.find(ctx))
	if err != nil {
		return
	}
	defer server.Close()
	stop := context.AfterFunc(ctx, func() { _, _ = client.Close(), server.Close() })
	defer stop()
	back := make(chan struct{})
	go func() {
		defer close(back)
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	b := make([]byte, gatewayStep)
	for {
		n, err := client.Read(b)
		g.sent.Add(int64(n))
		if err != nil || g.limiter.WaitN(ctx, n) != nil {
			break
		}
		if _, err := server.Write(b[:n]); err != nil {
			break
		}
	}
	_ = server.Close()
	<-back
}
