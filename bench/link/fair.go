// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package link

import "time"

// fair gives each flow its turn, as fq_codel does (RFC 8290): deficit round robin, flows that come back before those
// that have a backlog, CoDel within each.
type fair struct {
	drop  func(time.Duration, Packet)
	flows map[uint32]*flow
	fresh []*flow // flows that had nothing waiting until lately
	old   []*flow
	total int // bytes
}

type flow struct {
	codel
	listed bool
	credit int // bytes that it may send in this turn
}

// push drops from the longest queue when there is no room.
func (f *fair) push(now time.Duration, p Packet, room int) {
	q := f.flows[p.Flow]
	if q == nil {
		q = &flow{}
		q.drop = f.lose
		f.flows[p.Flow] = q
	}
	q.waiting.add(p)
	f.total += p.Size
	if !q.listed {
		q.listed, q.credit = true, largest
		f.fresh = append(f.fresh, q)
	}
	for f.total > room {
		f.lose(now, f.longest().waiting.take())
	}
}

// lose drops a packet that was counted.
func (f *fair) lose(at time.Duration, p Packet) {
	f.total -= p.Size
	f.drop(at, p)
}

func (f *fair) longest() *flow {
	var longest *flow
	for _, list := range [][]*flow{f.fresh, f.old} {
		for _, q := range list {
			if longest == nil || q.waiting.size > longest.waiting.size {
				longest = q
			}
		}
	}
	return longest
}

func (f *fair) pop(at time.Duration) (Packet, bool) {
	for {
		list := &f.fresh
		if len(f.fresh) == 0 {
			list = &f.old
		}
		if len(*list) == 0 {
			return Packet{}, false
		}
		q := (*list)[0]
		if q.credit <= 0 {
			q.credit += largest
			*list = (*list)[1:]
			f.old = append(f.old, q)
			continue
		}
		p, ok := q.pop(at)
		if ok {
			q.credit -= p.Size
			f.total -= p.Size
			return p, true
		}
		// An empty flow waits behind the others once, so that it cannot be a fresh one over and over.
		wasFresh := list == &f.fresh
		*list = (*list)[1:]
		if wasFresh && len(f.old) > 0 {
			f.old = append(f.old, q)
		} else {
			q.listed = false
		}
	}
}

func (f *fair) bytes() int { return f.total }
