// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/dial"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/mover/httpget"
)

func startOrigin(t *testing.T, opt testlab.Options) *testlab.Origin {
	t.Helper()
	origin, err := testlab.StartOrigin(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(origin.Close)
	return origin
}

func newAuthority(t *testing.T) *testlab.Authority {
	t.Helper()
	a, err := testlab.NewAuthority("testlab authority")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func newMover(t *testing.T, opt httpget.Options) *httpget.Mover {
	t.Helper()
	m := httpget.New(opt)
	t.Cleanup(m.Reset)
	return m
}

func emptyPart() *testlab.MemPart { return testlab.NewMemPart(nil, openbits.Head{}) }

// move downloads url once, as a normal job without a route.
func move(t *testing.T, url string, part openbits.Part) error {
	t.Helper()
	m := newMover(t, httpget.Options{})
	return m.Move(context.Background(), openbits.Transfer{Priority: openbits.PriorityNormal, URL: url}, part)
}

// interrupt downloads url until at least n bytes are held and checks that it was interrupted.
func interrupt(t *testing.T, m *httpget.Mover, transfer openbits.Transfer, part *testlab.MemPart, n int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	part.Hook = func(_ testlab.Op, held int64) error {
		if held >= n {
			cancel()
			return context.Canceled
		}
		return nil
	}
	err := m.Move(ctx, transfer, part)
	part.Hook = nil
	if err != context.Canceled {
		t.Fatalf("interrupted download answers %v, want context.Canceled", err)
	}
	if held := part.Held().Offset; held < n {
		t.Fatalf("%d bytes are held after the interruption, want %d at least", held, n)
	}
	part.Cut(part.Held().Offset)
}

// noDial fails the test when a connection is made.
func noDial(t *testing.T) dial.Func {
	return func(_ context.Context, _, addr string) (net.Conn, error) {
		t.Errorf("a connection to %s was made", addr)
		return nil, errors.New("no connection is allowed")
	}
}
