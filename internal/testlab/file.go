// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package testlab

import (
	"fmt"
	"time"
)

// Tag is the kind of entity tag that a file is served with.
type Tag string

const (
	// TagStrong: a strong ETag.
	TagStrong Tag = "strong"
	// TagWeak: a weak ETag.
	TagWeak Tag = "weak"
	// TagNone: no ETag.
	TagNone Tag = "none"
)

// File describes a file of an origin as it is first.
type File struct {
	Content    Content
	Tag        Tag       // empty: TagStrong
	NoModified bool      // no Last-Modified
	Modified   time.Time // of the first version; zero: 1 May 2024. Each later version is an hour younger.
	NoRanges   bool
	Type       string // empty: application/octet-stream
	Plan       Plan   // nil: no faults
}

// file is a file with its versions.
type file struct {
	File
	versions []Content
	asked    int
}

// version is what a file is at one time.
type version struct {
	Content
	etag     string
	modified time.Time
}

// Put serves a file under path, which begins with a slash.
func (o *Origin) Put(path string, f File) {
	if f.Tag == "" {
		f.Tag = TagStrong
	}
	if f.Type == "" {
		f.Type = "application/octet-stream"
	}
	if f.Modified.IsZero() {
		f.Modified = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	}
	if f.Plan == nil {
		f.Plan = Steps()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.files[path] = &file{File: f, versions: []Content{f.Content}}
}

// Remove ends the serving of path.
func (o *Origin) Remove(path string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.files, path)
}

// Change gives the file under path another version, larger by grow bytes.
func (o *Origin) Change(path string, grow int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.files[path].change(grow)
}

// Versions are all versions of the file under path so far, the oldest first.
func (o *Origin) Versions(path string) []Content {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Content(nil), o.files[path].versions...)
}

// versionSeeds keeps the seeds of a file's versions away from those of its neighbours.
const versionSeeds = 1 << 32

func (f *file) change(grow int64) {
	last := f.versions[len(f.versions)-1]
	f.versions = append(f.versions, Content{Seed: last.Seed + versionSeeds, Size: max(0, last.Size+grow)})
}

func (f *file) current() version {
	n := len(f.versions) - 1
	v := version{Content: f.versions[n]}
	switch f.Tag {
	case TagStrong:
		v.etag = fmt.Sprintf(`"%x-%x"`, v.Seed, v.Size)
	case TagWeak:
		v.etag = fmt.Sprintf(`W/"%x-%x"`, v.Seed, v.Size)
	}
	if !f.NoModified {
		v.modified = f.Modified.Add(time.Duration(n) * time.Hour)
	}
	return v
}

// next answers what the file is now and what happens to this request; a change in the step
// is carried out at once, so that the answer is already of the past.
func (o *Origin) next(f *file) (version, Step) {
	o.mu.Lock()
	defer o.mu.Unlock()
	v := f.current()
	s := f.Plan(f.asked)
	f.asked++
	if s.Change {
		f.change(s.Grow)
	}
	return v, s
}
