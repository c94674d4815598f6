// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sock

import (
	"fmt"
	"os"
	"testing"
)

// address is where a test can listen.
func address(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf(`\\.\pipe\openbits-test-%d-%s`, os.Getpid(), t.Name())
}
