// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package term

import (
	"fmt"
	"strings"

	"github.com/openbits/openbits/internal/size"
)

// MaxRows is the most files that have a row of their own.
const MaxRows = 8

// Row is the progress of one file, or of all.
type Row struct {
	Name        string
	Done, Total int64 // Total < 0: not known
	Speed       int64 // bytes per second; < 0: not known
	Waiting     bool  // nothing moves
	Share       int   // percent to show while the total is not known; 0: none
}

// View is what a frame shows.
type View struct {
	Files  []Row  // in motion, in their order
	Many   bool   // the job has more than one file: each in motion has a row, the total does not name it
	More   int    // files that have no row and are still to come
	Total  Row    // its Name counts the files
	Notice string // why nothing moves, what is happening to the service; may be empty
}

// Render makes the lines of a frame for a terminal of this size.
func Render(v View, width, height int, style Style) []string {
	width = max(width-1, 8)
	rows := min(MaxRows, max(1, height*2/3-3))
	files, more := v.Files, v.More
	if len(files) > rows {
		more += len(files) - rows
		files = files[:rows]
	}
	var lines []string
	if v.Many || len(files)+more > 1 {
		for _, f := range files {
			lines = append(lines, line(f, width, style, cyan))
		}
		if more > 0 && height > 4 {
			lines = append(lines, style.paint(dim, Cut(fmt.Sprintf("and %d more", more), width)))
		}
	}
	lines = append(lines, line(v.Total, width, style, green))
	if v.Notice != "" {
		lines = append(lines, style.paint(yellow, Cut(Plain(v.Notice), width)))
	}
	return lines
}

// Widths of the columns after the name, each with the two blanks before it.
const (
	percentWidth = 6
	sizesWidth   = 21
	speedWidth   = 12
	leftWidth    = 9
	minName      = 12
	maxName      = 40
	minBar       = 8
	maxBar       = 40
)

func line(r Row, width int, style Style, c colour) string {
	rest := width - minName - percentWidth
	take := func(want int) bool {
		if rest < want {
			return false
		}
		rest -= want
		return true
	}
	withLeft := take(leftWidth)
	withSpeed := take(speedWidth)
	withSizes := take(sizesWidth)
	bar := 0
	if rest >= minBar+4 {
		// The bar gets half of what is left, the name the other half.
		bar = min(maxBar, max(minBar, rest/2))
		rest -= bar + 4
	}
	if r.Waiting {
		c = yellow
	}
	var b strings.Builder
	b.WriteString(Fit(Plain(r.Name), min(maxName, minName+rest)))
	if bar > 0 {
		b.WriteString("  " + style.bar(bar, r.portion(), c))
	}
	fmt.Fprintf(&b, "%*s", percentWidth, r.percent())
	if withSizes {
		fmt.Fprintf(&b, "%*s", sizesWidth, sizes(r))
	}
	if withSpeed {
		fmt.Fprintf(&b, "%*s", speedWidth, speed(r))
	}
	if withLeft {
		fmt.Fprintf(&b, "%*s", leftWidth, left(r))
	}
	return strings.TrimRight(b.String(), " ")
}

// portion is the part of the bar that is filled, from 0 to 1.
func (r Row) portion() float64 {
	switch {
	case r.Total < 0:
		return float64(r.Share) / 100
	case r.Total == 0:
		return 1
	}
	return min(1, max(0, float64(r.Done)/float64(r.Total)))
}

func (r Row) percent() string {
	if r.Total < 0 && r.Share > 0 {
		return fmt.Sprintf("%d%%", r.Share)
	}
	return Percent(r.Done, r.Total)
}

// Percent is the share that is done, rounded down, or "?" when the total is not known.
func Percent(done, total int64) string {
	switch {
	case total < 0:
		return "?"
	case total == 0 || done >= total:
		return "100%"
	}
	return fmt.Sprintf("%d%%", int64(float64(done)/float64(total)*100))
}

func sizes(r Row) string {
	if r.Total < 0 {
		return size.Bytes(r.Done)
	}
	return size.Bytes(r.Done) + "/" + size.Bytes(r.Total)
}

func speed(r Row) string {
	if r.Speed < 0 || r.Waiting {
		return ""
	}
	return size.Rate(r.Speed)
}

func left(r Row) string {
	d := Left(r.Done, r.Total, r.Speed)
	if d < 0 || r.Waiting {
		return ""
	}
	return size.Clock(d)
}
