// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"time"

	"github.com/openbits/openbits"
)

// abandonAll tells the servers of files that are not sent any more that their sessions have ended, and takes the sessions
// out of the rows. It answers which rows changed, and the first error: a server that could not be told is told later, for
// openbits.KeepTelling at most. silent are the servers that did not answer a moment ago, by host: they are not asked again.
func (e *Engine) abandonAll(ctx context.Context, j openbits.Job, files []openbits.File, silent map[string]error) (changed []bool, first error) {
	changed = make([]bool, len(files))
	for i := range files {
		up := files[i].Upload
		if up == nil || up.Session.Zero() {
			continue
		}
		host := hostOf(files[i].URL)
		err := silent[host]
		if err == nil {
			err = e.abandon(ctx, j, files[i])
		}
		if ctx.Err() != nil {
			return changed, ctx.Err()
		}
		after := *up
		now := e.now().Unix()
		switch {
		case err == nil:
			after.Session, after.Abandoned = openbits.Session{}, 0
		case after.Abandoned == 0:
			after.Abandoned = now
		case time.Duration(now-after.Abandoned)*time.Second >= openbits.KeepTelling:
			e.Log.Warn("a server was never told that an upload has ended", "job", j.ID, "file", files[i].Index, "error", err)
			after.Session, err = openbits.Session{}, nil
		}
		if err != nil {
			silent[host] = err
			if first == nil {
				first = err
			}
		}
		changed[i] = after.Session.Zero() || after.Abandoned != up.Abandoned
		files[i].Upload = &after
	}
	return changed, first
}

// abandon tells one server.
func (e *Engine) abandon(ctx context.Context, j openbits.Job, f openbits.File) error {
	sender, ok := e.Uploads[f.Upload.Spoken].(Abandoner)
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
		JobID: j.ID, Index: f.Index, Type: j.Type, Priority: j.Priority, URL: f.URL, Route: &route,
	}, f.Upload.Session)
}
