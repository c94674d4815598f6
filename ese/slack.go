// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"cmp"
	"iter"
	"slices"
)

// Range is a part of a page.
type Range struct {
	Start int `json:"start"` // in the page
	Size  int `json:"size"`
}

// Slack lists the parts of the page that no node uses and that are not blank, in
// their order: what is left there of nodes that were deleted, moved or changed. Of
// a page whose tags make no sense it is all that follows the header.
func (p *Page) Slack() []Range {
	header := headerSize(len(p.Data))
	if p.Status == PageBlank {
		return nil
	}
	if p.fault != nil {
		return p.slackBetween([]Range{{0, header}}, len(p.Data))
	}
	used := []Range{{0, header}}
	for i := range p.TagCount {
		if start, size, _ := p.tag(i); start+size <= p.dataEnd() {
			used = append(used, Range{start, size})
		}
	}
	slices.SortFunc(used, func(a, b Range) int { return cmp.Compare(a.Start, b.Start) })
	return p.slackBetween(used, p.dataEnd())
}

// slackBetween lists what lies between ranges, which are in order, and before end.
func (p *Page) slackBetween(used []Range, end int) []Range {
	var slack []Range
	at := 0
	add := func(to int) {
		if to > at && !zero(p.Data[at:to]) {
			slack = append(slack, Range{at, to - at})
		}
	}
	for _, r := range used {
		add(r.Start)
		at = max(at, r.Start+r.Size)
	}
	add(end)
	return slack
}

// Remains yields nodes that the page no longer counts: tags that were in use once
// still point to bytes that no node in use has taken since. Their content may be
// mixed with other remains. The number of such a node is its old tag.
func (p *Page) Remains() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		if p.fault != nil || p.Status == PageBlank || p.TagCount == 0 {
			return
		}
		slack, prefix := p.Slack(), p.prefix()
		header := headerSize(len(p.Data))
		for i := p.TagCount; ; i++ {
			slot := len(p.Data) - (i+1)*tagSize
			if slot < header || u32(p.Data, slot) == 0 {
				return
			}
			start, size, _ := p.tag(i)
			if start+size > slot || !covered(slack, start, size) {
				continue
			}
			if n, err := p.node(i, prefix, slot); err == nil && !yield(n) {
				return
			}
		}
	}
}

// covered reports whether one range, of ranges in order, holds all of a part.
func covered(ranges []Range, start, size int) bool {
	i, exact := slices.BinarySearchFunc(ranges, start, func(r Range, s int) int { return cmp.Compare(r.Start, s) })
	if !exact {
		i--
	}
	return i >= 0 && start+size <= ranges[i].Start+ranges[i].Size
}
