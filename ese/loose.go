// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

// loose is where pages lie that are not in their order.
type loose struct {
	at      map[uint32]int64
	sorted  []uint32
	highest uint32
}
