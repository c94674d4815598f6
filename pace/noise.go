// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "time"

// noise measures how much the round trip trembles by itself, as it does on Wi-Fi.
type noise struct {
}

func (n *noise) add(now, queue time.Duration) {}

// yieldAt is the queueing delay that may be mere noise.
func (n *noise) yieldAt() time.Duration { return 0 }
