// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

// candidates is how many jobs an ambiguous argument lists.
const candidates = 5

// Find answers the one job whose id begins with arg or whose name is arg. Of several with that name it is
// the one that is not final, when there is one such: what was fetched again and again has many final ones.
// Kinds: not_found; ambiguous when several fit, which lists some of them.
func (c *Client) Find(ctx context.Context, arg string) (api.Job, error) {
	if arg == "" {
		return api.Job{}, &openbits.Error{
			Op: "find", Object: "a job", Kind: openbits.KindInvalidArgument, Context: openbits.ContextNone, File: -1,
			Text: "its name or id is empty", Hint: "List the jobs with: bits list --all",
		}
	}
	var found []api.Job
	more := false
	if prefix := strings.ToLower(arg); idPrefix(prefix) {
		page, err := c.Jobs(ctx, api.JobQuery{Prefix: prefix, Limit: candidates})
		if err != nil {
			return api.Job{}, err
		}
		found, more = page.Jobs, page.Next != ""
		if len(found) == 1 && found[0].ID == prefix {
			return found[0], nil
		}
	}
	page, err := c.Jobs(ctx, api.JobQuery{Name: arg, Limit: candidates})
	if err != nil {
		return api.Job{}, err
	}
	more = more || page.Next != ""
	for _, j := range page.Jobs {
		if !contains(found, j.ID) {
			found = append(found, j)
		}
	}
	switch {
	case len(found) == 1 && !more:
		return found[0], nil
	case len(found) == 0:
		return api.Job{}, &openbits.Error{
			Op: "find", Object: fmt.Sprintf("job %q", arg), Kind: openbits.KindNotFound, Context: openbits.ContextNone, File: -1,
			Text: "no job has this name or an id that begins so", Hint: "List the jobs with: bits list --all",
		}
	}
	if idPrefix(strings.ToLower(arg)) {
		return api.Job{}, ambiguous(arg, found, more)
	}
	page, err = c.Jobs(ctx, api.JobQuery{Name: arg, States: unfinished(), Limit: 2})
	if err != nil {
		return api.Job{}, err
	}
	if len(page.Jobs) == 1 && page.Next == "" {
		return page.Jobs[0], nil
	}
	return api.Job{}, ambiguous(arg, found, more)
}

func unfinished() []openbits.State {
	return slices.DeleteFunc(slices.Clone(openbits.States), openbits.State.Final)
}

func ambiguous(arg string, found []api.Job, more bool) error {
	var list []string
	for _, j := range found[:min(len(found), candidates)] {
		list = append(list, fmt.Sprintf("%s (%s, %s)", j.ID, j.Name, j.State))
	}
	text := "several jobs fit: " + strings.Join(list, ", ")
	if more || len(found) > candidates {
		text += " and more"
	}
	return &openbits.Error{
		Op: "find", Object: fmt.Sprintf("job %q", arg), Kind: openbits.KindAmbiguous, Context: openbits.ContextNone, File: -1,
		Text: text, Hint: "Give more of the id.",
	}
}

// idPrefix reports whether s can be the beginning of an id.
func idPrefix(s string) bool {
	if s == "" || len(s) > 36 {
		return false
	}
	for i, r := range s {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (r == '-') || !dash && !strings.ContainsRune("0123456789abcdef", r) {
			return false
		}
	}
	return true
}

func contains(jobs []api.Job, id string) bool {
	for _, j := range jobs {
		if j.ID == id {
			return true
		}
	}
	return false
}
