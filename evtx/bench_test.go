// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/openbits/openbits/evtx"
)

// BenchmarkCorpus reads the largest log of the corpus: System alone, fields, XML, JSON, and a survey with all that can be recovered.
func BenchmarkCorpus(b *testing.B) {
	var data []byte
	for _, name := range corpus(b) {
		if info, err := os.Stat(name); err == nil && info.Size() > int64(len(data)) && filepath.Ext(name) == ".evtx" {
			data = readFile(b, name)
		}
	}
	var out []byte
	for _, bench := range []struct {
		name string
		each func(e *evtx.Event)
	}{
		{"System", func(*evtx.Event) {}},
		{"Fields", func(e *evtx.Event) { e.Fields() }},
		{"XML", func(e *evtx.Event) { out = e.AppendXML(out[:0]) }},
		{"JSON", func(e *evtx.Event) { out = e.AppendJSON(out[:0]) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				for e, err := range open(b, data).Events() {
					if err != nil {
						b.Fatal(err)
					}
					bench.each(e)
				}
			}
		})
	}
	b.Run("Survey", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			open(b, data).Survey()
		}
	})
}

// BenchmarkCarve searches 64 MiB in which there is nothing.
func BenchmarkCarve(b *testing.B) {
	data := bytes.Repeat([]byte("nothing of a log is in this text. "), 64<<20/34)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		for e := range evtx.Carve(bytes.NewReader(data), int64(len(data))).Recovered() {
			b.Fatal(e)
		}
	}
}

// BenchmarkHostile reads files of about 1 MiB that are made to take long, and renders every event of theirs as JSON.
func BenchmarkHostile(b *testing.B) {
	for name, data := range hostile() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			var out []byte
			for b.Loop() {
				log, err := evtx.Open(bytes.NewReader(data), int64(len(data)))
				if err != nil {
					log = evtx.Carve(bytes.NewReader(data), int64(len(data)))
				}
				for _, events := range []func(func(*evtx.Event, error) bool){log.Events(), log.Recovered()} {
					for e := range events {
						if e != nil {
							out = e.AppendJSON(out[:0])
						}
					}
				}
			}
		})
	}
}
