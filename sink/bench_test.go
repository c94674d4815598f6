// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/sink"
)

const benchFiles, benchSize = 256, 4096

// BenchmarkPublish256 is one batch of 256 files of 4 KiB: made and written before the clock runs, then published.
func BenchmarkPublish256(b *testing.B) {
	b.Run("batch", func(b *testing.B) {
		benchPublish(b, func(s *sink.Sink, list []openbits.Publication) error {
			for _, err := range s.Publish(b.Context(), list) {
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	// naive is what a program does that publishes one file after the other and keeps the same promise.
	b.Run("naive", func(b *testing.B) {
		benchPublish(b, func(_ *sink.Sink, list []openbits.Publication) error {
			for _, p := range list {
				if err := publishNaively(p); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func benchPublish(b *testing.B, publish func(*sink.Sink, []openbits.Publication) error) {
	s := sink.New(sink.Options{})
	b.Cleanup(func() { _ = s.Close() })
	f, err := s.Folder(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; n < b.N; n++ {
		b.StopTimer()
		list := benchParts(b, s, f, n)
		b.StartTimer()
		if err := publish(s, list); err != nil {
			b.Fatal(err)
		}
	}
}

func benchParts(b *testing.B, s *sink.Sink, f openbits.Folder, round int) []openbits.Publication {
	content := make([]byte, benchSize)
	var list []openbits.Publication
	for n := range benchFiles {
		name := fmt.Sprintf("%d-%d", round, n)
		p := openbits.Place{Folder: f, Name: name, Part: "." + name + ".part"}
		part, err := s.Open(b.Context(), p)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := part.WriteAt(content, 0); err != nil {
			b.Fatal(err)
		}
		list = append(list, openbits.Publication{
			Place: p, Inode: part.Identity(), Size: benchSize, Mode: 0o644, Modified: time.Unix(1e9, 0),
		})
		if err := part.Close(); err != nil {
			b.Fatal(err)
		}
	}
	return list
}

func publishNaively(p openbits.Publication) error {
	from := filepath.Join(p.Place.Folder.Path, p.Place.Part)
	file, err := os.OpenFile(from, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(from, p.Place.Path()); err != nil {
		return err
	}
	folder, err := os.Open(p.Place.Folder.Path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// BenchmarkWrite writes a file of 256 MiB as a fast server sends it and makes it durable, with the manners of either side.
func BenchmarkWrite(b *testing.B) {
	for _, background := range []bool{false, true} {
		b.Run(map[bool]string{false: "foreground", true: "background"}[background], func(b *testing.B) { benchWrite(b, background) })
	}
}

func benchWrite(b *testing.B, background bool) {
	const size, checkpoint = 256 << 20, 16 << 20
	s := sink.New(sink.Options{})
	b.Cleanup(func() { _ = s.Close() })
	f, err := s.Folder(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	piece := make([]byte, 256<<10)
	b.SetBytes(size)
	for n := 0; n < b.N; n++ {
		p := openbits.Place{Folder: f, Name: "f", Part: ".part"}
		part, err := s.Open(b.Context(), p)
		if err != nil {
			b.Fatal(err)
		}
		part.SetBackground(background)
		if err := part.Reserve(size); err != nil {
			b.Fatal(err)
		}
		for at := 0; at < size && err == nil; at += len(piece) {
			if _, err = part.WriteAt(piece, int64(at)); err == nil && at%checkpoint == 0 {
				err = part.Flush()
			}
		}
		if err != nil {
			b.Fatal(err)
		}
		if err := part.Sync(); err != nil {
			b.Fatal(err)
		}
		if err := part.Close(); err != nil {
			b.Fatal(err)
		}
		if err := s.Discard(b.Context(), []openbits.Place{p}); err != nil {
			b.Fatal(err)
		}
	}
}
