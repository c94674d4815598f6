// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"slices"
	"testing"

	"github.com/openbits/openbits/internal/qmgrtest"
	"github.com/openbits/openbits/qmgr"
)

// image is a large stream that is zero but for what lies at some places, and unreadable at others.
type image struct {
	size  int64
	parts map[int64][]byte
	bad   [][2]int64
}

func (m image) ReadAt(p []byte, off int64) (int, error) {
	n := int(min(int64(len(p)), m.size-off))
	clear(p[:n])
	for at, b := range m.parts {
		if from, to := max(at, off), min(at+int64(len(b)), off+int64(n)); from < to {
			copy(p[from-off:to-off], b[from-at:to-at])
		}
	}
	for _, r := range m.bad {
		if r[0] < off+int64(n) && off < r[1] {
			return int(max(r[0]-off, 0)), errors.New("bad sector")
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Records of every generation are found in a large image, over the borders of what is read at once, between what cannot be
// read, and with bounded memory.
func TestCarve(t *testing.T) {
	const mib = 1 << 20
	m := image{size: 1 << 30, parts: map[int64][]byte{}, bad: [][2]int64{{100 * mib, 100*mib + 4096}}}
	want := map[int64]string{}
	at := int64(4*mib - 700) // the first lies across the border of the first window
	for _, g := range qmgrtest.Generations {
		j := rich()
		b := j.Bytes(g)
		m.parts[at], want[at] = b, j.ID
		if g.Database {
			f := j.Files[0].Bytes(g)
			m.parts[at+int64(len(b))], want[at+int64(len(b))] = f, j.Files[0].Remote
		}
		at += 41*mib + 333
	}
	end := m.size - 500 // cut by the end of the image
	g := qmgrtest.GenerationOf("win10-22h2")
	m.parts[end] = rich().Bytes(g)[:500]
	want[end] = rich().ID
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, bad := map[int64]string{}, 0
	for f, err := range qmgr.Carve(m, m.size, qmgr.Options{}) {
		switch {
		case err != nil:
			bad++
		case f.Job != nil:
			got[f.Job.Place.Offset] = f.Job.ID.String()
			if (f.Job.Place.Offset == end) != (f.Job.Place.Cut != "") || f.Job.Place.Layer != qmgr.LayerCarved {
				t.Errorf("place %+v", f.Job.Place)
			}
			if f.Job.Form == qmgr.FormLegacy && (len(f.Job.Files) != 3 || f.Job.Files[0].File.Place.Offset <= f.Job.Place.Offset) {
				t.Errorf("files of the job at %d: %d", f.Job.Place.Offset, len(f.Job.Files))
			}
		default:
			got[f.File.Place.Offset] = f.File.URL
		}
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64*mib {
		t.Errorf("%d bytes were taken", used)
	}
	for at, id := range want {
		if got[at] != id {
			t.Errorf("at %d: %q, want %q", at, got[at], id)
		}
	}
	if len(got) != len(want) || bad != 1 {
		t.Errorf("%d of %d records, %d errors", len(got), len(want), bad)
	}
}

// A loop over Carve can end early.
func TestCarveStops(t *testing.T) {
	b := slices.Repeat(rich().Bytes(qmgrtest.GenerationOf("win7")), 3)
	for range qmgr.Carve(bytes.NewReader(b), int64(len(b)), qmgr.Options{}) {
		break
	}
}

// A job whose marker is not known is found by its transfer marker; of one without a beginning, the rest is.
func TestUnknownMarkers(t *testing.T) {
	for _, key := range []string{"win7", "win10-1511", "win11-24h2"} {
		g := qmgrtest.GenerationOf(key)
		b := rich().Bytes(g)
		marker := bytes.Clone(b[:16])
		b = bytes.ReplaceAll(b, marker, []byte("a later Windows!"))
		noise := bytes.Repeat([]byte{0x55, 3, 0, 0, 0, 2}, 100)
		q := read(t, slices.Concat(noise, b, noise))
		if len(q.Jobs) != 1 {
			t.Fatalf("%s: %d jobs", key, len(q.Jobs))
		}
		if j := q.Jobs[0]; j.ID != qmgrtest.GUID(rich().ID) || j.Place.Offset != int64(len(noise)) || !j.Whole() || j.MaxDownloadTime != 30 {
			t.Errorf("%s: %+v", key, j)
		}
		b = b[200:] // within the texts
		b = bytes.ReplaceAll(b, []byte("a later Windows!"), marker)
		q = read(t, slices.Concat(noise, b, noise))
		if len(q.Jobs) != 0 || len(q.Fragments) != 1 || !q.Fragments[0].HeadLost || q.Fragments[0].MaxDownloadTime != 30 || q.Fragments[0].Through != qmgr.SectionEnd {
			t.Errorf("%s: %d jobs, %d fragments: %+v", key, len(q.Jobs), len(q.Fragments), q.Fragments)
		}
	}
}

// Sealed blobs that are not the custom headers are told as credentials, and nothing is said of what is in them.
func TestCredentials(t *testing.T) {
	g := qmgrtest.GenerationOf("win10-22h2")
	j := rich()
	b := j.Bytes(g)
	blob := qmgrtest.Headers(20)
	blob.Description = "BITS credentials"
	with := j
	with.Headers = blob
	sealed := with.Bytes(g)
	start := bytes.Index(sealed, []byte{1, 0, 0, 0, 0xd0, 0x8c, 0x9d, 0xdf})
	// Put the blob between the service and the closing marker, where nothing is known to be.
	b = slices.Concat(b[:len(b)-16], sealed[start:start+300], b[len(b)-16:])
	q := read(t, b)
	if len(q.Jobs) != 1 || len(q.Jobs[0].Credentials) != 1 || q.Jobs[0].Credentials[0].Description != "BITS credentials" {
		t.Fatalf("%+v", q.Jobs)
	}
	if c := q.Jobs[0].Credentials[0]; c.MasterKey != qmgr.GUID(qmgrtest.GUID(blob.MasterKey)) || q.Jobs[0].Headers == nil {
		t.Errorf("%+v", c)
	}
}
