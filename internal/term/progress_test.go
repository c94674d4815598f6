// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package term

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var sample1 = View{
	Files: []Row{
		{Name: "debian-13.1.0-amd64-netinst.iso", Done: 300 << 20, Total: 700 << 20, Speed: 12 << 20},
		{Name: "notes\x1b[2J.txt", Done: 10, Total: -1, Speed: -1},
	},
	More:   3,
	Total:  Row{Name: "5 files", Done: 300<<20 + 10, Total: 1 << 30, Speed: 12 << 20},
	Notice: "the server asked to come back later",
}

func TestRender(t *testing.T) {
	got := Render(sample1, 100, 24, Style{})
	want := []string{
		"debian-13.1.0-amd64-..tinst.iso  [########...........]   42%     300 MiB/700 MiB  12.0 MiB/s     0:33",
		"notes?[2J.txt                    [...................]     ?                10 B",
		"and 3 more",
		"5 files                          [#####..............]   29%     300 MiB/1.0 GiB  12.0 MiB/s     1:00",
		"the server asked to come back later",
	}
	// The bar and the name share what the numbers leave.
	if diff := cmp.Diff(collapse(want), collapse(got)); diff != "" {
		t.Errorf("frame (-want +got):\n%s\n%s", diff, strings.Join(got, "\n"))
	}
}

// collapse makes lines comparable without their widths.
func collapse(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		fields := strings.Fields(l)
		kept := fields[:0]
		for j, f := range fields {
			if !strings.HasPrefix(f, "[#") && !strings.HasPrefix(f, "[.") && !(i == 0 && j == 0) {
				kept = append(kept, f)
			}
		}
		out[i] = strings.Join(kept, " ")
	}
	return out
}

func TestEveryWidthFits(t *testing.T) {
	for _, style := range []Style{{}, {Colour: true, Blocks: true}} {
		for width := 1; width <= 200; width++ {
			for _, height := range []int{1, 5, 24} {
				v := sample1
				for range 12 {
					v.Files = append(v.Files, Row{Name: "名前が長いファイル名前が長いファイル.txt", Total: 1, Speed: 1})
				}
				lines := Render(v, width, height, style)
				if height >= 10 && len(lines) > height {
					t.Fatalf("%d lines for a height of %d", len(lines), height)
				}
				if len(lines) > MaxRows+3 {
					t.Fatalf("%d lines", len(lines))
				}
				for _, l := range lines {
					if w := visibleWidth(l); width >= 20 && w >= width {
						t.Fatalf("width %d: %q takes %d columns", width, l, w)
					}
				}
			}
		}
	}
}

func TestOneFileHasOneRow(t *testing.T) {
	v := View{Files: []Row{{Name: "a"}}, Total: Row{Name: "a", Done: 1, Total: 2, Speed: -1}}
	if got := Render(v, 80, 24, Style{}); len(got) != 1 || !strings.HasPrefix(got[0], "a ") {
		t.Errorf("frame of one file: %q", got)
	}
}

func TestLastFileOfManyIsNamed(t *testing.T) {
	v := View{
		Files: []Row{{Name: "last.iso", Done: 1, Total: 2, Speed: -1}}, Many: true,
		Total: Row{Name: "4 of 5 files", Done: 9, Total: 10, Speed: -1},
	}
	got := Render(v, 80, 24, Style{})
	if len(got) != 2 || !strings.HasPrefix(got[0], "last.iso ") || !strings.HasPrefix(got[1], "4 of 5 files ") {
		t.Errorf("frame of the last file of five: %q", got)
	}
}

func TestScreenErasesWhatItDrew(t *testing.T) {
	var b strings.Builder
	width := 40
	s := NewScreen(&b, func() (int, int) { return width, 24 })
	s.Draw([]string{strings.Repeat("x", 39), "short"})
	b.Reset()
	width = 20 // the long line takes two rows now
	s.Print("history", []string{"y"})
	if want := "\x1b[3A\r\x1b[Jhistory\ny\n"; b.String() != want {
		t.Errorf("wrote %q, want %q", b.String(), want)
	}
	b.Reset()
	s.Clear()
	if want := "\x1b[1A\r\x1b[J"; b.String() != want {
		t.Errorf("wrote %q, want %q", b.String(), want)
	}
	b.Reset()
	s.Clear()
	if want := "\r\x1b[J"; b.String() != want {
		t.Errorf("an empty frame wrote %q, want %q", b.String(), want)
	}
}

func TestSpeed(t *testing.T) {
	t0 := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var s Speed
	s.Add(t0, 0)
	if got := s.PerSecond(t0); got != -1 {
		t.Errorf("speed of one sample = %d", got)
	}
	for i := 1; i <= 20; i++ {
		s.Add(t0.Add(time.Duration(i)*time.Second), int64(i)*1000)
	}
	now := t0.Add(20 * time.Second)
	if got := s.PerSecond(now); got != 1000 {
		t.Errorf("steady speed = %d, want 1000", got)
	}
	if got := s.PerSecond(now.Add(6 * time.Second)); got != 500 {
		t.Errorf("speed after silence = %d, want 500", got)
	}
	s.Add(now.Add(time.Second), 5)
	if got := s.PerSecond(now.Add(time.Second)); got != -1 {
		t.Errorf("speed after a restart = %d, want unknown", got)
	}
	if got := Left(100, 1100, 100); got != 10*time.Second {
		t.Errorf("time left = %v", got)
	}
	if got := Left(100, -1, 100); got != -1 {
		t.Errorf("time left of an unknown size = %v", got)
	}
}

func TestPulse(t *testing.T) {
	t0 := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var p Pulse
	for _, c := range []struct {
		seconds, done int64
		want          bool
	}{{0, 0, false}, {1, 5, false}, {2, 10, true}, {3, 15, false}, {4, 99, true}, {5, 100, false}, {14, 100, true}, {15, 100, false}} {
		if got := p.Due(t0.Add(time.Duration(c.seconds)*time.Second), c.done, 100); got != c.want {
			t.Errorf("after %d s with %d %%: due = %v", c.seconds, c.done, got)
		}
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"short": "short     ", "a-very-long-name.iso": "a-very..so", "日本語のファイル名": "日本語..名",
	} {
		got := Fit(text, 10)
		if Width(got) != 10 {
			t.Errorf("Fit(%q) = %q takes %d columns", text, got, Width(got))
		}
		if strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("Fit(%q) = %q, want %q", text, got, want)
		}
	}
	if got := Plain("a\x1b[31mb\u202ec\nd\xff"); got != "a?[31mb?c d?" {
		t.Errorf("Plain = %q", got)
	}
}

func TestStyle(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	if s := StyleOf(env("LANG", "C.UTF-8")); !s.Colour || !s.Blocks {
		t.Errorf("style of a UTF-8 locale: %+v", s)
	}
	if s := StyleOf(env("LC_ALL", "C", "LANG", "C.UTF-8", "NO_COLOR", "1")); s.Colour || s.Blocks {
		t.Errorf("style of NO_COLOR in locale C: %+v", s)
	}
}
