// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/openbits/openbits/evtx"
	"github.com/openbits/openbits/internal/evtxtest"
)

// render does all that can be done with an event, and checks what must hold of any.
func render(t *testing.T, e *evtx.Event) {
	t.Helper()
	if x := e.XML(); (e.Cut() != nil) != strings.HasSuffix(x, "<!-- cut -->") {
		t.Errorf("Cut says %v of %q", e.Cut(), x)
	}
	if (e.State == evtx.Whole) != (e.Problem == nil) {
		t.Errorf("state %s with problem %v", e.State, e.Problem)
	}
	j, err := e.MarshalJSON()
	if err != nil || !json.Valid(j) {
		t.Errorf("no JSON: %v, %q", err, j)
	}
	x := e.XML()
	d := xml.NewDecoder(bytes.NewReader([]byte(x)))
	for {
		if _, err := d.RawToken(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Errorf("no XML: %v, %q", err, x)
			break
		}
	}
	if limit := 8 * (8<<10 + 32*e.Place.Size); len(x) > limit || len(j) > limit {
		t.Errorf("a record of %d bytes unfolds into %d of XML and %d of JSON", e.Place.Size, len(x), len(j))
	}
	for _, f := range e.Fields() {
		f.Value.Items()
		f.Value.Int()
		f.Value.Uint()
		f.Value.Float()
		f.Value.Time()
	}
}

func check(t *testing.T, log *evtx.Log) {
	t.Helper()
	for _, events := range []func(func(*evtx.Event, error) bool){log.Events(), log.Recovered()} {
		for e, err := range events {
			var where *evtx.Error
			switch {
			case err != nil && !errors.As(err, &where):
				t.Errorf("an error without a place: %v", err)
			case err == nil:
				render(t, e)
			}
		}
	}
}

// FuzzLog: a log file of any bytes.
func FuzzLog(f *testing.F) {
	f.Add(small(evtxtest.Sample(1, 1).Bytes()))
	f.Add(small(evtxtest.Sample(1, 3).Bytes())[4096:])
	f.Fuzz(func(t *testing.T, data []byte) {
		if log, err := evtx.Open(bytes.NewReader(data), int64(len(data))); err == nil {
			check(t, log)
		}
		check(t, evtx.Carve(bytes.NewReader(data), int64(len(data))))
	})
}

// small cuts the zeros off a file.
func small(data []byte) []byte { return bytes.TrimRight(data, "\x00") }

// FuzzRecord: the binary XML of a record in a sound chunk, behind one that defines templates.
func FuzzRecord(f *testing.F) {
	chunk := everything().Chunks[0]
	f.Add(chunk.Bytes()[512+24 : 1500])
	f.Add([]byte{0x0c, 1, 0xa1, 0x5e, 0, 0, 0x26, 2, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 30000 {
			return
		}
		log := evtxtest.Sample(1, 1)
		log.Chunks[0].RecordRaw(evtxtest.Start, data)
		check(t, open(t, log.Bytes()))
	})
}

// FuzzValue: a value of any type and size.
func FuzzValue(f *testing.F) {
	for typ := range 0x24 {
		f.Add(byte(typ), []byte{1, 2, 3, 4, 5, 6, 7, 8})
		f.Add(byte(typ)|0x80, []byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, 9, 0, 0, 0})
	}
	f.Fuzz(func(t *testing.T, typ byte, data []byte) {
		if len(data) > 30000 {
			return
		}
		c := evtxtest.NewChunk(1)
		c.Record(evtxtest.Start, evtxtest.EventTemplate(), evtxtest.Values(evtxtest.Start, 1, 1,
			evtxtest.Nested(evtxtest.DataTemplate(1, typ, "v"), evtxtest.Value{Type: typ, Data: data}))...)
		check(t, open(t, (&evtxtest.Log{Chunks: []*evtxtest.Chunk{c}}).Bytes()))
	})
}
