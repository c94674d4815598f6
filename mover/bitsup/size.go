// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import "time"

const (
	// minFragment and maxFragment are what Windows clients from BITS 2.5 on send (MC-BUP, appendix A): 5 KB and 13 MB.
	minFragment = 5 << 10
	maxFragment = 13 << 20
	// startFragment is the first fragment of an attempt, of which nothing is known yet.
	startFragment = 64 << 10
	// share is the part of what an attempt has brought that one fragment may be. A fragment that is interrupted is lost, so
	// however often a service is killed, no more than a 16th of what is sent is sent twice, on average.
	share = 8
	// quick is how long a fragment may take in any case: losing it costs next to nothing, and a fast connection is used
	// after a few fragments rather than fifty.
	quick = 50 * time.Millisecond
	// aim is how long a fragment should take: often enough for the progress to be seen, rarely enough for the wait for the
	// acknowledgement not to matter.
	aim = time.Second
	// retryCap is how many fragments must be acknowledged before one that is larger than the connection took is tried again.
	retryCap = 32
)

// sizer decides how large fragments are.
type sizer struct {
	limit    int64   // no fragment is larger
	hard     int64   // the server has said so
	brought  int64   // acknowledged in this attempt
	accepted int64   // the largest fragment that was acknowledged
	rate     float64 // bytes per second, of the last fragments; 0: not known
	calm     int     // fragments acknowledged since the limit was lowered
	probe    bool    // where the server is has to be found out first: cheaply
}

// newSizer begins an attempt. known is the largest fragment that the server takes, 0 when that is not known.
func newSizer(known int64) *sizer {
	z := &sizer{hard: maxFragment}
	if known > 0 {
		z.hard = max(minFragment, min(known, maxFragment))
	}
	z.limit = z.hard
	return z
}

// next is the size of the next fragment of a file of which so much is left.
func (z *sizer) next(left int64) int64 {
	if z.probe {
		return min(minFragment, left)
	}
	n := max(startFragment, z.brought/share, int64(z.rate*quick.Seconds()))
	if z.rate > 0 {
		n = min(n, int64(z.rate*aim.Seconds()))
	}
	n = min(max(n, minFragment), z.limit)
	if left-n < minFragment && left <= z.limit { // no sliver at the end
		n = left
	}
	return min(n, left)
}

// acknowledged notes that a fragment arrived within some time.
func (z *sizer) acknowledged(n int64, took time.Duration) {
	z.brought += n
	z.accepted = max(z.accepted, n)
	if z.calm++; z.calm >= retryCap && z.limit < z.hard {
		z.limit, z.calm = min(2*z.limit, z.hard), 0
	}
	if z.probe || took <= 0 {
		z.probe = false
		return
	}
	now := float64(n) / took.Seconds()
	if z.rate == 0 {
		z.rate = now
		return
	}
	z.rate += (now - z.rate) / 2
}

// refused notes that the server finds a fragment too large (413). It answers false when there is no smaller one.
func (z *sizer) refused(n int64) bool {
	z.hard = max(minFragment, n/2)
	z.limit = z.hard
	return n > minFragment
}

// broke notes that the connection ended within a fragment. Something on the way may not take larger ones than those before.
func (z *sizer) broke(n int64) {
	if z.accepted > 0 && n > z.accepted {
		z.limit, z.calm = max(minFragment, z.accepted), 0
	}
	z.probe, z.brought = true, 0
}
