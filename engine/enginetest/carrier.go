// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"slices"
	"sync"

	"github.com/openbits/openbits"
)

// Carrier is what carries the connection of a Page. It tells what it was told with Set, and remembers for whom it served.
type Carrier struct {
	mu     sync.Mutex
	is     openbits.Transport
	served []openbits.Priority
}

// Set says what is known of the network from now on.
func (c *Carrier) Set(t openbits.Transport) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.is = t
}

// Served are the priorities it was told of so far.
func (c *Carrier) Served() []openbits.Priority {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.served)
}

// Transport implements openbits.Carrier.
func (c *Carrier) Transport() openbits.Transport {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.is
}

// Serve implements openbits.Carrier.
func (c *Carrier) Serve(p openbits.Priority) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.served = append(c.served, p)
}
