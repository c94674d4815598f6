// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/openbits/openbits/hunt/rules"
)

// explainRule prints a rule of "bits hunt": by its id, its short name, or the behaviour that it is about, of which there may be several.
func explainRule(w io.Writer, word string) (bool, error) {
	all, err := rules.All()
	if err != nil {
		return false, err
	}
	word = strings.ToLower(word)
	found := slices.DeleteFunc(all, func(r *rules.Rule) bool {
		return !strings.EqualFold(r.ID, word) && r.Slug != strings.ReplaceAll(word, "_", "-") && r.Behaviour != strings.ReplaceAll(word, "-", "_")
	})
	for i, r := range found {
		if i > 0 {
			fmt.Fprintln(w)
		}
		printRule(w, r)
	}
	return len(found) > 0, nil
}

func printRule(w io.Writer, r *rules.Rule) {
	fmt.Fprintf(w, "%s (rule of bits hunt)\n\n%s\n\n%s\n", r.Slug, r.Title, strings.TrimSpace(r.Description))
	fmt.Fprintf(w, "\nseverity    %s\n", r.Level)
	for _, l := range r.Levels {
		fmt.Fprintf(w, "            %s when %s: %s\n", l.Level, strings.ReplaceAll(l.When, "_", " "), l.Because)
	}
	if r.Confidence != "" {
		fmt.Fprintf(w, "confidence  %s at most\n", r.Confidence)
	}
	fmt.Fprintf(w, "behaviour   %s\nid          %s\n", r.Behaviour, r.ID)
	var techniques []string
	for _, tag := range r.Tags {
		if id, ok := strings.CutPrefix(tag, "attack.t"); ok {
			techniques = append(techniques, "T"+id)
		}
	}
	if len(techniques) > 0 {
		fmt.Fprintf(w, "ATT&CK      %s\n", strings.Join(techniques, " "))
	}
	if len(r.D3FEND) > 0 {
		fmt.Fprintf(w, "D3FEND      %s\n", strings.Join(r.D3FEND, " "))
	}
	fmt.Fprintf(w, "\nNext: %s\n", strings.TrimSpace(r.Next))
	for i, text := range r.FalsePositives {
		if i == 0 {
			fmt.Fprintln(w, "\nIt may be harmless:")
		}
		fmt.Fprintf(w, "  %s\n", strings.TrimSpace(text))
	}
}

// ruleWords are the short names of the rules.
func ruleWords() []string {
	all, err := rules.All()
	if err != nil {
		return nil // a rule that is built in and does not parse fails the tests
	}
	words := make([]string, len(all))
	for i, r := range all {
		words[i] = r.Slug
	}
	return words
}
