// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package term

import "strings"

// levels of one row, from nothing to a full one.
var (
	blocks = []rune(" ▁▂▃▄▅▆▇█")
	ascii  = []rune(" .:-=+*#@")
)

// Spark draws values as columns over rows lines, the newest at the right end of width. scale is what fills all rows;
// values below 0 are not known and leave a gap, as does 0; the least of the others shows something.
func (s Style) Spark(values []int64, width, rows int, scale int64) []string {
	if width <= 0 || rows <= 0 {
		return nil
	}
	values = values[max(0, len(values)-width):]
	signs := ascii
	if s.Blocks {
		signs = blocks
	}
	steps := len(signs) - 1
	lines := make([]string, rows)
	for row := range rows {
		below := (rows - 1 - row) * steps // units that the rows below take
		var b strings.Builder
		b.WriteString(strings.Repeat(" ", width-len(values)))
		for _, v := range values {
			units := 0
			if v > 0 && scale > 0 {
				units = max(1, int(float64(min(v, scale))/float64(scale)*float64(rows*steps)+0.5))
			}
			b.WriteRune(signs[min(max(units-below, 0), steps)])
		}
		lines[row] = b.String()
	}
	return lines
}

// Scale is a round number of bytes that is not less than the largest value, in the units that sizes are shown in. Round numbers keep a scale from changing with every value.
func Scale(lists ...[]int64) int64 {
	most := int64(1)
	for _, list := range lists {
		for _, v := range list {
			most = max(most, v)
		}
	}
	for unit := int64(1 << 10); ; unit <<= 10 {
		for _, n := range []int64{1, 2, 3, 4, 6, 8, 10, 20, 30, 40, 60, 80, 100, 200, 300, 400, 600, 800} {
			if n*unit >= most || unit >= 1<<50 {
				return n * unit
			}
		}
	}
}
