// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/openbits/openbits"
)

func TestEverythingIsExplained(t *testing.T) {
	for _, k := range openbits.Kinds {
		e := kindTable[k]
		if !strings.HasSuffix(e.means, ".") || !strings.HasSuffix(e.todo, ".") {
			t.Errorf("kind %s: not explained in sentences: %q, %q", k, e.means, e.todo)
		}
	}
	for k := range kindTable {
		if !slices.Contains(openbits.Kinds, k) {
			t.Errorf("kind %s is explained and does not exist", k)
		}
	}
	for _, r := range openbits.Reasons {
		e := reasonText[r]
		if !strings.HasSuffix(e.means, ".") || !strings.HasSuffix(e.todo, ".") {
			t.Errorf("reason %s: not explained in sentences: %q, %q", r, e.means, e.todo)
		}
	}
	for r := range reasonText {
		if !slices.Contains(openbits.Reasons, r) {
			t.Errorf("reason %s is explained and does not exist", r)
		}
	}
	for _, s := range openbits.States {
		if stateWords[s] == "" {
			t.Errorf("state %s has no words", s)
		}
	}
	for _, e := range openbits.EventTypes {
		if eventWords[e] == "" {
			t.Errorf("event %s has no words", e)
		}
	}
}

func TestStatusesAreExplained(t *testing.T) {
	for word, want := range map[string]string{
		"http_404": "does not try again", "http_503": "tries again by itself", "http_429": "tries again by itself", "http_418": "teapot",
		"transient_error": "state of a job", "suspended": "state of a job",
	} {
		var b strings.Builder
		if !explainWord(&b, word) || !strings.Contains(b.String(), want) {
			t.Errorf("%s is explained as %q, want %q in it", word, b.String(), want)
		}
	}
	for _, word := range []string{"http_200", "http_999", "http_", "", "nonsense"} {
		if explainWord(&strings.Builder{}, word) {
			t.Errorf("%q is explained", word)
		}
	}
}
