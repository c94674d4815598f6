// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package servertest

import (
	"context"
	"io"
	"strings"

	"github.com/openbits/openbits"
)

// File answers a file; see server.Service.
func (s *Service) File(ctx context.Context, id string, index int) (openbits.File, error) {
	return s.onFile(ctx, "file", id, index, func(*record, *openbits.File) error { return nil })
}

// RenewURL gives a file another URL; see server.Service.
func (s *Service) RenewURL(ctx context.Context, id string, index int, url string) (openbits.File, error) {
	return s.onFile(ctx, "renew", id, index, func(_ *record, f *openbits.File) error {
		f.URL = url
		return nil
	})
}

// Invalidate marks a whole file invalid; see server.Service.
func (s *Service) Invalidate(ctx context.Context, id string, index int) (openbits.File, error) {
	return s.onFile(ctx, "invalidate", id, index, func(r *record, f *openbits.File) error {
		if f.State != openbits.FileTransferred {
			return refused("invalidate a file of", r.job)
		}
		s.enterFile(r, f, openbits.FileInvalid)
		return nil
	})
}

// RemoveFile drops a file; see server.Service.
func (s *Service) RemoveFile(ctx context.Context, id string, index int) (openbits.File, error) {
	return s.onFile(ctx, "remove", id, index, func(r *record, f *openbits.File) error {
		if f.State == openbits.FilePublished || r.job.State.Final() {
			return refused("remove a file of", r.job)
		}
		s.enterFile(r, f, openbits.FileDropped)
		return nil
	})
}

func (s *Service) onFile(ctx context.Context, call, id string, index int, do func(*record, *openbits.File) error) (openbits.File, error) {
	if err := s.start(ctx, call); err != nil {
		return openbits.File{}, err
	}
	defer s.mu.Unlock()
	r, f, err := s.findFile(id, index)
	if err != nil {
		return openbits.File{}, err
	}
	if err := do(r, f); err != nil {
		return openbits.File{}, err
	}
	return *f, nil
}

// Files answers a page; see server.Service.
func (s *Service) Files(ctx context.Context, id string, q openbits.FileQuery) (openbits.FilePage, error) {
	page := openbits.FilePage{Next: -1}
	if err := s.start(ctx, "files"); err != nil {
		return page, err
	}
	defer s.mu.Unlock()
	r, err := s.find(id)
	if err != nil {
		return page, err
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	for i := q.From; i < len(r.files); i++ {
		if !in(q.States, r.files[i].State) {
			continue
		}
		if len(page.Files) == q.Limit {
			page.Next = i
			break
		}
		page.Files = append(page.Files, r.files[i])
	}
	return page, nil
}

// Open reads a whole file; see server.Service.
func (s *Service) Open(ctx context.Context, id string, index int) (io.ReadSeekCloser, openbits.File, error) {
	var content string
	f, err := s.onFile(ctx, "open", id, index, func(r *record, f *openbits.File) error {
		if !f.State.Done() {
			return refused("open a file of", r.job)
		}
		content = r.content[index]
		return nil
	})
	if err != nil {
		return nil, openbits.File{}, err
	}
	return opened{strings.NewReader(content)}, f, nil
}

type opened struct{ *strings.Reader }

func (opened) Close() error { return nil }

// snapshotPage is how many jobs a page of a snapshot has: few, so that tests meet several.
const snapshotPage = 3

// Forget drops all events before seq: streams cannot go on from there any more.
func (s *Service) Forget(seq int64) {
	if s.start(context.Background(), "forget") != nil {
		return
	}
	defer s.mu.Unlock()
	s.oldest = seq
}

// Updates streams; see server.Service.
func (s *Service) Updates(ctx context.Context, after int64, jobID string, yield func(openbits.Update) error) error {
	if err := s.start(ctx, "updates"); err != nil {
		return err
	}
	next, first := s.open(after, jobID)
	s.mu.Unlock()
	for _, u := range first {
		if err := yield(u); err != nil {
			return err
		}
	}
	for {
		s.mu.Lock()
		list, more := s.log[next:], s.more
		next = len(s.log)
		s.mu.Unlock()
		for _, u := range list {
			if concerns(u, jobID) {
				if err := yield(u); err != nil {
					return err
				}
			}
		}
		if len(list) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-more:
		}
	}
}

// open answers where in the log a stream begins, and what comes before that.
func (s *Service) open(after int64, jobID string) (next int, first []openbits.Update) {
	if after > 0 && after >= s.oldest-1 && after <= s.seq {
		for next < len(s.log) && (s.log[next].Event == nil || s.log[next].Seq <= after) {
			next++
		}
		return next, nil
	}
	if after > 0 {
		first = append(first, openbits.Update{Kind: openbits.UpdateReset})
	}
	var page []openbits.Job
	flush := func() {
		if len(page) > 0 {
			first = append(first, openbits.Update{Kind: openbits.UpdateSnapshot, Seq: s.seq, Jobs: page})
		}
		page = nil
	}
	for i := len(s.order) - 1; i >= 0; i-- {
		if id := s.order[i]; jobID == id || jobID == "" && !s.jobs[id].job.State.Final() {
			page = append(page, s.jobs[id].job)
		}
		if len(page) == snapshotPage {
			flush()
		}
	}
	flush()
	return len(s.log), append(first, openbits.Update{Kind: openbits.UpdateReady, Seq: s.seq})
}

func concerns(u openbits.Update, jobID string) bool {
	return jobID == "" || len(u.Jobs) > 0 && u.Jobs[0].ID == jobID
}

// Limit answers the rate limit; see server.Service.
func (s *Service) Limit(ctx context.Context) (int64, error) {
	if err := s.start(ctx, "limit"); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	return s.limit, nil
}

// SetLimit sets it; see server.Service.
func (s *Service) SetLimit(ctx context.Context, rate int64) error {
	if err := s.start(ctx, "set limit"); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.limit = rate
	return nil
}

// Stats answers figures; see server.Service.
func (s *Service) Stats(ctx context.Context) (openbits.Stats, error) {
	if err := s.start(ctx, "stats"); err != nil {
		return openbits.Stats{}, err
	}
	defer s.mu.Unlock()
	stats := openbits.Stats{Started: s.began, Jobs: map[openbits.State]int{}, BytesReceived: s.bytes, LastEvent: s.seq}
	for _, r := range s.jobs {
		stats.Jobs[r.job.State]++
	}
	return stats, nil
}
