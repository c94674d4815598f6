// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget_test

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/dial"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/mover/httpget"
)

// carrier is a connection that knows what carries it: as much as the address it goes to.
type carrier struct {
	net.Conn
	mu     sync.Mutex
	served []openbits.Priority
}

func (c *carrier) NetConn() net.Conn { return c.Conn }

func (c *carrier) Transport() openbits.Transport {
	return openbits.Transport{Interface: c.RemoteAddr().String()}
}

func (c *carrier) Serve(p openbits.Priority) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.served = append(c.served, p)
}

// layer is a connection around another, as the dialler's own.
type layer struct{ net.Conn }

func (l layer) NetConn() net.Conn { return l.Conn }

// carriers keeps what it dialled.
type carriers struct{ made []*carrier }

func (d *carriers) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	dialer := dial.Dialer{Wrap: func(conn net.Conn, _ openbits.Priority) net.Conn {
		c := &carrier{Conn: conn}
		d.made = append(d.made, c)
		return layer{c}
	}}
	return dialer.DialContext(ctx, network, addr)
}

// curious is a part that wants to know what carries it.
type curious struct {
	*testlab.MemPart
	by []openbits.Carrier
}

func (p *curious) CarriedBy(c openbits.Carrier) { p.by = append(p.by, c) }

// TestCarriers: whatever is around a connection, for each request the part hears what carries it and the carrier for
// which work. After a redirect the second one is the last.
func TestCarriers(t *testing.T) {
	authority := newAuthority(t)
	for name, opt := range map[string]testlab.Options{
		"HTTP/1.1": {}, "TLS": {Authority: authority, HTTP1: true}, "HTTP/2": {Authority: authority},
	} {
		origin := startOrigin(t, opt)
		origin.Put("/f.bin", testlab.File{Content: content})
		origin.Handle("/away", redirectTo(302, origin.Other+"/f.bin"))
		d := &carriers{}
		m := newMover(t, httpget.Options{Dial: d.dial})
		get := func(p openbits.Priority, path string) []openbits.Carrier {
			t.Helper()
			part := &curious{MemPart: emptyPart()}
			err := m.Move(context.Background(), openbits.Transfer{Priority: p, URL: origin.URL + path, Route: &openbits.Route{CA: authority.PEM}}, part)
			if err != nil || !content.Is(part.Bytes()) {
				t.Fatalf("%s: %v", name, err)
			}
			return part.by
		}
		first := get(openbits.PriorityLow, "/f.bin")
		again := get(openbits.PriorityHigh, "/f.bin")
		if len(d.made) != 1 || !slices.Equal(first, []openbits.Carrier{d.made[0]}) || !slices.Equal(again, first) {
			t.Fatalf("%s: %d connections, the part was carried by %v and %v", name, len(d.made), first, again)
		}
		if want := []openbits.Priority{openbits.PriorityLow, openbits.PriorityHigh}; !slices.Equal(d.made[0].served, want) {
			t.Errorf("%s: it served %v, want %v", name, d.made[0].served, want)
		}
		away := get(openbits.PriorityNormal, "/away")
		if len(d.made) != 2 || !slices.Equal(away, []openbits.Carrier{d.made[0], d.made[1]}) {
			t.Errorf("%s: redirected it was carried by %v of %v", name, away, d.made)
		}
	}
}

// TestNothingCarries: a connection that cannot tell is told as that, and a part that does not ask is left alone.
func TestNothingCarries(t *testing.T) {
	origin := startOrigin(t, testlab.Options{})
	origin.Put("/f.bin", testlab.File{Content: content})
	part := &curious{MemPart: emptyPart()}
	if err := move(t, origin.URL+"/f.bin", part); err != nil || len(part.by) != 1 || part.by[0] != nil {
		t.Errorf("carried by %v, %v", part.by, err)
	}
	d := &carriers{}
	m := newMover(t, httpget.Options{Dial: d.dial})
	err := m.Move(context.Background(), openbits.Transfer{Priority: openbits.PriorityLow, URL: origin.URL + "/f.bin"}, emptyPart())
	if err != nil || len(d.made) != 1 || len(d.made[0].served) != 1 {
		t.Errorf("%d connections, %v", len(d.made), err)
	}
}
