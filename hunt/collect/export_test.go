// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
)

// memorySource are bytes that stand for a file.
type memorySource []byte

func (m memorySource) head(_ context.Context, n int) ([]byte, error) { return m[:min(n, len(m))], nil }

func (m memorySource) open(context.Context) (*stream, error) {
	return &stream{
		ReaderAt: memory(m), size: int64(len(m)), again: func(context.Context) (string, error) { return "", nil }, release: func() error { return nil },
	}, nil
}

// WalkBytes looks at bytes as if they were a file that was named.
func WalkBytes(ctx context.Context, name string, b []byte, o Options) *Collection {
	o.Limits = o.Limits.orDefaults()
	w := &walker{ctx: ctx, o: o, cache: newCache(o.Limits)}
	w.file(candidate{path: name, where: "/cases/" + name, size: int64(len(b)), direct: true, source: memorySource(b)})
	return &Collection{Hosts: w.hosts(), cache: w.cache}
}

// ComputerName reads the name in a hive.
func ComputerName(b []byte) (string, error) { return computerName(memory(b), int64(len(b))) }
