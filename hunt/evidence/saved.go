// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// IsReport tells by the first bytes of a file whether it may be a saved report: a few hundred are enough.
func IsReport(head []byte) bool {
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	rest, ok := bytes.CutPrefix(head, []byte("{"))
	return ok && bytes.HasPrefix(bytes.TrimSpace(rest), []byte(`"tool"`)) && bytes.Contains(rest, []byte(`"schema"`))
}

// saved is a report in a file. Only its findings and the lines of its hosts are in memory.
type saved struct {
	r        io.ReaderAt
	size     int64
	hosts    []line
	named    map[string]bool  // names of hosts
	starts   map[string]int64 // offset of the first bracket of each list
	cut      bool
	findings map[string][]Finding
}

// ReadReport reads a report that WriteJSON wrote, at any size: lists are read from r as the hosts are asked for, so r stays in
// use as long as the report. A file that ends too early gives a report with Partial set and what there is; anything
// else that is wrong is an error that names the offset, here or from Hosts. Unknown fields are passed over.
func ReadReport(r io.ReaderAt, size int64) (*Report, error) {
	in := &saved{r: r, size: size, starts: map[string]int64{}, named: map[string]bool{}, findings: map[string][]Finding{}}
	rep := &Report{Hosts: in.read}
	s := newScanner(r, 0, size)
	if mark := make([]byte, 3); size >= 3 {
		if _, err := r.ReadAt(mark, 0); err == nil && string(mark) == "\xef\xbb\xbf" {
			s = newScanner(r, 3, size)
		}
	}
	schema := ""
	err := s.object(func(key string) error {
		if err := in.field(s, rep, &schema, key); err != nil {
			return err
		}
		if schema != "" && schema != Schema {
			return s.fault("the report has the form %q, and only %q is known here: another version of bits wrote it", schema, Schema)
		}
		return nil
	})
	switch {
	case errors.Is(err, errCut) && schema != "":
		in.cut = true
		rep.Partial = joined(rep.Partial, fmt.Sprintf("the saved report ends too early, at byte %d", size))
	case errors.Is(err, errCut):
		return nil, s.fault("%s", errCut)
	case err != nil:
		return nil, err
	case schema == "":
		return nil, s.fault(`it has no "schema"`)
	}
	in.attribute(rep)
	return rep, nil
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// field reads one field of the report's object.
func (in *saved) field(s *scanner, rep *Report, schema *string, key string) error {
	switch key {
	case "tool":
		return s.decode(&rep.Tool)
	case "schema":
		return s.decode(schema)
	case "partial":
		return s.decode(&rep.Partial)
	case "filters":
		return s.decode(&rep.Filters)
	case "totals":
		return s.decode(&rep.Totals)
	case "suppressed":
		return s.decode(&rep.Suppressed)
	case "hosts":
		return s.array(func() error {
			var l line
			if err := s.decode(&l); err != nil {
				return err
			}
			if min(l.Inputs, l.Jobs, l.Files, l.Events) < 0 || l.Inputs > 1<<40 || l.Events > 1<<40 || l.Name == "" {
				return s.fault("the host %q has no name, or counts that cannot be", l.Name)
			}
			if in.named[l.Name] {
				return s.fault("the host %q comes twice", l.Name)
			}
			in.named[l.Name] = true
			in.hosts = append(in.hosts, l)
			return nil
		})
	case "findings":
		return s.array(func() error {
			var f Finding
			if err := s.decode(&f); err != nil {
				return err
			}
			if f.Rule == "" {
				return s.fault("a finding names no rule")
			}
			rep.Findings = append(rep.Findings, f)
			return nil
		})
	case "inputs", "jobs", "files", "events":
		if _, err := s.next(); err != nil {
			return err
		}
		in.starts[key] = s.at
		return s.array(func() error {
			_, err := s.value(false)
			return err
		})
	default:
		_, err := s.value(false)
		return err
	}
}

// attribute gives findings to their hosts, and counts their places within them.
func (in *saved) attribute(rep *Report) {
	first := numbers{}
	var next number
	for _, l := range in.hosts {
		first[l.Name] = next
		next.input += l.Inputs
		next.event += l.Events
	}
	for i := range rep.Findings {
		f := rep.Findings[i].numbered(first[rep.Findings[i].Host].back())
		rep.Findings[i] = f
		in.findings[f.Host] = append(in.findings[f.Host], f)
	}
}

// list reads a list on from where it stands.
type list struct {
	s     *scanner
	begun bool
}

// take reads n elements at most into the slice that add appends to.
func take[T any](l *list, n int, cut bool, what, host string) ([]T, error) {
	all := []T{}
	for range n {
		more := false
		var err error
		if l.s != nil {
			more, err = l.s.member(!l.begun)
			l.begun = true
		}
		var v T
		if more && err == nil {
			err = l.s.decode(&v)
		}
		switch {
		case cut && (!more || errors.Is(err, errCut)):
			l.s = nil // all that there is
			return all, nil
		case err != nil:
			return nil, err
		case !more:
			return nil, fmt.Errorf("cannot read the saved report: %s has %d of the %d %s that it says it has", host, len(all), n, what)
		}
		all = append(all, v)
	}
	return all, nil
}

// read gives the hosts, one after another.
func (in *saved) read() iter.Seq2[*Host, error] {
	return func(yield func(*Host, error) bool) {
		lists := map[string]*list{}
		for _, name := range []string{"inputs", "jobs", "files", "events"} {
			l := &list{}
			if at, ok := in.starts[name]; ok {
				l.s = newScanner(in.r, at, in.size)
				if _, err := l.s.expect("["); err != nil {
					yield(nil, err)
					return
				}
			}
			lists[name] = l
		}
		var before number
		for _, l := range in.hosts {
			h, err := in.host(l, lists, before.back())
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(h, nil) {
				return
			}
			before.input += l.Inputs
			before.event += l.Events
		}
	}
}

func (in *saved) host(l line, lists map[string]*list, n number) (*Host, error) {
	h := &Host{Name: l.Name, Named: l.Named, Aliases: l.Aliases, Windows: l.Windows, Findings: in.findings[l.Name]}
	var err error
	if h.Inputs, err = take[Input](lists["inputs"], l.Inputs, in.cut, "inputs", l.Name); err != nil {
		return nil, err
	}
	if h.Jobs, err = take[Job](lists["jobs"], l.Jobs, in.cut, "jobs", l.Name); err != nil {
		return nil, err
	}
	if h.Files, err = take[File](lists["files"], l.Files, in.cut, "files", l.Name); err != nil {
		return nil, err
	}
	if h.Events, err = take[Event](lists["events"], l.Events, in.cut, "events", l.Name); err != nil {
		return nil, err
	}
	for i := range h.Jobs {
		h.Jobs[i] = h.Jobs[i].numbered(n)
	}
	for i := range h.Files {
		h.Files[i] = h.Files[i].numbered(n)
	}
	for i := range h.Events {
		h.Events[i] = h.Events[i].numbered(n)
	}
	return h, nil
}
