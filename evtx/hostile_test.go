// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/openbits/openbits/evtx"
	tt "github.com/openbits/openbits/internal/evtxtest"
)

// hostile are files of about 1 MiB that cost a careless reader hours, or all the memory there is.
func hostile() map[string][]byte {
	file := func(fill func(c *tt.Chunk, id uint64)) []byte {
		log := new(tt.Log)
		for i := range uint64(16) {
			c := tt.NewChunk(1 + 1000*i)
			fill(c, 1+1000*i)
			log.Chunks = append(log.Chunks, c)
		}
		return log.Bytes()
	}
	sub := func(i int, typ byte) tt.Sub { return tt.Sub{Index: i, Type: typ} }
	repeat := func(n int, item any) []any { return slices.Repeat([]any{item}, n) }
	return map[string][]byte{
		"a thousand small records of a template of a thousand elements": file(func(c *tt.Chunk, _ uint64) {
			t := &tt.Template{GUID: [16]byte{1}, Root: tt.Element{Name: "a", Content: repeat(2000, tt.Element{Name: "b"})}}
			for c.Len() < 64000 {
				c.Record(tt.Start, t)
			}
		}),
		"values that unfold into themselves": file(func(c *tt.Chunk, _ uint64) {
			t := &tt.Template{GUID: [16]byte{1}, Root: tt.Element{Name: "a", Content: repeat(20, sub(0, 0x21))}}
			for c.Len() < 60000 {
				v := tt.String("end")
				for range 14 {
					v = tt.Nested(t, v)
				}
				c.Record(tt.Start, t, v)
			}
		}),
		"a long text in every attribute": file(func(c *tt.Chunk, _ uint64) {
			parts := repeat(3000, sub(0, 0x01))
			t := &tt.Template{GUID: [16]byte{1}, Root: tt.Element{Name: "Event", Content: []any{tt.Element{Name: "System", Content: []any{
				tt.Element{Name: "Provider", Attrs: []tt.Attr{{Name: "Name", Content: parts}}},
				tt.Element{Name: "Channel", Content: parts},
			}}}}}
			for c.Len() < 30000 {
				c.Record(tt.Start, t, tt.String("0123456789"))
			}
			c.Record(tt.Start, t, tt.Value{Type: 1, Data: bytes.Repeat([]byte{'x', 0}, 15000)})
		}),
		"ten thousand values without a template": file(func(c *tt.Chunk, _ uint64) {
			for c.Len() < 30000 {
				xml := binary.LittleEndian.AppendUint32([]byte{0x0c, 1, 1, 2, 3, 4, 0, 0, 0, 0}, 7000)
				c.RecordRaw(tt.Start, append(xml, make([]byte, 28000)...))
			}
		}),
		"definitions in one another": file(func(c *tt.Chunk, _ uint64) {
			body := bytes.Repeat([]byte{0x30, 0, 0, 0}, 10000) // each offset begins a definition of 48 bytes
			c.RecordRaw(tt.Start, body)
			for offset := uint32(600); c.Len() < 65000; offset += 4 {
				xml := binary.LittleEndian.AppendUint32([]byte{0x0c, 1, 0x30, 0, 0, 0}, offset)
				c.RecordRaw(tt.Start, append(xml, 0, 0, 0, 0))
			}
		}),
		"loose records that each name another chunk": bytes.Repeat(looseRecord(), 1<<20/len(looseRecord())),
		"signatures of records":                      bytes.Repeat([]byte{'*', '*', 0, 0}, 1<<18),
		"signatures of chunks":                       bytes.Repeat([]byte("ElfChnk\x00"), 1<<17),
	}
}

// looseRecord is a record that defines its template, so that its chunk would begin where the record is less its offset.
func looseRecord() []byte {
	c := tt.NewChunk(1)
	c.Record(tt.Start, &tt.Template{GUID: [16]byte{1}, Root: tt.Element{Name: "a"}})
	return bytes.Clone(c.Bytes()[512:c.Len()])
}

// TestHostile: such files are read to their end, and no record unfolds into more than it may. How long that takes is
// BenchmarkHostile's to say.
func TestHostile(t *testing.T) {
	for name, data := range hostile() {
		t.Run(name, func(t *testing.T) {
			logs := []*evtx.Log{evtx.Carve(bytes.NewReader(data), int64(len(data)))}
			if log, err := evtx.Open(bytes.NewReader(data), int64(len(data))); err == nil {
				logs = append(logs, log)
			}
			n, cut := 0, false
			for _, log := range logs {
				for _, events := range []func(func(*evtx.Event, error) bool){log.Events(), log.Recovered()} {
					for e, err := range events {
						if n++; err == nil && n%97 == 1 {
							render(t, e)
							cut = cut || e.Cut() != nil
						}
					}
				}
			}
			if want := strings.Contains(name, "unfold") || strings.Contains(name, "long text") || strings.Contains(name, "thousand elements"); cut != want {
				t.Errorf("events are cut: %v, want %v", cut, want)
			}
		})
	}
}
