// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/openbits/openbits/hunt/reporttest"
)

// TestNavigator: the layer has what format 4.5 asks for, and no technique of a form that the Navigator refuses.
func TestNavigator(t *testing.T) {
	var l struct {
		Name, Domain, Description string
		Versions                  map[string]string
		Techniques                []struct {
			TechniqueID, Comment string
			Score                float64
			Enabled              bool
			Metadata             []struct{ Name, Value string }
		}
		Gradient struct {
			Colors             []string
			MinValue, MaxValue float64
		}
		LegendItems []struct{ Label, Color string }
		Metadata    []struct{ Name, Value string }
	}
	if err := json.Unmarshal([]byte(write(t, "navigator", reporttest.Case())), &l); err != nil {
		t.Fatal(err)
	}
	if l.Name == "" || l.Domain != "enterprise-attack" || l.Versions["layer"] != "4.5" || l.Versions["attack"] != "18" || l.Versions["navigator"] == "" {
		t.Errorf("the layer is %+v", l)
	}
	colour := regexp.MustCompile(`^#[0-9a-f]{6}$`)
	for _, c := range append(l.Gradient.Colors, l.LegendItems[0].Color, l.LegendItems[3].Color) {
		if !colour.MatchString(c) {
			t.Errorf("%q is no colour", c)
		}
	}
	for _, m := range l.Metadata {
		if m.Name == "" || m.Value == "" {
			t.Errorf("the Navigator refuses empty metadata: %+v", l.Metadata)
		}
	}
	if len(l.Techniques) != 2 || l.Techniques[0].TechniqueID != "T1048" || l.Techniques[1].TechniqueID != "T1197" {
		t.Fatalf("the techniques are %+v", l.Techniques)
	}
	if x := l.Techniques[1]; x.Score != 100 || !x.Enabled || !strings.HasPrefix(x.Comment, "1 critical, 1 high, 1 medium: A job sends a file out; ") || x.Metadata[0].Value != "1" {
		t.Errorf("T1197 is %+v", x)
	}
	if l.Techniques[0].Score != 50 {
		t.Errorf("T1048 has the score %g", l.Techniques[0].Score)
	}
}
