// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package hunt

import (
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/read"
)

// judge is what Run asks of the rules. It is safe for concurrent use.
type judge interface {
	read.Filter
	// Judge finds what is suspicious about a host, and marks its jobs that are known.
	Judge(h *evidence.Host) []evidence.Finding
}

// stack compares hosts.
type stack interface {
	// Add counts a host.
	Add(h *evidence.Host)
	// Rate says of a host's jobs on how many hosts their like is, and weighs its findings by it.
	Rate(h *evidence.Host)
}

// bench is the judge with what it is named by.
type bench struct {
	judge judge
	stack stack
	tool  evidence.Tool
}

// noRules judges nothing.
type noRules struct{}

func (noRules) Wants(string, string, int) bool          { return false }
func (noRules) Matches(*evidence.Event) bool            { return false }
func (noRules) Judge(*evidence.Host) []evidence.Finding { return nil }
func (noRules) Add(*evidence.Host)                      {}
func (noRules) Rate(*evidence.Host)                     {}

// seat makes the judge that the options ask for.
func seat(o *Options) (*bench, error) {
	return &bench{judge: noRules{}, stack: noRules{}, tool: evidence.Tool{Name: "openbits", Version: o.Version}}, nil
}
