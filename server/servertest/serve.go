// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package servertest

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/openbits/openbits/internal/sock"
	"github.com/openbits/openbits/server"
)

// Socket is a path for a socket, short enough for every system, which the end of the test removes.
func Socket(tb testing.TB) string {
	tb.Helper()
	// The folders of testing.TB carry the test's name and may be too long for a socket.
	folder, err := os.MkdirTemp("", "bits")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(folder) })
	if runtime.GOOS == "windows" {
		return `\\.\pipe\` + filepath.Base(folder)
	}
	return filepath.Join(folder, "bits.sock")
}

// Serve answers for svc on a socket until the test or stop ends it, and returns the socket's path.
func Serve(tb testing.TB, svc server.Service, o server.Options) (socket string, stop func()) {
	tb.Helper()
	socket = Socket(tb)
	return socket, ServeOn(tb, socket, svc, o)
}

// ServeOn is Serve on a given socket.
func ServeOn(tb testing.TB, socket string, svc server.Service, o server.Options) (stop func()) {
	tb.Helper()
	if o.Version == "" {
		o.Version = "test"
	}
	s, err := server.New(svc, o)
	if err != nil {
		tb.Fatal(err)
	}
	l, err := sock.Listen(socket)
	if err != nil {
		tb.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			tb.Errorf("shutdown: %v", err)
		}
		if err := <-served; err != nil {
			tb.Errorf("serve: %v", err)
		}
	}
	tb.Cleanup(stop)
	return stop
}
