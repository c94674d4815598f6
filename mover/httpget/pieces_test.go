// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/internal/web"
)

// trickle is a body that brings step bytes at a time, each after a pause, and then err.
type trickle struct {
	step  int
	left  int
	pause time.Duration
	err   error
}

func (b *trickle) Read(p []byte) (int, error) {
	time.Sleep(b.pause)
	if b.left == 0 {
		return 0, b.err
	}
	n := min(b.step, b.left, len(p))
	b.left -= n
	return n, nil
}

// pieces copies a body to a part and answers how much each write brought. At no time may more wait than a 128th of what was
// written, or longer than a second, one read more or less.
func pieces(t *testing.T, b trickle) (list []int, err error) {
	t.Helper()
	total := b.left
	synctest.Test(t, func(t *testing.T) {
		part := testlab.NewMemPart(nil, openbits.Head{})
		if err := part.Begin(openbits.Head{Total: int64(total)}); err != nil {
			t.Fatal(err)
		}
		last := time.Now()
		part.Hook = func(_ testlab.Op, held int64) error {
			if waited := time.Since(last); waited > maxWait+b.pause {
				t.Errorf("bytes behind %d waited for %v", held, waited)
			}
			last = time.Now()
			return nil
		}
		_, w := web.NewWatch(t.Context())
		defer w.Stop()
		f := &fetch{m: New(Options{})}
		var n int64
		n, err = f.copy(w, part, &b, int64(total))
		var held int64
		for _, e := range part.Journal()[1:] {
			list = append(list, e.N)
			if most := max(held/waitShare, int64(minWait/max(b.pause, 1)*time.Duration(b.step))) + int64(b.step); int64(e.N) > most && b.pause > 0 {
				t.Errorf("%d bytes waited when %d were written", e.N, held)
			}
			held += int64(e.N)
		}
		if n != held {
			t.Errorf("copy says %d, the part got %d", n, held)
		}
		if err == nil && held != int64(total) {
			t.Errorf("%d of %d bytes were written", held, total)
		}
	})
	return list, err
}

func mean(list []int) (sum int) {
	for _, n := range list {
		sum += n
	}
	return sum / max(len(list), 1)
}

// TestPieces: a slow connection brings small pieces, which are written as large ones.
func TestPieces(t *testing.T) {
	const size = 128 << 20
	for name, c := range map[string]struct {
		body   trickle
		settle int // what a write brings once it has gone on for a while
	}{
		"2 MB/s in pieces of 4 KiB":     {trickle{4 << 10, size, 2 * time.Millisecond, nil}, copyBuffer},
		"14 MB/s in pieces of 14 KiB":   {trickle{14 << 10, size, time.Millisecond, nil}, copyBuffer},
		"100 kB/s in pieces of 1.4 KiB": {trickle{1448, size / 4, 14 * time.Millisecond, nil}, 100_000},
		"all at once":                   {trickle{copyBuffer, size, 0, nil}, copyBuffer},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := pieces(t, c.body)
			if err != nil {
				t.Fatal(err)
			}
			late := mean(list[len(list)*3/4 : len(list)-1])
			t.Logf("%d writes, %d bytes each; %d in the last quarter of them", len(list), mean(list), late)
			if late < c.settle*9/10 {
				t.Errorf("a write brings %d bytes, want about %d", late, c.settle)
			}
		})
	}
}

// TestPiecesOfTheBroken: what a connection brought before it broke off is written, all of it.
func TestPiecesOfTheBroken(t *testing.T) {
	broken := errors.New("broken")
	const whole, came = 40 << 20, 20<<20 + 777
	synctest.Test(t, func(t *testing.T) {
		part := testlab.NewMemPart(nil, openbits.Head{})
		if err := part.Begin(openbits.Head{Total: whole}); err != nil {
			t.Fatal(err)
		}
		_, w := web.NewWatch(t.Context())
		defer w.Stop()
		n, err := (&fetch{m: New(Options{})}).copy(w, part, io.Reader(&trickle{8 << 10, came, time.Millisecond, broken}), whole)
		if n != came || part.Held().Offset != came || !errors.Is(err, broken) {
			t.Errorf("%d bytes, %d of them written, %v; want %d", n, part.Held().Offset, err, came)
		}
	})
}
