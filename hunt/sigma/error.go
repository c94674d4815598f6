// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import "fmt"

// Error says what is wrong with a rule, and where.
type Error struct {
	File string
	Line int    // counted from 1; 0: not known
	What string // in words, without a full stop
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("cannot use the rule in %s: %s", e.File, e.What)
	}
	return fmt.Sprintf("cannot use the rule in %s, line %d: %s", e.File, e.Line, e.What)
}
