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
)

// tooLate is how late the emulator may hand packets over, in milliseconds at the 99th percentile.
const tooLate = 2.0

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
