// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/openbits/openbits"
)

// leave takes the session out of an upload that is going to begin again, maybe at another URL. The server is told later.
func leave(f openbits.File, up *openbits.Upload) {
	if !up.Session.Zero() {
		up.Left = append(slices.Clone(up.Left), openbits.LeftSession{URL: f.URL, Spoken: up.Spoken, Session: up.Session, Since: up.Abandoned})
		up.Left = up.Left[max(len(up.Left)-openbits.MaxLeftSessions, 0):]
	}
	up.Session, up.Abandoned = openbits.Session{}, 0
}

// leaves notes that servers are to be told of the ends of sessions that after has and before had not.
func (u *update) leaves(before, after openbits.File) {
	if after.Upload == nil || len(after.Upload.Left) <= len(before.Upload.Left) {
		return
	}
	u.job.Sweep = true
	u.effects |= DoSweep
	u.then(func() { u.e.leavings++ })
}

// farewell is what came of telling one server.
type farewell struct {
	over  bool
	since int64
	err   error
}

// tell tells a server that a session has ended. One that cannot be told for openbits.KeepTelling is not told any more.
// silent are the servers that did not answer a moment ago, by host: they are not asked again.
func (e *Engine) tell(ctx context.Context, j openbits.Job, index int, l openbits.LeftSession, silent map[string]error) farewell {
	host := hostOf(l.URL)
	err := silent[host]
	if err == nil {
		err = e.abandon(ctx, j, index, l)
	}
	now := e.now().Unix()
	switch {
	case err == nil:
		return farewell{over: true}
	case ctx.Err() != nil:
		return farewell{since: l.Since, err: ctx.Err()}
	case l.Since == 0:
		l.Since = now
	case time.Duration(now-l.Since)*time.Second >= openbits.KeepTelling:
		e.Log.Warn("a server was never told that an upload has ended", "job", j.ID, "file", index, "error", err)
		return farewell{over: true}
	}
	silent[host] = err
	return farewell{since: l.Since, err: err}
}

// tellLeft tells the servers of sessions that the files of a job went away from, whatever the files do meanwhile. It
// answers the first error.
func (e *Engine) tellLeft(ctx context.Context, j openbits.Job, silent map[string]error) (first error) {
	if !j.Type.Uploads() {
		return nil
	}
	for from := 0; from >= 0; {
		page, err := e.files(ctx, j.ID, openbits.FileQuery{From: from, Limit: requeueBatch})
		if err != nil {
			return err
		}
		for _, f := range page.Files {
			if f.Upload == nil || len(f.Upload.Left) == 0 {
				continue
			}
			results := make(map[string]farewell, len(f.Upload.Left))
			for _, l := range f.Upload.Left {
				t := e.tell(ctx, j, f.Index, l, silent)
				results[l.URL+" "+l.Session.ID] = t
				first = cmp.Or(first, t.err)
			}
			if err := e.told(ctx, j.ID, f.Index, results); err != nil {
				return err
			}
		}
		from = page.Next
	}
	return first
}

// told takes the sessions whose servers know out of the row of a file, which may be in motion.
func (e *Engine) told(ctx context.Context, id string, index int, results map[string]farewell) error {
	_, err := e.change(ctx, id, byService, func(u *update) error {
		r := e.runs[id]
		var m *motion
		if r != nil {
			m = r.motionOf(index)
		}
		var row openbits.File
		var err error
		if m != nil {
			row = m.row
		} else if row, err = e.file(ctx, id, index); err != nil {
			return err
		}
		up := *row.Upload
		up.Left = nil
		for _, l := range row.Upload.Left {
			t, known := results[l.URL+" "+l.Session.ID]
			if known {
				l.Since = t.since
			}
			if !t.over {
				up.Left = append(up.Left, l)
			}
		}
		row.Upload = &up
		u.change.Files = append(u.change.Files, row)
		u.then(func() {
			switch {
			case m != nil:
				m.row = row
			case r != nil:
				r.reread(index)
			}
		})
		return nil
	})
	return err
}
