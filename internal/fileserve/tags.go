// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package fileserve

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"
)

const (
	// maxTags bounds the memory for hashes to some 30 MiB, and their file likewise.
	maxTags = 100_000
	// maxWaiting is how many files may wait to be hashed. Those beyond are hashed when they are asked for again.
	maxWaiting = 1_000
	// settled is how long a file must have been left alone before it is hashed: longer than the coarsest clock of
	// a file system (2 s on FAT), so that a change during or after hashing shows in its times.
	settled = 3 * time.Second
)

// identity is what a hash is bound to. Times are in nanoseconds since 1970.
type identity struct {
	Device, Inode      uint64
	Size, MTime, CTime int64
}

// tags knows the hashes of files and finds out those that are wanted.
type tags struct {
	root *os.Root
	keep *ledger
	log  *slog.Logger
	now  func() time.Time

	mu      sync.Mutex
	known   map[identity]string
	waiting map[identity]bool
	queue   chan waiting
	done    chan struct{}
	worker  sync.WaitGroup
	hashed  func() // for tests: a file of the queue was dealt with
}

type waiting struct {
	identity
	name string
}

func newTags(root *os.Root, cache string, log *slog.Logger, now func() time.Time) *tags {
	t := &tags{
		root: root, log: log, now: now, known: map[identity]string{}, waiting: map[identity]bool{},
		queue: make(chan waiting, maxWaiting), done: make(chan struct{}), hashed: func() {},
	}
	if cache != "" {
		t.keep = openLedger(root, cache, t.known, log)
	}
	t.worker.Go(t.work)
	return t
}

func (t *tags) close() {
	close(t.done)
	t.worker.Wait()
	t.keep.close()
}

// of is the ETag of an open file, "" while it is not known. Then the file is put in the queue for hashing.
func (t *tags) of(f *os.File, name string) string {
	id, ok := identify(f)
	if !ok {
		return ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if sum := t.known[id]; sum != "" {
		return `"sha256-` + sum + `"`
	}
	if t.waiting[id] || !id.settledBy(t.now()) {
		return ""
	}
	select {
	case t.queue <- waiting{id, name}:
		t.waiting[id] = true
	default:
	}
	return ""
}

func (id identity) settledBy(now time.Time) bool {
	return now.UnixNano()-max(id.MTime, id.CTime) > int64(settled)
}

func (t *tags) work() {
	buffer := make([]byte, 256<<10)
	for {
		select {
		case <-t.done:
			return
		case w := <-t.queue:
			sum, err := t.hash(w, buffer)
			if err != nil {
				t.log.Debug("a file was not hashed", "path", w.name, "error", err)
			}
			t.mu.Lock()
			delete(t.waiting, w.identity)
			if sum != "" {
				if len(t.known) >= maxTags {
					clear(t.known)
				}
				t.known[w.identity] = sum
				t.keep.note(w.identity, sum)
			}
			t.mu.Unlock()
			t.hashed()
		}
	}
}

// hash reads a file. The hash of one that is another by then, or changes meanwhile, is "".
func (t *tags) hash(w waiting, buffer []byte) (string, error) {
	f, err := t.root.OpenFile(w.name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	if id, ok := identify(f); !ok || id != w.identity {
		return "", nil
	}
	h := sha256.New()
	for {
		n, err := f.Read(buffer)
		_, _ = h.Write(buffer[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", err
		}
		select {
		case <-t.done:
			return "", nil
		default:
		}
	}
	if id, ok := identify(f); !ok || id != w.identity {
		return "", nil
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
