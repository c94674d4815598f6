// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"sync"
	"sync/atomic"
)

// counters are what a server has done since it started.
type counters struct {
	bytes, published, cancelled, expired, notified atomic.Int64

	mu      sync.Mutex
	packets map[packetKey]int64
}

type packetKey struct {
	kind   packetType
	status int
}

func (c *counters) packet(kind packetType, refused *refusal) {
	k := packetKey{kind: kind, status: 200}
	if refused != nil {
		k.status = refused.status
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.packets == nil {
		c.packets = map[packetKey]int64{}
	}
	c.packets[k]++
}
