// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package testlab

import (
	"fmt"
	"sync"

	"github.com/openbits/openbits"
)

// MemPart is an openbits.Part in memory, for one download. It holds the mover to the
// contract: a call that breaks it fails with an error of KindInternal, which no mover may
// cause. It is safe for use by several goroutines, so that a test can look while a mover writes.
type MemPart struct {
	// Hook, when set before the part is used, is called before each Begin, Write and End
	// with the length held. An error from it is the call's answer.
	Hook func(op Op, held int64) error

	mu      sync.Mutex
	head    openbits.Head
	data    []byte
	begun   bool
	ended   bool
	journal []Entry
}

// Op is a call of a part.
type Op string

// The calls of a part.
const (
	OpBegin Op = "begin"
	OpWrite Op = "write"
	OpEnd   Op = "end"
)

// Entry is one call in a part's journal.
type Entry struct {
	Op   Op
	Head openbits.Head // of Begin
	N    int           // bytes of Write
}

// NewMemPart makes a part that holds the given start of a version; none and the zero Head for an empty one.
func NewMemPart(start []byte, head openbits.Head) *MemPart {
	if len(start) == 0 {
		head = openbits.Head{Total: openbits.Unknown}
	}
	head.Offset = int64(len(start))
	return &MemPart{head: head, data: append([]byte(nil), start...)}
}

// Held is what the part holds.
func (p *MemPart) Held() openbits.Head {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.head
}

// Begin starts or goes on.
func (p *MemPart) Begin(h openbits.Head) error {
	if err := p.hook(OpBegin); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.journal = append(p.journal, Entry{Op: OpBegin, Head: h})
	switch {
	case p.ended:
		return broken("begin after the end")
	case h.Offset != 0 && h.Offset != p.head.Offset:
		return broken("begin at %d while %d bytes are held", h.Offset, p.head.Offset)
	case h.Total >= 0 && h.Offset > h.Total:
		return broken("begin at %d of %d", h.Offset, h.Total)
	case h.Offset > 0 && !p.head.Validator.Same(h.Validator):
		return broken("version %v goes on with %v", p.head.Validator, h.Validator)
	case h.Offset > 0 && p.head.Total >= 0 && p.head.Total != h.Total:
		return broken("total %d goes on with %d", p.head.Total, h.Total)
	}
	if h.Offset == 0 {
		p.data = p.data[:0]
	}
	p.head, p.begun = h, true
	return nil
}

// Write appends.
func (p *MemPart) Write(b []byte) (int, error) {
	if err := p.hook(OpWrite); err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.journal = append(p.journal, Entry{Op: OpWrite, N: len(b)})
	switch {
	case !p.begun || p.ended:
		return 0, broken("write outside of begin and end")
	case p.head.Total >= 0 && p.head.Offset+int64(len(b)) > p.head.Total:
		return 0, broken("write beyond the total of %d", p.head.Total)
	}
	p.data = append(p.data, b...)
	p.head.Offset = int64(len(p.data))
	return len(b), nil
}

// End says that the file is whole.
func (p *MemPart) End() error {
	if err := p.hook(OpEnd); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.journal = append(p.journal, Entry{Op: OpEnd})
	if p.head.Total >= 0 && p.head.Offset != p.head.Total {
		return broken("end at %d of %d", p.head.Offset, p.head.Total)
	}
	if !p.begun && p.head.Offset == 0 {
		return broken("end before anything began")
	}
	p.ended = true
	return nil
}

// Cut drops what is beyond the first n bytes, as recovery after a crash does. The next Write needs a Begin.
func (p *MemPart) Cut(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun = false
	if n >= int64(len(p.data)) {
		return
	}
	p.data, p.head.Offset = p.data[:n], n
	if n == 0 {
		p.head = openbits.Head{Total: openbits.Unknown}
	}
}

// Bytes are what the part holds.
func (p *MemPart) Bytes() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]byte(nil), p.data...)
}

// Ended reports whether the file was said to be whole.
func (p *MemPart) Ended() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// Journal lists all calls but those that Hook answered.
func (p *MemPart) Journal() []Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Entry(nil), p.journal...)
}

// Begins lists the heads of all Begin calls.
func (p *MemPart) Begins() []openbits.Head {
	var list []openbits.Head
	for _, e := range p.Journal() {
		if e.Op == OpBegin {
			list = append(list, e.Head)
		}
	}
	return list
}

func (p *MemPart) hook(op Op) error {
	if p.Hook == nil {
		return nil
	}
	return p.Hook(op, p.Held().Offset)
}

func broken(format string, args ...any) error {
	return &openbits.Error{Kind: openbits.KindInternal, Text: "the mover broke the contract of its part: " + fmt.Sprintf(format, args...), File: -1}
}
