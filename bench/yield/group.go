// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/openbits/openbits/bench/link"
	"github.com/openbits/openbits/bench/rig"
)

// group are the runs of one scenario on one link.
type group struct {
	Link     link.Spec `json:"link"`
	Scenario string    `json:"scenario"`
	Title    string    `json:"title"`
	Runs     []*run    `json:"runs"`
	LeftOut  []string  `json:"left_out,omitempty"`

	scenario scenario
}

// play makes all runs of a group, the backgrounds in turn.
func (g *group) play(ctx context.Context, st stage, o options) error {
	out := map[string]bool{}
	for n := range o.runs {
		if !g.scenario.noSolo {
			if err := g.one(ctx, st, g.scenario.solo(), nil, n); err != nil {
				return err
			}
		}
		for _, p := range o.peers {
			if out[p.name] {
				continue
			}
			if why := p.missing(); why != "" {
				out[p.name] = true
				g.LeftOut = append(g.LeftOut, why)
				continue
			}
			err := g.one(ctx, st, g.scenario, &p, n)
			var why cannot
			if errors.As(err, &why) {
				out[p.name] = true
				g.LeftOut = append(g.LeftOut, p.name+": "+why.Error())
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// one plays a scenario once, and once more if this machine was too busy.
func (g *group) one(ctx context.Context, st stage, s scenario, p *peer, n int) error {
	name := soloName
	if p != nil {
		name = p.name
	}
	for range 2 {
		fmt.Fprintf(os.Stderr, "%s, %s, %s, run %d: %v … ", g.Link.Name, g.Scenario, name, n+1, s.end)
		r, err := st.play(ctx, g.Link, s, p)
		if err != nil {
			fmt.Fprintln(os.Stderr, "no result")
			if ctx.Err() != nil {
				return errors.New("interrupted; what was started has been ended")
			}
			return fmt.Errorf("%s on %s: %w", name, g.Link.Name, err)
		}
		r.Repeat = n + 1
		fmt.Fprintf(os.Stderr, "the link was up to %.2f ms late (p99)\n", r.Late)
		g.Runs = append(g.Runs, r)
		if r.Usable {
			return nil
		}
	}
	return nil
}

// of are the usable runs with a background.
func (g *group) of(name string) (list []*run) {
	for _, r := range g.Runs {
		if r.Background == name && r.Usable {
			list = append(list, r)
		}
	}
	return list
}

// names are the backgrounds in the order of their first runs, used or not.
func (g *group) names() (list []string) {
	seen := map[string]bool{}
	for _, r := range g.Runs {
		if !seen[r.Background] {
			seen[r.Background] = true
			list = append(list, r.Background)
		}
	}
	return list
}

// table is the group's table, the heading first.
func (g *group) table() [][]string {
	columns := g.scenario.columns()
	head := []string{"background", "runs"}
	for _, c := range columns {
		head = append(head, c.title)
	}
	rows, base := [][]string{head}, g.of(soloName)
	for _, name := range g.names() {
		runs := g.of(name)
		row := []string{name, fmt.Sprint(len(runs))}
		for _, c := range columns {
			row = append(row, c.text(runs, base))
		}
		rows = append(rows, row)
	}
	return rows
}

func (g *group) print(w io.Writer) error {
	fmt.Fprintf(w, "\n%s on %s (%v)\n\n", g.Title, g.Link.Name, g.Link)
	if err := rig.Table(w, g.table()); err != nil {
		return err
	}
	for _, line := range g.remarks() {
		fmt.Fprintln(w, line)
	}
	return nil
}

// remarks are what a reader has to know besides the table.
func (g *group) remarks() (list []string) {
	for _, l := range g.LeftOut {
		list = append(list, "left out: "+l)
	}
	seen := map[string]bool{}
	for _, r := range g.Runs {
		if !r.Usable {
			list = append(list, fmt.Sprintf("unusable: a run of %s, in which this machine was too busy (the link was %.1f ms late)", r.Background, r.Late))
		}
		for _, n := range r.Notes {
			if !seen[n] {
				seen[n] = true
				list = append(list, "note: "+n)
			}
		}
	}
	return list
}
