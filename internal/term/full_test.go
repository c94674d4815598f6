// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package term

import (
	"slices"
	"strings"
	"testing"
)

func TestFull(t *testing.T) {
	var b strings.Builder
	wrote := func(what, want string) {
		t.Helper()
		if got := b.String(); got != want {
			t.Errorf("%s wrote %q, want %q", what, got, want)
		}
		b.Reset()
	}
	f := NewFull(&b, func() (int, int) { return 10, 2 })
	wrote("opening", "\x1b[?1049h\x1b[?25l")
	f.Draw([]string{"a", "b", "below the end"})
	wrote("a frame", "\x1b[?2026h\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J\x1b[?2026l")
	f.Draw([]string{"a", "b"})
	wrote("the same frame", "")
	f.Forget()
	f.Draw(nil)
	wrote("an empty frame", "\x1b[?2026h\x1b[H\x1b[K\x1b[J\x1b[?2026l")
	f.Close()
	wrote("closing", "\x1b[H\x1b[J\x1b[?25h\x1b[?1049l")
	if f := OpenFull(&b, strings.NewReader("")); f != nil || b.Len() > 0 {
		t.Errorf("what is no terminal was opened, and got %q", b.String())
	}
}

func TestKeys(t *testing.T) {
	for text, want := range map[string][]Key{
		"q": {"q"}, "Q": {"q"}, " ": {" "}, "\x03": {KeyInterrupt}, "\x0c": {KeyRedraw}, "\x1b[A\x1bOBj": {KeyUp, KeyDown, "j"},
		"\x1b[5~\x1b[6~": {KeyPageUp, KeyPageDown}, "\x1b[H\x1b[1~": {KeyHome, KeyHome},
		"\x1b": nil, "\x1b[15~q": nil, "ä\x00\x7fk": {"k"}, "": nil,
	} {
		if got := parseKeys([]byte(text)); !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	var got []Key
	for k := range readKeys(strings.NewReader("jq")) {
		got = append(got, k)
	}
	if !slices.Equal(got, []Key{"j", "q"}) {
		t.Errorf("read %q", got)
	}
}

func TestSpark(t *testing.T) {
	values := []int64{-1, 0, 1, 4, 8, 16, 99}
	for _, c := range []struct {
		style Style
		width int
		rows  int
		want  []string
	}{
		{Style{Blocks: true}, 9, 1, []string{"    ▁▂▄██"}},
		{Style{Blocks: true}, 7, 2, []string{"     ██", "  ▁▄███"}},
		{Style{}, 7, 1, []string{"  .:=@@"}},
		{Style{Blocks: true}, 3, 1, []string{"▄██"}},
		{Style{}, 0, 2, nil},
	} {
		if got := c.style.Spark(values, c.width, c.rows, 16); !slices.Equal(got, c.want) {
			t.Errorf("%+v drew %q, want %q", c, got, c.want)
		}
	}
	if got := (Style{}).Spark(nil, 4, 1, 16); !slices.Equal(got, []string{"    "}) {
		t.Errorf("nothing drew %q", got)
	}
}

func TestScale(t *testing.T) {
	for most, want := range map[int64]int64{-1: 1 << 10, 0: 1 << 10, 1024: 1 << 10, 1025: 2 << 10, 900 << 10: 1 << 20, 2_300_000: 3 << 20, 21 << 20: 30 << 20, 1 << 62: 1 << 50} {
		if got := Scale([]int64{0, most}, nil); got != want {
			t.Errorf("the scale of %d is %d, want %d", most, got, want)
		}
	}
}
