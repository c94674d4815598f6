// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"hash/crc32"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// slowly is a body of which a byte comes now and then.
type slowly struct {
	left  int
	pause time.Duration
}

func (s *slowly) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(s.pause)
	s.left--
	p[0] = 'x'
	return 1, nil
}

// TestHonestSlowClient: a client that sends a byte a minute is never late, however long it takes: 10 hours here, in no time.
func TestHonestSlowClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 600
		r := httptest.NewRequest(Method, "/a", &slowly{n, time.Minute})
		r.ContentLength = n
		b := newBody(httptest.NewRecorder(), r, 2*time.Minute)
		var deadline time.Time
		b.deadline = func(d time.Time) error { deadline = d; return nil }
		began := time.Now()
		for {
			m, err := b.Read(make([]byte, 100))
			if !b.ended && time.Now().After(deadline) {
				t.Fatalf("late after %v", time.Since(began))
			}
			if err == io.EOF || m == 0 || b.ended {
				break
			}
		}
		if got := time.Since(began); got != n*time.Minute || !deadline.IsZero() {
			t.Errorf("it took %v, and the deadline afterwards is %v", got, deadline)
		}
	})
}

// TestReceive: whatever pieces a body comes in, and however fast, the file holds it.
func TestReceive(t *testing.T) {
	for _, size := range []int{1, smallBuffer - 1, smallBuffer, smallBuffer * (fullReads + 1), 3*writingStep + 17} {
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(i * 7)
		}
		f, err := os.Create(filepath.Join(t.TempDir(), "f"))
		if err != nil {
			t.Fatal(err)
		}
		pool := newBuffers()
		r, w := io.Pipe()
		go func() {
			_, _ = w.Write(content)
			_ = w.Close()
		}()
		req := httptest.NewRequest(Method, "/a", r)
		req.ContentLength = int64(size)
		b := newBody(httptest.NewRecorder(), req, time.Hour)
		sum, err := pool.receive(f, 0, b, int64(size))
		if err != nil || sum != crc32.Checksum(content, castagnoli) {
			t.Errorf("%d bytes have the sum %x, %v", size, sum, err)
		}
		got, err := os.ReadFile(f.Name())
		if err != nil || string(got) != string(content) {
			t.Errorf("of %d bytes %d were kept, %v", size, len(got), err)
		}
		if len(pool) != largeBuffers {
			t.Errorf("%d buffers were not given back", largeBuffers-len(pool))
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
