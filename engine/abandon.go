// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"context"

	"github.com/openbits/openbits"
)

// abandonAll tells the servers of files that are not sent any more that their sessions have ended, and takes the sessions
// out of the rows. It answers which rows changed, and the first error: a server that could not be told is told later.
func (e *Engine) abandonAll(ctx context.Context, j openbits.Job, files []openbits.File, silent map[string]error) (changed []bool, first error) {
	changed = make([]bool, len(files))
	for i := range files {
		up := files[i].Upload
		if up == nil || up.Session.Zero() {
			continue
		}
		t := e.tell(ctx, j, files[i].Index, openbits.LeftSession{URL: files[i].URL, Spoken: up.Spoken, Session: up.Session, Since: up.Abandoned}, silent)
		if ctx.Err() != nil {
			return changed, ctx.Err()
		}
		after := *up
		if after.Abandoned = t.since; t.over {
			after.Session = openbits.Session{}
		}
		first = cmp.Or(first, t.err)
		changed[i] = t.over || after.Abandoned != up.Abandoned
		files[i].Upload = &after
	}
	return changed, first
}

// abandon tells one server.
func (e *Engine) abandon(ctx context.Context, j openbits.Job, index int, l openbits.LeftSession) error {
	sender, ok := e.Uploads[l.Spoken].(Abandoner)
	if !ok {
		return nil
	}
	route, err := e.Store.Route(ctx, j.ID)
	switch openbits.KindOf(err) {
	case "":
	case openbits.KindSecretUnreadable, openbits.KindNotFound:
		return nil // without its secrets nobody is let in
	default:
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, abandonTime)
	defer cancel()
	return sender.Abandon(ctx, openbits.Transfer{
		JobID: j.ID, Index: index, Type: j.Type, Priority: j.Priority, URL: l.URL, Route: &route,
	}, l.Session)
}
