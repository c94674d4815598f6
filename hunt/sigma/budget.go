// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"fmt"
	"regexp/syntax"
)

// maxTests bounds what a file of rules may ask for: each text counts as one, a regular expression as the instructions that it becomes. The largest rules
// in use have some thousand.
const maxTests = 200_000

// budget is what is left of it.
type budget struct{ left int }

func (b *budget) take(n int) error {
	if b.left -= n; b.left < 0 {
		return fmt.Errorf("the file asks for more than %d tests", maxTests)
	}
	return nil
}

// size is about how many instructions an expression becomes, without making them: repetitions unfold.
func size(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n += size(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, maxTests+1)
}
