// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package term

import (
	"io"
	"os"
	"strings"

	xterm "golang.org/x/term"
)

// Sequences of a terminal (xterm's control sequences; the synchronised update is unknown to some, which ignore it).
const (
	enterFull  = "\x1b[?1049h\x1b[?25l"             // the other screen, no cursor
	leaveFull  = "\x1b[H\x1b[J\x1b[?25h\x1b[?1049l" // emptied first: some terminals that were resized meanwhile keep lines of it
	beginFrame = "\x1b[?2026h\x1b[H"
	endFrame   = "\x1b[J\x1b[?2026l"
	endOfLine  = "\x1b[K"
)

// Full is the whole of a terminal: its other screen, which Close leaves as it found the terminal. One goroutine draws.
type Full struct {
	out     io.Writer
	size    func() (width, height int)
	restore func()
	keys    <-chan Key
	resized <-chan os.Signal
	last    string // what stands there
}

// OpenFull takes the whole terminal that out is; for any other writer it answers nil. Where in is a terminal too,
// keys are read from it as they are pressed.
func OpenFull(out io.Writer, in io.Reader) *Full {
	screen := Open(out)
	if screen == nil {
		return nil
	}
	f := NewFull(out, screen.size)
	resized, stop := watchSize()
	f.resized, f.restore = resized, stop
	if file, ok := in.(*os.File); ok && xterm.IsTerminal(int(file.Fd())) {
		if state, err := xterm.MakeRaw(int(file.Fd())); err == nil {
			f.restore = func() {
				stop()
				_ = xterm.Restore(int(file.Fd()), state)
			}
			f.keys = readKeys(file)
		}
	}
	return f
}

// NewFull takes any writer that understands a terminal's sequences; size is asked before each frame.
func NewFull(out io.Writer, size func() (width, height int)) *Full {
	f := &Full{out: out, size: size, restore: func() {}}
	_, _ = io.WriteString(out, enterFull)
	return f
}

// Size is the terminal's size in columns and lines.
func (f *Full) Size() (width, height int) { return f.size() }

// Keys are pressed keys; nil when there is no keyboard.
func (f *Full) Keys() <-chan Key { return f.keys }

// Resized tells that the terminal has another size. Not every system does: the size is to be asked for with every frame.
func (f *Full) Resized() <-chan os.Signal { return f.resized }

// Draw replaces what stands there, in one write and without clearing first, so that nothing flickers. Lines must not be
// wider than the terminal less one column; those below its end are left out.
func (f *Full) Draw(lines []string) {
	_, height := f.size()
	lines = lines[:min(len(lines), height)]
	frame := beginFrame + strings.Join(lines, endOfLine+"\r\n") + endOfLine + endFrame
	if frame != f.last {
		f.last = frame
		_, _ = io.WriteString(f.out, frame)
	}
}

// Forget makes the next Draw write although nothing changed, as when something else wrote there or the size changed.
func (f *Full) Forget() { f.last = "" }

// Close leaves the terminal as it was.
func (f *Full) Close() {
	_, _ = io.WriteString(f.out, leaveFull)
	f.restore()
}
