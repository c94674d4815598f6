// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package term

import (
	"fmt"
	"io"
	"os"
	"strings"

	xterm "golang.org/x/term"
)

// Screen is a terminal with a frame at its end. One goroutine uses it.
type Screen struct {
	out  io.Writer
	size func() (width, height int)
	rows []int // columns of each line of the frame that stands there
}

// Open makes a screen of a file that is a terminal; for any other writer it answers nil.
func Open(w io.Writer) *Screen {
	f, ok := w.(*os.File)
	if !ok || !xterm.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" || !prepare(f) {
		return nil
	}
	return NewScreen(f, func() (int, int) {
		width, height, err := xterm.GetSize(int(f.Fd()))
		if err != nil || width <= 0 || height <= 0 {
			return 80, 24
		}
		return width, height
	})
}

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && xterm.IsTerminal(int(f.Fd()))
}

// NewScreen makes a screen of any writer that takes a terminal's sequences; size is asked before each frame.
func NewScreen(out io.Writer, size func() (width, height int)) *Screen {
	return &Screen{out: out, size: size}
}

// Size is the terminal's size in columns and lines.
func (s *Screen) Size() (width, height int) { return s.size() }

// Draw puts lines in the place of the frame before.
func (s *Screen) Draw(lines []string) { s.write("", lines) }

// Print adds lines to the history above the frame, which is drawn again below them.
func (s *Screen) Print(text string, frame []string) {
	s.write(strings.TrimSuffix(text, "\n")+"\n", frame)
}

// Clear takes the frame away.
func (s *Screen) Clear() { s.write("", nil) }

func (s *Screen) write(above string, frame []string) {
	width, _ := s.size()
	var b strings.Builder
	if up := s.height(width); up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", up)
	}
	b.WriteString("\r\x1b[J")
	b.WriteString(above)
	s.rows = s.rows[:0]
	for _, line := range frame {
		b.WriteString(line)
		b.WriteByte('\n')
		s.rows = append(s.rows, visibleWidth(line))
	}
	_, _ = io.WriteString(s.out, b.String())
}

// height is the number of rows that the frame takes in a terminal that is width columns wide by now:
// a terminal that became narrower wraps what was there.
func (s *Screen) height(width int) int {
	n := 0
	for _, columns := range s.rows {
		n += max(1, (columns+width-1)/width)
	}
	return n
}

// visibleWidth is the width of a line without the colours that this package put there.
func visibleWidth(line string) int {
	for {
		start := strings.Index(line, "\x1b[")
		if start < 0 {
			return Width(line)
		}
		stop := strings.IndexByte(line[start:], 'm')
		if stop < 0 {
			return Width(line[:start])
		}
		line = line[:start] + line[start+stop+1:]
	}
}
