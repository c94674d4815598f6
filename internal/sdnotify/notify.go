// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package sdnotify talks to the service manager that started the program, in the
// protocol of systemd: it tells when the service is ready (sd_notify(3)) and takes over
// the sockets that were opened for it (sd_listen_fds(3)). Where there is no such
// manager every call does nothing, so that callers need not ask.
//
// Both are told by environment variables, which FromEnv and Listeners remove: a
// program started later must not take them for its own.
package sdnotify

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// Notifier tells the service manager about the service. Nil is one that tells nobody.
type Notifier struct{ path string }

// FromEnv is the Notifier of $NOTIFY_SOCKET: a path, or a name that begins with "@".
// It is nil when there is none or its kind of address is another one.
func FromEnv() *Notifier {
	path := os.Getenv("NOTIFY_SOCKET")
	_ = os.Unsetenv("NOTIFY_SOCKET")
	if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "@") {
		return nil
	}
	return &Notifier{path: path}
}

// Ready tells that the service answers.
func (n *Notifier) Ready() error { return n.send("READY=1") }

// Stopping tells that the service began to shut down.
func (n *Notifier) Stopping() error { return n.send("STOPPING=1") }

// Status shows a line to people, by way of systemctl status.
func (n *Notifier) Status(text string) error {
	return n.send("STATUS=" + strings.Join(strings.Fields(text), " "))
}

func (n *Notifier) send(message string) error {
	if n == nil {
		return nil
	}
	// package net makes the leading zero byte of an abstract address of "@".
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.path, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("cannot notify the service manager: %w", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(message)); err != nil {
		return fmt.Errorf("cannot notify the service manager: %w", err)
	}
	return nil
}
