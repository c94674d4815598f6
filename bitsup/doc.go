// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package bitsup is the server of the BITS upload protocol ([MC-BUP]) as an http.Handler.
//
//	s, err := bitsup.New(bitsup.Options{Dir: "/srv/inbox"})
//	http.ListenAndServe("127.0.0.1:8080", s)
//
// A client opens a session for a URL, sends the file in fragments, and closes the session. What holds:
//
//   - A fragment is acknowledged when it and the note of it are on the disk. Neither a restart of the server nor a
//     power cut loses an acknowledged byte, and a session goes on after either.
//   - A file appears under its name when its last fragment has arrived, whole, by one rename. Nothing is ever
//     written outside the folder, or seen in it before it is whole.
//   - One session at a time writes a file.
//   - What clients can make the server keep is bounded: sessions, bytes, memory. A session that was only created
//     costs no file.
//   - Packets can be repeated. A second last Fragment, Close-Session or Cancel-Session is answered like the first.
//
// docs/protocol-bits-upload.md describes the protocol as implemented.
package bitsup
