// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
)

// sample is what "bits top" knows at one moment; also a line of its JSON.
type sample struct {
	Time      time.Time              `json:"time"`
	Rate      int64                  `json:"rate"`      // bytes per second of all jobs together
	Foreign   *int64                 `json:"foreign"`   // of others on this computer, null when it is not known
	Limit     int64                  `json:"limit"`     // of the service, 0: none
	Transport *api.Transport         `json:"transport"` // of the job whose network has most to tell
	States    map[openbits.State]int `json:"states"`    // jobs by state
	Jobs      []api.Job              `json:"jobs"`      // those that run, then those that wait; the first of them where there are many
}

// topWaiting is how many waiting jobs are asked for: more than any terminal has lines.
const topWaiting = 300

// takeSample asks the service. Jobs that run are asked for in pages, of those that wait one page.
func takeSample(ctx context.Context, c *client.Client) (sample, error) {
	service, err := c.Service(ctx)
	if err != nil {
		return sample{}, err
	}
	s := sample{Time: time.Now(), Limit: service.Limits.Rate, States: service.Stats.Jobs, Jobs: []api.Job{}}
	running := []openbits.State{openbits.StateConnecting, openbits.StateTransferring}
	for j, err := range c.AllJobs(ctx, api.JobQuery{States: running, Limit: listPage}) {
		if err != nil {
			return sample{}, err
		}
		s.Jobs = append(s.Jobs, j)
	}
	waiting := slices.DeleteFunc(unfinished(), func(s openbits.State) bool { return slices.Contains(running, s) })
	page, err := c.Jobs(ctx, api.JobQuery{States: waiting, Limit: topWaiting})
	if err != nil {
		return sample{}, err
	}
	for _, j := range page.Jobs { // it may have been seen running a moment ago
		if !slices.ContainsFunc(s.Jobs, func(k api.Job) bool { return k.ID == j.ID }) {
			s.Jobs = append(s.Jobs, j)
		}
	}
	s.sum()
	return s, nil
}

// sum puts the jobs in order and works out what they say together.
func (s *sample) sum() {
	slices.SortStableFunc(s.Jobs, func(a, b api.Job) int {
		return cmp.Or(topRank[a.State]-topRank[b.State], a.Priority.Number()-b.Priority.Number(), a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	foreign := map[string]int64{} // each tells of all that goes through its interface
	for _, j := range s.Jobs {
		if j.Rate != nil {
			s.Rate += *j.Rate
		}
		t := j.Transport
		if t == nil {
			continue
		}
		if t.Foreign != nil {
			foreign[t.Interface] = max(foreign[t.Interface], *t.Foreign)
		}
		if s.Transport == nil || topModes[t.Mode] > topModes[s.Transport.Mode] {
			s.Transport = t
		}
	}
	if len(foreign) > 0 {
		total := int64(0)
		for _, n := range foreign {
			total += n
		}
		s.Foreign = &total
	}
}

// topRank orders jobs: those that run, those that go on by themselves, those that wait for their owner.
var topRank = map[openbits.State]int{
	openbits.StateTransferring: 0, openbits.StateConnecting: 0, openbits.StateQueued: 1, openbits.StateTransientError: 1,
	openbits.StateError: 2, openbits.StateTransferred: 3, openbits.StateSuspended: 4,
}

// topModes orders modes by how much they tell.
var topModes = map[openbits.TransportMode]int{
	openbits.TransportAlone: 1, openbits.TransportStarting: 2, openbits.TransportReturning: 3,
	openbits.TransportSharing: 4, openbits.TransportYielding: 5,
}

// counts of jobs that run, that wait, and that need their owner.
func (s *sample) counts() (running, waiting, owner int) {
	for state, n := range s.States {
		switch topRank[state] {
		case 0:
			if state.Active() {
				running += n
			}
		case 1:
			waiting += n
		default:
			owner += n
		}
	}
	return running, waiting, owner
}
