// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/openbits/openbits/bench/link"
	"github.com/openbits/openbits/bench/rig"
)

// tooLate is how late the emulator may hand packets over, in milliseconds at the 99th percentile.
const tooLate = 2.0

// group are the runs of one scenario on one link.
type group struct {
	Link     link.Spec `json:"link"`
	Scenario string    `json:"scenario"`
	Title    string    `json:"title"`
	Runs     []*run    `json:"runs"`
	LeftOut  []string  `json:"left_out,omitempty"`

	scenario scenario
}

// results are what a measurement found out.
type results struct {
	Command  string   `json:"command"`
	Date     string   `json:"date"`
	Machine  []string `json:"machine"`
	Versions []string `json:"versions"`
	Variant  string   `json:"variant"`
	Groups   []*group `json:"groups"`
}

// stage plays scenarios; there is one for each operating system that can.
type stage interface {
	// play plays a scenario, without a background where p is nil.
	play(ctx context.Context, spec link.Spec, s scenario, p *peer) (*run, error)
	describe(*results)
	Close() error
}

func measure(ctx context.Context, o options, out io.Writer) error {
	st, err := newStage(o)
	if err != nil {
		return err
	}
	res := &results{Command: strings.Join(append([]string{"go run ./bench/yield"}, os.Args[1:]...), " "), Date: time.Now().UTC().Format(time.DateOnly), Variant: o.variant()}
	st.describe(res)
	fmt.Fprintln(out, "command:", res.Command)
	for _, line := range append(append([]string{}, res.Machine...), res.Versions...) {
		fmt.Fprintln(out, line)
	}
	fmt.Fprintln(out, "variant:", res.Variant)
	fmt.Fprintf(out, "this takes %v\n", (o.length() + 10*time.Second).Round(10*time.Second))
	for _, spec := range o.links {
		for _, s := range o.scenarios {
			g := &group{Link: spec, Scenario: s.name, Title: s.title, scenario: s}
			res.Groups = append(res.Groups, g)
			if err := g.play(ctx, st, o); err != nil {
				return errors.Join(err, st.Close())
			}
			if err := g.print(out); err != nil {
				return errors.Join(err, st.Close())
			}
		}
	}
	return errors.Join(res.write(o), st.Close())
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

// recall prints and draws results of before.
func recall(o options, out io.Writer) error {
	data, err := os.ReadFile(o.from)
	if err != nil {
		return err
	}
	res := &results{}
	if err := json.Unmarshal(data, res); err != nil {
		return fmt.Errorf("%s has no results of this program: %w", o.from, err)
	}
	fmt.Fprintf(out, "command: %s\n%s\nvariant: %s\n", res.Command, res.Date, res.Variant)
	for _, g := range res.Groups {
		if g.scenario, err = findScenario(g.Scenario); err != nil {
			return fmt.Errorf("%s: %w", o.from, err)
		}
		if err := g.print(out); err != nil {
			return err
		}
	}
	return res.write(o)
}

// write writes the files that were asked for.
func (res *results) write(o options) error {
	if o.svg != "" && len(res.Groups) > 0 {
		if err := os.WriteFile(o.svg, []byte(res.Groups[0].figure().SVG()), 0o644); err != nil {
			return err
		}
	}
	if o.html != "" {
		if err := os.WriteFile(o.html, []byte(res.page()), 0o644); err != nil {
			return err
		}
	}
	if o.json == "" {
		return nil
	}
	data, err := json.MarshalIndent(res, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, append(data, '\n'), 0o644)
}
