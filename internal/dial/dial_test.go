// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package dial_test

import (
	"context"
	"net"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/dial"
)

func TestDialer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	type governed struct{ net.Conn }
	var seen openbits.Priority
	d := dial.Dialer{Wrap: func(conn net.Conn, p openbits.Priority) net.Conn {
		seen = p
		return governed{conn}
	}}
	for ctx, want := range map[context.Context]openbits.Priority{
		context.Background(): openbits.PriorityNormal,
		dial.WithPriority(context.Background(), openbits.PriorityForeground): openbits.PriorityForeground,
		dial.WithPriority(context.Background(), openbits.PriorityLow):        openbits.PriorityLow,
	} {
		conn, err := d.DialContext(ctx, "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := conn.(governed); !ok || seen != want {
			t.Errorf("a %T for priority %q, want a governed connection for %q", conn, seen, want)
		}
		conn.Close()
	}
	l.Close()
	if _, err := d.DialContext(context.Background(), "tcp", l.Addr().String()); err == nil {
		t.Error("a connection to a closed port came about")
	}
}
