// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// session is a file on its way. Who has its turn may use all of it; the table's own fields belong to the table.
type session struct {
	record
	*turn

	client client
	stale  bool // it was read from the disk and is yet to be compared with its data

	// Of the table, under its lock:

	phase phase
	wants int64 // bytes that its client is held to want for it
	gone  bool  // it was taken out of the table
}

// client is whom limits are for: the user, or the address where nobody signs in.
type client struct{ user, address string }

func (c client) key() string {
	if c.user != "" {
		return "user " + c.user
	}
	return "address " + c.address
}

// newID makes a session id: a version 4 GUID in capitals and braces, as Windows' server makes them. Its 122 random bits
// are what keeps a session from others where nobody signs in.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, says crypto/rand
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("{%X-%X-%X-%X-%X}", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// canonical is the spelling of an id that the table knows it by: clients may drop braces and change case.
func canonical(id string) string { return strings.ToUpper(strings.Trim(id, "{}")) }
