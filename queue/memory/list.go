// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/openbits/openbits"
)

// defaultPage is the length of a page whose limit is 0.
const defaultPage = 100

func pageSize(limit int) (int, error) {
	switch {
	case limit < 0:
		return 0, invalid("the page", "its limit is negative")
	case limit == 0:
		return defaultPage, nil
	}
	return limit, nil
}

// Jobs lists jobs, the newest first or by turn. Kind: invalid_argument for a cursor that no page had.
func (s *Store) Jobs(ctx context.Context, jq openbits.JobQuery) (openbits.JobPage, error) {
	limit, err := pageSize(jq.Limit)
	if err != nil {
		return openbits.JobPage{}, err
	}
	var last *entry
	if jq.After != "" {
		if last, err = parseCursor(jq.After, jq.ByTurn); err != nil {
			return openbits.JobPage{}, err
		}
	}
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return openbits.JobPage{}, err
	}
	defer unlock()

	order := newestFirst
	if jq.ByTurn {
		order = byTurn
	}
	var found []*entry
	for _, e := range q.order {
		if (last == nil || order(last, e) < 0) && q.matches(e, jq) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, order)
	var page openbits.JobPage
	for i, e := range found {
		if i == limit {
			page.Next = cursor(found[i-1], jq.ByTurn)
			break
		}
		page.Jobs = append(page.Jobs, copyJob(e.job))
	}
	return page, nil
}

func (q *queue) matches(e *entry, jq openbits.JobQuery) bool {
	j := &e.job
	switch {
	case len(jq.States) > 0 && !slices.Contains(jq.States, j.State),
		len(jq.Priorities) > 0 && !slices.Contains(jq.Priorities, j.Priority),
		jq.Name != "" && jq.Name != j.Name,
		!strings.HasPrefix(j.ID, jq.IDPrefix),
		jq.Path != "" && q.claims[filepath.Clean(jq.Path)].job != e,
		jq.Sweep && !j.Sweep,
		!jq.DueBefore.IsZero() && (j.NextTry.IsZero() || j.NextTry.After(jq.DueBefore)):
		return false
	}
	return true
}

func newestFirst(a, b *entry) int { return cmp.Compare(b.seq, a.seq) }

func byTurn(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.job.Turn, b.job.Turn), cmp.Compare(a.seq, b.seq))
}

// cursor is the place of a job in an order; it stays good when the job goes away.
func cursor(e *entry, turn bool) string {
	if turn {
		return fmt.Sprintf("t%d.%d", e.job.Turn, e.seq)
	}
	return fmt.Sprintf("n%d", e.seq)
}

func parseCursor(text string, turn bool) (*entry, error) {
	e := &entry{}
	if turn {
		fmt.Sscanf(text, "t%d.%d", &e.job.Turn, &e.seq)
	} else {
		fmt.Sscanf(text, "n%d", &e.seq)
	}
	if cursor(e, turn) != text {
		return nil, invalid("the page", "the place to go on from is not one that a page of this listing named")
	}
	return e, nil
}
