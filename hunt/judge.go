// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package hunt

import (
	"fmt"

	"github.com/openbits/openbits/attack"
	"github.com/openbits/openbits/hunt/evidence"
	judging "github.com/openbits/openbits/hunt/judge"
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
	judge   judge
	stack   stack
	tool    evidence.Tool
	refused []evidence.Datum // Sigma rules of others that cannot be used: what they would have found is missing
}

// seat makes the judge that the options ask for.
func seat(o *Options) (*bench, error) {
	r, err := judging.Load(judging.LoadOptions{Sigma: o.Sigma, Allow: o.Allow})
	if err != nil {
		return nil, err
	}
	b := &bench{judge: r, stack: &judging.Stack{}, tool: evidence.Tool{
		Name: "openbits", Version: o.Version, Rules: r.Digest(), Attack: attack.Version, D3FEND: attack.D3FENDVersion,
	}}
	b.refuse(r)
	return b, nil
}

// maxRefused is how many refused rules a report names; the rest is counted.
const maxRefused = 50

// refuse lists, for the report, the rules that cannot be used.
func (b *bench) refuse(r *judging.Rules) {
	more := 0
	for _, res := range r.Results() {
		for _, p := range res.Problems {
			if len(b.refused) == maxRefused {
				more++
				continue
			}
			b.refused = append(b.refused, evidence.Datum{Name: "sigma_refused", Value: p.Error()})
		}
	}
	if more > 0 {
		b.refused = append(b.refused, evidence.Datum{Name: "sigma_refused", Value: fmt.Sprintf("and %d more", more)})
	}
}
