// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package hunt

import "testing"

// SetInMemory changes how many bytes of hosts are kept in memory, for a test.
func SetInMemory(t *testing.T, n int64) {
	old := inMemory
	inMemory = n
	t.Cleanup(func() { inMemory = old })
}
