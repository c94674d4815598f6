// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package term

import (
	"runtime"
	"strings"
)

// Style says what a terminal can show.
type Style struct {
	Colour bool
	Blocks bool // block characters
}

// StyleOf reads the style from the environment (no-color.org; POSIX's order of locale variables).
func StyleOf(env func(string) string) Style {
	s := Style{Colour: env("NO_COLOR") == "" && env("TERM") != "dumb", Blocks: runtime.GOOS == "windows"}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(env(name)); value != "" {
			s.Blocks = strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
			break
		}
	}
	return s
}

// colour is a Select Graphic Rendition parameter (ECMA-48, section 8.3.117).
type colour string

const (
	none   colour = ""
	dim    colour = "2"
	green  colour = "32"
	yellow colour = "33"
	red    colour = "31"
	cyan   colour = "36"
)

func (s Style) paint(c colour, text string) string {
	if !s.Colour || c == none || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

var eighths = []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// bar is width columns of which a share from 0 to 1 is filled.
func (s Style) bar(width int, share float64, c colour) string {
	if !s.Blocks {
		full := int(share * float64(width))
		return "[" + s.paint(c, strings.Repeat("#", full)) + strings.Repeat(".", width-full) + "]"
	}
	units := int(share * float64(width*8))
	full, part := units/8, eighths[units%8]
	rest := width - full
	if part != "" {
		rest--
	}
	return s.paint(c, strings.Repeat("█", full)+part) + s.paint(dim, strings.Repeat("░", rest)) + "  "
}

// Dim paints what matters less, Good what goes well, Slow what is held up, Bad what needs somebody, Other what is
// not ours.
func (s Style) Dim(text string) string { return s.paint(dim, text) }

// Good is described at Dim, as are the others.
func (s Style) Good(text string) string  { return s.paint(green, text) }
func (s Style) Slow(text string) string  { return s.paint(yellow, text) }
func (s Style) Bad(text string) string   { return s.paint(red, text) }
func (s Style) Other(text string) string { return s.paint(cyan, text) }
