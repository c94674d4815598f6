// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"slices"
	"strings"

	"github.com/openbits/openbits/hunt/rules"
)

// rulesFor are the rules of bits hunt that name a technique of ATT&CK or a countermeasure of D3FEND.
func rulesFor(id string) []*rules.Rule {
	all, _ := rules.All() // they are built in, and tested
	tag := "attack." + strings.ToLower(id)
	return slices.DeleteFunc(all, func(r *rules.Rule) bool {
		return !slices.Contains(r.Tags, tag) && !slices.Contains(r.D3FEND, strings.ToUpper(id))
	})
}

// rules adds the table of the rules that name something, where there are any.
func (p *page) rules(heading, id string) {
	list := rulesFor(id)
	if len(list) == 0 {
		return
	}
	rows := [][]string{{"Rule", "Level", "Behaviour", "Title"}}
	for _, r := range list {
		rows = append(rows, []string{r.Slug, r.Level, r.Behaviour, r.Title})
	}
	p.heading(heading)
	p.table(rows)
}
