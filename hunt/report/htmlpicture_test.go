// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"
	"time"
)

func TestAxis(t *testing.T) {
	at := func(text string) time.Time {
		v, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct{ from, to, ticks string }{
		{"2024-05-02", "2024-05-05", "2024-05-02|2024-05-03|2024-05-04|2024-05-05"},
		{"2024-05-02", "2024-05-18", "2024-05-03|2024-05-05"},
		{"2024-01-15", "2024-06-20", "2024-02|2024-03|2024-04|2024-05|2024-06"},
		{"2023-02-01", "2024-06-20", "2023-04|2023-07|2023-10|2024-01|2024-04"},
		{"2017-08-01", "2024-09-20", "2018|2019|2020|2021|2022|2023|2024"},
		{"2001-01-01", "2099-12-31", "2010|2020|2030|2040|2050|2060|2070|2080|2090"},
	} {
		a := axis{at(c.from), at(c.to)}
		var all []string
		for _, k := range a.ticks() {
			all = append(all, k.Text)
		}
		if got := strings.Join(all, "|"); len(all) > 12 || !strings.HasPrefix(got, c.ticks) && got != c.ticks {
			t.Errorf("%s to %s has the ticks %s", c.from, c.to, got)
		}
	}
}

// TestAxisOfOutliers: one time that is far off does not push all others into one point.
func TestAxisOfOutliers(t *testing.T) {
	start := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	times := []time.Time{time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2098, 1, 1, 0, 0, 0, 0, time.UTC)}
	for i := range 200 {
		times = append(times, start.Add(time.Duration(i)*time.Hour))
	}
	a := axisOf(times)
	if a.from.Year() != 2024 || a.to.Year() != 2024 {
		t.Errorf("the axis goes from %s to %s", a.from, a.to)
	}
	if x := a.x(time.Date(2098, 1, 1, 0, 0, 0, 0, time.UTC)); x != axisTo {
		t.Errorf("what is off stands at %g, not at the end", x)
	}
	if a := axisOf([]time.Time{start}); a.to.Sub(a.from) < time.Hour || a.x(start) <= axisFrom || a.x(start) >= axisTo {
		t.Errorf("the axis of one time is %v", a)
	}
}
