// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/openbits/openbits"
)

// The types of this file bind fields of the vocabulary to columns, both ways: the same list of
// bound fields writes a row and reads it.

// moment is a time as microseconds since 1970; the zero time is NULL.
type moment struct{ t *time.Time }

func (m moment) Value() (driver.Value, error) {
	if m.t.IsZero() {
		return nil, nil
	}
	return m.t.UnixMicro(), nil
}

func (m moment) Scan(src any) error {
	*m.t = time.Time{}
	if src == nil {
		return nil
	}
	micro, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time is %T", src)
	}
	*m.t = time.UnixMicro(micro).UTC()
	return nil
}

// failure is an error as JSON; nil is NULL. Its cause is kept as text.
type failure struct{ e **openbits.Error }

type failureDoc struct {
	Op      string           `json:"op,omitempty"`
	Object  string           `json:"object,omitempty"`
	Kind    openbits.Kind    `json:"kind"`
	Context openbits.Context `json:"context,omitempty"`
	Text    string           `json:"text,omitempty"`
	Hint    string           `json:"hint,omitempty"`
	File    int              `json:"file"`
	After   time.Duration    `json:"after_ns,omitempty"`
	Cause   string           `json:"cause,omitempty"`
}

func (f failure) Value() (driver.Value, error) {
	e := *f.e
	if e == nil {
		return nil, nil
	}
	doc := failureDoc{e.Op, e.Object, e.Kind, e.Context, e.Text, e.Hint, e.File, e.After, ""}
	if e.Err != nil {
		doc.Cause = e.Err.Error()
	}
	return marshal(doc)
}

func (f failure) Scan(src any) error {
	*f.e = nil
	var doc failureDoc
	if found, err := unmarshal(src, &doc); !found {
		return err
	}
	e := &openbits.Error{
		Op: doc.Op, Object: doc.Object, Kind: doc.Kind, Context: doc.Context,
		Text: doc.Text, Hint: doc.Hint, File: doc.File, After: doc.After,
	}
	if doc.Cause != "" {
		e.Err = errors.New(doc.Cause)
	}
	*f.e = e
	return nil
}

// reason is a reason as JSON; nil is NULL.
type reason struct{ r **openbits.Reason }

type reasonDoc struct {
	Code  openbits.ReasonCode `json:"code"`
	Text  string              `json:"text,omitempty"`
	Since *int64              `json:"since,omitempty"`
	Until *int64              `json:"until,omitempty"`
	Hint  string              `json:"hint,omitempty"`
}

func (r reason) Value() (driver.Value, error) {
	v := *r.r
	if v == nil {
		return nil, nil
	}
	return marshal(reasonDoc{v.Code, v.Text, micro(v.Since), micro(v.Until), v.Hint})
}

func (r reason) Scan(src any) error {
	*r.r = nil
	var doc reasonDoc
	if found, err := unmarshal(src, &doc); !found {
		return err
	}
	*r.r = &openbits.Reason{
		Code: doc.Code, Text: doc.Text, Since: fromMicro(doc.Since), Until: fromMicro(doc.Until), Hint: doc.Hint,
	}
	return nil
}

func micro(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	n := t.UnixMicro()
	return &n
}

func fromMicro(n *int64) time.Time {
	if n == nil {
		return time.Time{}
	}
	return time.UnixMicro(*n).UTC()
}

func marshal(doc any) (driver.Value, error) {
	text, err := json.Marshal(doc)
	return string(text), err
}

func unmarshal(src, doc any) (found bool, err error) {
	if src == nil {
		return false, nil
	}
	text, ok := src.(string)
	if !ok {
		return false, fmt.Errorf("a document is %T", src)
	}
	if err := json.Unmarshal([]byte(text), doc); err != nil {
		return false, err
	}
	return true, nil
}

// ranges are a checkpoint's segments as text; NULL when there is no checkpoint.
type ranges struct{ r *fileRow }

func (r ranges) Value() (driver.Value, error) {
	if r.r.Checkpoint == nil {
		return nil, nil
	}
	var text []byte
	for i, s := range r.r.Checkpoint.Segments {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, s.Start, 10)
		text = append(text, '-')
		text = strconv.AppendInt(text, s.End, 10)
	}
	return string(text), nil
}

func (r ranges) Scan(src any) error {
	r.r.Checkpoint = nil
	if src == nil {
		return nil
	}
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("segments are %T", src)
	}
	r.r.held.Segments = nil
	for text != "" {
		var one string
		one, text, _ = strings.Cut(text, ",")
		start, end, _ := strings.Cut(one, "-")
		from, err := strconv.ParseInt(start, 10, 64)
		to, err2 := strconv.ParseInt(end, 10, 64)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		r.r.held.Segments = append(r.r.held.Segments, openbits.Segment{Start: from, End: to})
	}
	r.r.Checkpoint = &r.r.held
	return nil
}
