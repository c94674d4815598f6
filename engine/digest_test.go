// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

func sha2(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func sha5(b []byte) string {
	sum := sha512.Sum512(b)
	return hex.EncodeToString(sum[:])
}

func digest(algorithm, expected string) option {
	return func(n *openbits.NewJob) {
		for i := range n.Files {
			n.Files[i].Digest = openbits.Digest{Algorithm: algorithm, Expected: expected}
		}
	}
}

func TestDigests(t *testing.T) {
	b := body(100_000)
	tests := map[string]struct{ algorithm, expected, actual string }{
		"sha256":            {"sha256", sha2(b), sha2(b)},
		"sha512":            {"sha512", sha5(b), sha5(b)},
		"hash only, sha256": {"sha256", "", sha2(b)},
		"hash only, sha512": {"sha512", "", sha5(b)},
		"none":              {"", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.put("f0", enginetest.Page{Body: b})
				id := w.create(files(1), digest(tt.algorithm, tt.expected))
				w.is(id, openbits.StateAcknowledged)
				if f := w.fileOf(id, 0); f.Digest.Actual != tt.actual {
					t.Errorf("its digest is %+v", f.Digest)
				}
			})
		})
	}
}

// TestDigestMismatch: content that is not what was expected is kept aside, reported and never published.
func TestDigestMismatch(t *testing.T) {
	for _, auto := range []bool{true, false} {
		inWorld(t, nil, func(w *world) {
			right, wrong := body(200_000), body(200_001)
			w.put("f0", enginetest.Page{Body: wrong, ETag: `"v1"`})
			w.put("f1", enginetest.Page{Body: right, ETag: `"v1"`})
			id := w.create(files(2), digest("sha256", sha2(right)), settings(func(s *openbits.Settings) { s.AutoComplete = auto }))
			j := w.is(id, openbits.StateError, openbits.ReasonFailed)
			if j.Error == nil || j.Error.Kind != openbits.KindDigestMismatch || j.Error.Hint == "" || j.FilesDone != 1 {
				t.Errorf("its error is %v, %d files are done", j.Error, j.FilesDone)
			}
			f := w.fileOf(id, 0)
			if f.State != openbits.FileQuarantined || f.Digest.Actual != sha2(wrong) || f.Error == nil || f.BytesDone != 0 {
				t.Errorf("the file is %s with digest %s and %d bytes, error %v", f.State, f.Digest.Actual, f.BytesDone, f.Error)
			}
			if len(w.disk.Files(folder)["f0"]) != 0 {
				t.Error("the wrong content was published")
			}
			if n := len(w.servers.Calls(site + "f0")); n != 1 {
				t.Errorf("wrong content that came in one piece was fetched %d times", n)
			}
			w.put("f0", enginetest.Page{Body: right, ETag: `"v1"`})
			w.act(id, openbits.ActionResume)
			calls := w.servers.Calls(site + "f0")
			if last := calls[len(calls)-1]; last.From != 0 {
				t.Errorf("it was fetched from %d after the content was wrong", last.From)
			}
			if !auto {
				w.act(id, openbits.ActionComplete)
			}
			w.is(id, openbits.StateAcknowledged)
			w.holds("f0", right)
			w.published("f0", "f1")
		})
	}
}

// TestQuarantineIsNeverPublished: completing the job leaves it out.
func TestQuarantineIsNeverPublished(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(10)})
		id := w.create(files(1), keep, digest("sha256", sha2(body(11))))
		w.is(id, openbits.StateError)
		w.act(id, openbits.ActionComplete)
		w.published()
	})
}

// TestPiecesThatDoNotFit: when pieces of several attempts make no right whole, one fresh fetch decides.
func TestPiecesThatDoNotFit(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		right, wrong := body(200_000), body(200_000)
		wrong[5] ^= 1
		w.put("f0", enginetest.Page{Body: wrong, ETag: `"v1"`})
		w.script("f0", enginetest.Attempt{Stop: 100_000, Break: enginetest.Fail(openbits.KindConnectionClosed, site)})
		id := w.create(files(1), digest("sha256", sha2(right)))
		w.put("f0", enginetest.Page{Body: right, ETag: `"v1"`})
		w.after(2 * time.Second)
		w.is(id, openbits.StateAcknowledged)
		w.holds("f0", right)
		calls := w.servers.Calls(site + "f0")
		if len(calls) != 3 || calls[1].From != 100_000 || !calls[2].Fresh || calls[2].From != 0 {
			t.Errorf("the attempts were %+v", calls)
		}
	})
}

// TestDigestOverRestarts: the hash goes on where it was: with the tail that this boot still has, without it in another.
func TestDigestOverRestarts(t *testing.T) {
	tests := map[string]struct {
		boot string
		kill bool
	}{
		"in order":              {"", false},
		"kill -9":               {"", true},
		"in order, then a boot": {"boot-2", false},
		"power cut":             {"boot-2", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				page := slow(4<<20, 100*time.Second)
				w.put("f0", page)
				id := w.create(files(1), digest("sha512", sha5(page.Body)))
				w.after(53*time.Second + time.Second/2) // the last checkpoint was at 50 s
				held := w.job(id).BytesDone
				if tt.kill {
					w.kill()
				} else {
					w.Close()
				}
				w.reopen(tt.boot)
				w.after(0)
				calls := w.servers.Calls(site + "f0")
				from := calls[len(calls)-1].From
				switch tail := held - from; {
				case tt.kill && tt.boot != "":
					if tail <= 0 || tail > 4*int64(page.Chunk) {
						t.Errorf("it had %d bytes and went on at %d, want the checkpoint", held, from)
					}
				case tail != 0:
					t.Errorf("it had %d bytes and went on at %d", held, from)
				}
				w.after(time.Minute)
				w.is(id, openbits.StateAcknowledged)
				if f := w.fileOf(id, 0); f.Digest.Actual != sha5(page.Body) || len(w.servers.Calls("")) != 2 {
					t.Errorf("its digest is %+v after %d attempts", f.Digest, len(w.servers.Calls("")))
				}
			})
		})
	}
}

// TestBadDigests are refused before anything is written.
func TestBadDigests(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for _, d := range [][2]string{{"md5", ""}, {"", sha2(nil)}, {"sha256", "abc"}, {"sha256", sha5(nil)}, {"sha512", sha2(nil)}} {
			_, _, err := w.Create(w.ctx, request(files(1), digest(d[0], d[1])))
			w.fails(err, openbits.KindInvalidArgument)
		}
	})
}
