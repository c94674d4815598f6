// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

// check checks what must hold whenever the service is at rest.
func (w *storm) check() {
	w.t.Helper()
	names := make(map[string]openbits.File) // what may stand in the folder
	seen := make(map[string]bool)
	for _, j := range w.jobs() {
		if seen[j.ID] {
			w.t.Errorf("job %s is there twice", j.ID)
		}
		seen[j.ID] = true
		files := w.files(j.ID)
		w.checkSums(j, files)
		if !j.State.Active() && j.State != openbits.StateQueued && j.Reason == nil {
			w.t.Errorf("job %s is %s without a reason", j.ID, j.State)
		}
		if j.State.Final() && j.Sweep {
			w.t.Errorf("job %s is %s and not swept", j.ID, j.State)
		}
		for _, f := range files {
			if f.Upload != nil {
				w.checkSent(f)
			}
			switch {
			case j.State.Final() && f.State != openbits.FilePublished && f.State != openbits.FileDropped:
				w.t.Errorf("file %d of job %s is %s although the job is %s", f.Index, j.ID, f.State, j.State)
			case !f.Arrives():
			case f.State == openbits.FilePublished:
				names[f.Place.Name] = f
			case f.State == openbits.FileDropped:
			case f.State == openbits.FilePublishing: // a crash left open which of the two it is, and its job has not run since
				names[f.Place.Name], names[f.Place.Part] = f, f
			default:
				names[f.Place.Part] = f
			}
		}
	}
	w.checkFolder(names)
}

// checkFolder checks that the folder holds every published file, whole, and nothing but part files of live jobs besides.
func (w *storm) checkFolder(names map[string]openbits.File) {
	w.t.Helper()
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	there := make(map[string]bool)
	for _, e := range entries {
		there[e.Name()] = true
		f, known := names[e.Name()]
		switch {
		case !known && strings.HasPrefix(e.Name(), "foreign"):
		case !known:
			w.t.Errorf("%s is left in the folder", e.Name())
		case f.State == openbits.FilePublished:
			w.checkContent(f)
		}
	}
	for name, f := range names {
		if f.State == openbits.FilePublished && !there[name] {
			w.t.Errorf("%s of job %s is published and not there", name, f.JobID)
		}
	}
}

// checkContent checks that a published file is exactly one version of the origin's.
func (w *storm) checkContent(f openbits.File) {
	w.t.Helper()
	b, err := os.ReadFile(f.Place.Path())
	if err != nil {
		w.t.Errorf("%v", err)
		return
	}
	if f.Upload != nil {
		w.checkReply(f, b)
		return
	}
	if int64(len(b)) != f.BytesTotal || f.BytesDone != f.BytesTotal {
		w.t.Errorf("%s has %d bytes, its row says %d of %d", f.Place.Name, len(b), f.BytesDone, f.BytesTotal)
	}
	for _, v := range w.versions(f.URL) {
		if v.Is(b) {
			sum := ""
			switch f.Digest.Algorithm {
			case "sha256":
				sum = fmt.Sprintf("%x", sha256.Sum256(b))
			case "sha512":
				sum = fmt.Sprintf("%x", sha512.Sum512(b))
			}
			if f.Digest.Actual != sum || f.Digest.Expected != "" && f.Digest.Expected != sum {
				w.t.Errorf("%s of job %s is published with digest %+v, it is %s", f.Place.Name, f.JobID, f.Digest, sum)
			}
			return
		}
	}
	w.t.Errorf("%s of job %s has %d bytes that are no version of the origin's; row %+v", f.Place.Name, f.JobID, len(b), f)
}

// versions are those of the file behind a URL.
func (w *storm) versions(raw string) []testlab.Content {
	u, err := url.Parse(raw)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	return w.origin.Versions(u.Path)
}

// checkSums checks a job's sums against its files. Those of a final job stay as they were when it ended.
func (w *storm) checkSums(j openbits.Job, files []openbits.File) {
	w.t.Helper()
	var total, done, failed, unsized int
	var bytes, sized int64
	for _, f := range files {
		if f.State == openbits.FileDropped {
			continue
		}
		total++
		bytes += f.BytesDone
		if f.State.Done() {
			done++
		}
		if f.State.Failed() {
			failed++
		}
		if f.BytesTotal == openbits.Unknown {
			unsized++
		} else {
			sized += f.BytesTotal
		}
		if f.BytesTotal != openbits.Unknown && f.BytesDone > f.BytesTotal {
			w.t.Errorf("file %d of job %s has %d of %d bytes", f.Index, j.ID, f.BytesDone, f.BytesTotal)
		}
	}
	if j.State.Final() {
		if j.FilesTotal < total || j.FilesDone < done || j.BytesDone < bytes || j.FilesTotal < j.FilesDone+j.FilesFailed {
			w.t.Errorf("job %s ended with %d files, %d done, %d failed, %d bytes; its rows have %d, %d, %d and %d",
				j.ID, j.FilesTotal, j.FilesDone, j.FilesFailed, j.BytesDone, total, done, failed, bytes)
		}
		return
	}
	if j.FilesTotal != total || j.FilesDone != done || j.FilesFailed != failed || j.BytesDone != bytes || j.Unsized != unsized || j.BytesSized != sized {
		w.t.Errorf("job %s (%s) has %d files, %d done, %d failed, %d without a size, %d bytes of %d; its rows have %d, %d, %d, %d, %d and %d",
			j.ID, j.State, j.FilesTotal, j.FilesDone, j.FilesFailed, j.Unsized, j.BytesDone, j.BytesSized, total, done, failed, unsized, bytes, sized)
	}
	want := sized
	if unsized > 0 {
		want = openbits.Unknown
	}
	if j.BytesTotal != want {
		w.t.Errorf("job %s has %d bytes in total, want %d", j.ID, j.BytesTotal, want)
	}
}
