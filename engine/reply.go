// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/openbits/openbits"
)

// Reply implements openbits.ReplySource: it fetches the server's answer to the upload into its part file and makes it
// durable. It begins from 0 whenever it is interrupted: a reply is small beside what it answers.
func (s *sending) Reply(ctx context.Context, replyURL string) error {
	m := s.m
	pf, err := m.r.e.Sink.Open(ctx, m.file.Place)
	if err != nil {
		return err
	}
	defer func() { _ = pf.Close() }()
	if s.replied(pf) {
		return nil
	}
	pf.SetBackground(m.r.priority().Background())
	if err := pf.Truncate(0); err != nil {
		return err
	}
	part := &reply{m: m, pf: pf, limit: m.file.Upload.ReplyLimit, head: openbits.Head{Total: openbits.Unknown}}
	t := m.r.transferOf(m.file)
	t.URL, t.Route = replyRoute(m.file.URL, replyURL, &m.r.route)
	if err := m.r.e.Downloads.Move(ctx, t, part); err != nil {
		return err
	}
	if err := pf.Sync(); err != nil {
		return err
	}
	return m.record(func(f *openbits.File) {
		f.Upload.ReplySize, f.Inode, f.Modified, f.Validator = part.head.Offset, pf.Identity(), part.head.Modified, part.head.Validator
	})
}

// replied reports whether the part file is the whole reply.
func (s *sending) replied(pf PartFile) bool {
	s.m.r.e.mu.Lock()
	row := s.m.row
	s.m.r.e.mu.Unlock()
	size, err := pf.Size()
	return err == nil && row.Upload.ReplySize != openbits.Unknown && row.Upload.ReplySize == size && row.Inode == pf.Identity()
}

// replyRoute is how a reply is fetched: what belongs to the origin of the upload, its user, headers and credentials
// without a host, does not go to another one.
func replyRoute(fileURL, replyURL string, r *openbits.Route) (string, *openbits.Route) {
	file, err := url.Parse(fileURL)
	reply, replyErr := url.Parse(replyURL)
	if err != nil || replyErr != nil {
		return replyURL, &openbits.Route{}
	}
	if file.Scheme == reply.Scheme && hostOf(fileURL) == hostOf(replyURL) {
		if reply.User == nil {
			reply.User = file.User
		}
		return reply.String(), r
	}
	other := *r
	other.Headers = nil
	other.Credentials = slices.DeleteFunc(slices.Clone(r.Credentials), func(c openbits.Credential) bool { return c.Host == "" })
	return replyURL, &other
}

// reply is the part of a reply as the mover of downloads sees it.
type reply struct {
	m     *motion
	pf    PartFile
	limit int64
	head  openbits.Head
}

func (p *reply) Held() openbits.Head { return p.head }

func (p *reply) Begin(h openbits.Head) error {
	if h.Offset != 0 && h.Offset != p.head.Offset {
		return p.fail(openbits.KindInternal, openbits.ContextUnknown, "the mover goes on where nothing ends", "")
	}
	if h.Total > p.limit {
		return p.tooLarge()
	}
	if h.Offset == 0 {
		if err := p.pf.Truncate(0); err != nil {
			return err
		}
	}
	p.head = h
	return nil
}

func (p *reply) Write(b []byte) (int, error) {
	if p.head.Offset+int64(len(b)) > p.limit {
		return 0, p.tooLarge()
	}
	if err := p.m.r.throttle(p.m.ctx, len(b)); err != nil {
		return 0, err
	}
	n, err := p.pf.WriteAt(b, p.head.Offset)
	p.head.Offset += int64(n)
	p.m.r.e.received.Add(int64(n))
	p.m.r.meter.add(n)
	return n, err
}

func (p *reply) End() error {
	if p.head.Total != openbits.Unknown && p.head.Offset != p.head.Total {
		return p.fail(openbits.KindConnectionClosed, openbits.ContextTransport, "the server says the reply is whole and it is not", "")
	}
	return nil
}

func (p *reply) CarriedBy(c openbits.Carrier) { p.m.CarriedBy(c) }

func (p *reply) tooLarge() error {
	return p.fail(openbits.KindTooLarge, openbits.ContextRemoteApplication, fmt.Sprintf("it is larger than the %d bytes that are accepted", p.limit),
		"If the size is right, start the upload anew with a larger --reply-limit.")
}

func (p *reply) fail(kind openbits.Kind, context openbits.Context, text, hint string) error {
	return &openbits.Error{Op: "fetch", Object: "the reply to " + p.m.file.Path(), Kind: kind, Context: context, File: p.m.file.Index, Text: text, Hint: hint}
}

var (
	_ openbits.ReplySource = (*sending)(nil)
	_ openbits.CarriedPart = (*reply)(nil)
)
