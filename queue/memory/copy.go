// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"errors"
	"slices"
	"time"

	"github.com/openbits/openbits"
)

// stored is t as a queue keeps it: in UTC, cut to microseconds; the zero time stays zero.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

func copyJob(j openbits.Job) openbits.Job {
	for _, t := range []*time.Time{&j.Created, &j.Modified, &j.Completed, &j.Expires, &j.Ended, &j.NextTry, &j.FailedFrom} {
		*t = stored(*t)
	}
	if j.Reason != nil {
		r := *j.Reason
		r.Since, r.Until = stored(r.Since), stored(r.Until)
		j.Reason = &r
	}
	j.Error = copyError(j.Error)
	j.Rate, j.Transport = 0, nil // of the moment
	return j
}

func copyFile(f openbits.File) openbits.File {
	f.Modified, f.NextTry = stored(f.Modified), stored(f.NextTry)
	f.Error = copyError(f.Error)
	if f.Checkpoint != nil {
		c := *f.Checkpoint
		c.Segments, c.Hash = copySlice(c.Segments), copySlice(c.Hash)
		f.Checkpoint = &c
	}
	if f.Upload != nil {
		u := *f.Upload
		u.Session.Data, u.Left = copySlice(u.Session.Data), copySlice(u.Left)
		for i := range u.Left {
			u.Left[i].Session.Data = copySlice(u.Left[i].Session.Data)
		}
		f.Upload = &u
	}
	return f
}

func copyRoute(r openbits.Route) openbits.Route {
	r.Headers, r.Credentials = copySlice(r.Headers), copySlice(r.Credentials)
	return r
}

func copyEvent(e openbits.Event) openbits.Event {
	e.Time, e.Error = stored(e.Time), copyError(e.Error)
	return e
}

// copyError keeps the cause as the text that a database would keep.
func copyError(e *openbits.Error) *openbits.Error {
	if e == nil {
		return nil
	}
	c := *e
	if c.Err != nil {
		text := c.Err.Error()
		c.Err = nil
		if text != "" {
			c.Err = errors.New(text)
		}
	}
	return &c
}

func copySlice[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return slices.Clone(s)
}
