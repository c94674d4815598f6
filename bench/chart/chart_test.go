// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// sample is a figure of 10 s with so many panels.
func sample(panels int) Figure {
	f := Figure{
		Title: "Title <&>", Subtitle: "Subtitle", Seconds: 10, Rate: 20, Delay: 250, Step: 0.1,
		Bands: []Band{{From: 4, To: 6, Label: "somebody"}}, Foreground: "yours", Background: "background",
	}
	for k := range panels {
		p := Panel{Name: "peer" + strconv.Itoa(k), Verdict: "keeps 50 %", Note: "+4 ms"}
		for n := range 100 {
			fg := 0.0
			if n >= 40 && n < 60 {
				fg = 15
			}
			p.Foreground = append(p.Foreground, fg)
			p.Background = append(p.Background, 21-fg) // a little over the rate, as in a short bin
			p.Delay = append(p.Delay, 300)             // over the axis
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

// elements are the names, classes and texts of an SVG, which must be well-formed.
func elements(t *testing.T, svg string) (classes map[string]int, texts []string) {
	t.Helper()
	classes = map[string]int{}
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return classes, texts
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			for _, a := range e.Attr {
				if a.Name.Local == "class" {
					classes[a.Value]++
				}
			}
		case xml.CharData:
			texts = append(texts, string(e))
		}
	}
}

func TestSVG(t *testing.T) {
	for _, panels := range []int{0, 1, 2, 4, 5} {
		svg := sample(panels).SVG()
		classes, texts := elements(t, svg)
		if n := classes["verdict"]; n != panels {
			t.Errorf("%d panels have %d verdicts", panels, n)
		}
		// One of each in the legend.
		if classes["bg"] != panels+1 || classes["fg"] != panels+1 || classes["delay"] != panels+1 {
			t.Errorf("%d panels: %v", panels, classes)
		}
		all := strings.Join(texts, "\n")
		for k := range panels {
			if !strings.Contains(all, "peer"+strconv.Itoa(k)) {
				t.Errorf("panel %d has no name", k)
			}
		}
		if !strings.Contains(all, "Title <&>") {
			t.Error("the title is not escaped as it should")
		}
	}
}

func TestSVGIsSelfContained(t *testing.T) {
	svg := sample(2).SVG()
	if strings.Count(svg, "http") != 1 || strings.Contains(svg, "url(") || strings.Contains(svg, "@import") {
		t.Error("it refers to something elsewhere, besides its name space")
	}
	if !strings.Contains(svg, "prefers-color-scheme:dark") {
		t.Error("it has no colours for the dark")
	}
	if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
		t.Error("it has coordinates that are no numbers")
	}
}

// TestShapesStayInTheirPanel draws values over the axes: they must end at the frame.
func TestShapesStayInTheirPanel(t *testing.T) {
	svg := sample(1).SVG()
	top, bottom := header+caption, header+caption+plot+between+strip
	for _, path := range regexp.MustCompile(`class="(bg|fg|delay|delayline)"[^>]* d="([^"]*)"`).FindAllStringSubmatch(svg, -1) {
		if strings.Contains(path[2], "h12") {
			continue // the legend
		}
		for _, point := range regexp.MustCompile(`([\d.]+) ([\d.]+)`).FindAllStringSubmatch(path[2], -1) {
			x, _ := strconv.ParseFloat(point[1], 64)
			y, _ := strconv.ParseFloat(point[2], 64)
			if x < margin || x > width-margin || y < top-0.1 || y > bottom+0.1 {
				t.Fatalf("%s goes to %g, %g, outside the panel", path[1], x, y)
			}
		}
	}
}

func TestBackgroundIsStackedOnForeground(t *testing.T) {
	// Both together are the whole rate at any time: the upper edge is straight.
	path := regexp.MustCompile(`class="bg" d="M([^"L]*)L`).FindStringSubmatch(sample(1).SVG())
	if path == nil {
		t.Fatal("there is no background")
	}
	for n, v := range strings.Fields(path[1]) {
		if n%2 == 1 && v != strconv.FormatFloat(header+caption, 'f', -1, 64) {
			t.Fatalf("the upper edge is at %s, want %g everywhere", v, header+caption)
		}
	}
}

func TestStackedShapes(t *testing.T) {
	a := area{Figure: sample(1), left: 0, top: 0, wide: 100}
	f := []float64{10, 10, 10, 10}
	if got, want := a.between(nil, f), "M0 59 100 59L100 118 0 118Z"; got != want {
		t.Errorf("the foreground is %s, want %s", got, want)
	}
	if got, want := a.between(f, sum(f, f)), "M0 0 100 0L100 59 0 59Z"; got != want {
		t.Errorf("the background is %s, want %s", got, want)
	}
}

func TestNamesOnlyWhereThereIsRoom(t *testing.T) {
	f := sample(1)
	classes, _ := elements(t, f.SVG())
	if classes["onbg small"] != 1 || classes["onfg small"] != 1 {
		t.Errorf("large areas have no names: %v", classes)
	}
	clear(f.Panels[0].Foreground)
	if classes, _ := elements(t, f.SVG()); classes["onfg small"] != 0 {
		t.Error("a foreground that is not there has a name")
	}
}
