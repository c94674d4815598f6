// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/term"
)

// charts are both throughputs over time, on one scale.
func (v *topView) charts(rows int) []string {
	const label, mark = 8, 11 // columns beside the chart
	width := v.width - 1 - label - mark
	scale := term.Scale(v.ours[max(0, len(v.ours)-width):], v.others[max(0, len(v.others)-width):])
	var lines []string
	for _, chart := range []struct {
		name   string
		values []int64
		paint  func(string) string
	}{{"ours", v.ours, v.style.Good}, {"others", v.others, v.style.Other}} {
		for i, row := range v.style.Spark(chart.values, width, rows, scale) {
			name, value := "", ""
			if i == 0 {
				name, value = chart.name, size.Rate(scale)
			} else if i == rows-1 {
				value = "0"
			}
			lines = append(lines, v.style.Dim(term.Fit(name, label))+chart.paint(row)+v.style.Dim(fmt.Sprintf("%*s", mark, value)))
		}
	}
	return lines
}

// tint colours what is said of a mode.
func (v *topView) tint(m openbits.TransportMode, text string) string {
	switch m {
	case openbits.TransportYielding:
		return v.style.Slow(text)
	case openbits.TransportSharing, openbits.TransportReturning:
		return v.style.Other(text)
	default:
		return v.style.Good(text)
	}
}

// paint colours the line of a job.
func (v *topView) paint(j api.Job, line string) string {
	line = strings.TrimRight(line, " ")
	switch {
	case j.State == openbits.StateError:
		return v.style.Bad(line)
	case yields(j):
		return v.style.Slow(line)
	case !j.State.Active():
		return v.style.Dim(line)
	}
	return line
}
