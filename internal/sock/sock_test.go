// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sock

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
)

// fakeListener hands out the connections it was given, then ends.
type fakeListener struct {
	net.Listener
	conns []net.Conn
}

func (l *fakeListener) Accept() (net.Conn, error) {
	if len(l.conns) == 0 {
		return nil, net.ErrClosed
	}
	c := l.conns[0]
	l.conns = l.conns[1:]
	return c, nil
}

func TestNoConnectionWithoutIdentity(t *testing.T) {
	var peers []net.Conn
	l := &fakeListener{}
	for range 4 {
		near, far := net.Pipe()
		l.conns, peers = append(l.conns, near), append(peers, far)
	}
	answers := []struct {
		peer Peer
		err  error
	}{
		{Peer{UID: "1000"}, io.ErrUnexpectedEOF}, // the peer was gone before it could be asked for
		{Peer{PID: 1}, nil},                      // no account
		{Peer{UID: "1001", PID: 7}, nil},
		{Peer{}, errors.New("not a socket")},
	}
	asked := 0
	wrapped := &listener{Listener: l, identify: func(net.Conn) (Peer, error) {
		asked++
		return answers[asked-1].peer, answers[asked-1].err
	}}
	c, err := wrapped.Accept()
	if err != nil || asked != 3 {
		t.Fatalf("%v after %d were asked for", err, asked)
	}
	if p, ok := PeerOf(c); !ok || p.UID != "1001" || p.PID != 7 {
		t.Errorf("the connection is of %+v", p)
	}
	if _, err := wrapped.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the last connection had no identity and was handed out: %v", err)
	}
	for i, far := range peers {
		if i == 2 {
			continue
		}
		if _, err := far.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("connection %d was not closed: %v", i, err)
		}
	}
}

func TestOtherConnectionsHaveNoPeer(t *testing.T) {
	near, _ := net.Pipe()
	for name, c := range map[string]net.Conn{"a pipe": near, "an empty one": &Conn{Conn: near}, "none": nil} {
		if p, ok := PeerOf(c); ok {
			t.Errorf("%s has the peer %+v", name, p)
		}
	}
}

func TestPeerIsThisProcess(t *testing.T) {
	l, err := Listen(address(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	c, err := Dial(t.Context(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = accepted.Close() }()
	peer, ok := PeerOf(accepted)
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if !ok || peer.UID != self || peer.PID != os.Getpid() || peer.Program != program {
		t.Errorf("the peer is %+v, want user %s, process %d, %s", peer, self, os.Getpid(), program)
	}
}

func TestDialIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Dial(ctx, address(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled dial: %v", err)
	}
}
