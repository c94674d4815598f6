// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package traffic is what people do with a network while something else runs in the background: one big download or
// upload, small fetches, web pages, telephone and video calls, and the ping that feels the queue. It has the servers for
// it, too. Both ends are in one process, so that one clock measures the time of a packet one way.
//
// Where connections come from, and what the time is, the caller says with a Place.
package traffic

import (
	"context"
	"net"
	"time"
)

// Place is where a foreground runs.
type Place struct {
	// Dial connects to a numeric address.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Now is the time since the start of the run.
	Now func() time.Duration
}

// Sample is one thing that somebody waited for.
type Sample struct {
	At   time.Duration `json:"at"`             // when it began
	Took time.Duration `json:"took"`           // how long it took; for what was lost or given up, how long until then
	Lost bool          `json:"lost,omitempty"` // it did not come
}
