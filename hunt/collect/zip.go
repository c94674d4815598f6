// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"archive/zip"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
)

// maxArchives is how many archives deep members are read.
const maxArchives = 2

// archive looks into a zip archive and lists it.
func (w *walker) archive(m *Member, c candidate) {
	m.Kind, m.own = Archive, true
	if c.depth >= maxArchives {
		m.Status = evidence.Skipped
		m.Notes = []string{"it is an archive in an archive in an archive: unpack the outer ones and hunt through the folder"}
		w.add(m, c.where)
		return
	}
	a := &archive{source: c.source, limits: w.o.Limits, cache: w.cache}
	o, err := w.cache.acquire(w.ctx, a)
	if err != nil {
		w.unread(m, archiveProblem(err))
		w.add(m, c.where)
		return
	}
	defer w.cache.release(a)
	if document(o.zip) && !c.direct && path.Ext(strings.ToLower(m.base)) != ".zip" {
		m.Kind, m.Status, m.own = Other, evidence.Skipped, false
		w.add(m, c.where)
		return
	}
	v := &visit{w: w, a: a, m: m, c: c, seen: map[string]int{}}
	w.add(m, c.where) // before its members
	v.run(o)
}

func archiveProblem(err error) string {
	if errors.Is(err, zip.ErrFormat) {
		return "it is no whole zip archive: its directory, at its end, is missing; get it again, or repair a copy (zip -FF) and hunt through what comes out"
	}
	return "it cannot be read: " + reason(err)
}

// document reports whether an archive is a file of an office program or of Java, of which a disk has thousands. One that was named
// itself, or is named as a zip archive, is looked into all the same: such a member is easily put into it.
func document(z *zip.Reader) bool {
	for _, f := range z.File[:min(len(z.File), 8)] {
		switch {
		case f.Name == "[Content_Types].xml", strings.HasPrefix(f.Name, "META-INF/"), f.Name == "mimetype", f.Name == "AndroidManifest.xml":
			return true
		}
	}
	return false
}

// visit is the walk through one archive.
type visit struct {
	w      *walker
	a      *archive
	m      *Member
	c      candidate
	seen   map[string]int // how often a name came
	locked int            // members that a password protects
	odd    map[uint16]int // members by methods that are not known
}

// item is a member in the order of names.
type item struct {
	name  string
	index int
	file  *zip.File
}

func (v *visit) run(o *opened) {
	files := o.zip.File
	if limit := v.w.o.Limits.Entries; len(files) > limit {
		v.note(evidence.Partial, "it has %d members, of which the first %d were looked at: unpack it and hunt through the folder", len(files), limit)
		files = files[:limit]
	}
	list := make([]item, 0, len(files))
	for i, f := range files {
		list = append(list, item{memberName(f.Name), i, f})
	}
	slices.SortStableFunc(list, func(a, b item) int { return strings.Compare(a.name, b.name) })
	for _, it := range list {
		if v.w.ended() {
			v.note(evidence.Partial, "it was not looked through to its end")
			return
		}
		v.member(it)
	}
	v.finish()
}

// memberName makes a member's name one of slashes, without what would lead out of the archive.
func memberName(name string) string {
	if !strings.Contains(name, "/") {
		name = strings.ReplaceAll(name, `\`, "/") // archives made by old .NET programs
	}
	name = strings.ToValidUTF8(name, "\ufffd")
	parts := slices.DeleteFunc(strings.Split(name, "/"), func(p string) bool { return p == "" || p == "." })
	return strings.Join(parts, "/")
}

func (v *visit) member(it item) {
	f := it.file
	if strings.HasSuffix(f.Name, "/") || strings.HasSuffix(f.Name, `\`) || it.name == "" {
		return
	}
	name := it.name
	if v.seen[name]++; v.seen[name] > 1 {
		name = fmt.Sprintf("%s#%d", name, v.seen[name])
	}
	path, where := v.c.path+"!/"+name, v.c.where+"!/"+it.name
	mode := f.Mode()
	switch {
	case f.Flags&1 != 0:
		v.protected(path, where, f)
	case f.Method != zip.Store && f.Method != zip.Deflate:
		v.method(path, where, f)
	case !mode.IsRegular():
		v.w.special(path, where, mode)
	case f.UncompressedSize64 > 1<<62:
		v.w.fail(path, where, false, "the archive says that it has more bytes than there can be")
	default:
		v.w.file(candidate{
			path: path, where: where, size: int64(f.UncompressedSize64), depth: v.c.depth + 1,
			source: entry{archive: v.a, index: it.index, name: f.Name},
		})
	}
}

// protected is a member that a password protects; those that matter by their name are listed.
func (v *visit) protected(path, where string, f *zip.File) {
	v.locked++
	if v.matters(where) {
		v.w.add(&Member{
			Path: path, Kind: Other, Size: int64(min(f.UncompressedSize64, 1<<62)), Status: evidence.Failed,
			Notes: []string{"a password protects it: unpack the archive with it and hunt through the folder"},
		}, where)
	}
}

// methods are ways of packing that zip archives may use (PKWARE's APPNOTE.TXT 4.4.5).
var methods = map[uint16]string{9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 98: "PPMd", 99: "AES"}

func (v *visit) method(path, where string, f *zip.File) {
	if v.odd == nil {
		v.odd = map[uint16]int{}
	}
	v.odd[f.Method]++
	if v.matters(where) {
		v.w.fail(path, where, false, "it is packed by "+methodName(f.Method)+", which is not read: unpack the archive (7z x) and hunt through the folder")
	}
}

func methodName(m uint16) string {
	if n := methods[m]; n != "" {
		return n
	}
	return fmt.Sprintf("method %d", m)
}

func (v *visit) matters(where string) bool {
	u, base := placeOf(where, 0)
	switch hintOf(base, u.downloader) {
	case hintQueue, hintLog, hintEvents, hintArchive:
		return true
	}
	return false
}

// finish says what became of the archive.
func (v *visit) finish() {
	all := 0
	for _, n := range v.seen {
		all += n
	}
	if v.locked > 0 {
		status := evidence.Partial
		if v.locked == all {
			status = evidence.Failed
		}
		v.note(status, "a password protects %d of its %d members: unpack it with the password (7z x) and hunt through the folder", v.locked, all)
	}
	for _, m := range slices.Sorted(maps.Keys(v.odd)) {
		v.note(evidence.Partial, "%d of its %d members are packed by %s, which is not read: unpack it (7z x)", v.odd[m], all, methodName(m))
	}
	if all == 0 {
		v.m.Notes = append(v.m.Notes, "there is nothing in it")
	}
}

// note adds to what is said of the archive; its status is the worst of all.
func (v *visit) note(s evidence.Status, format string, args ...any) {
	if v.m.Status != evidence.Failed {
		v.m.Status = s
	}
	v.m.Notes = append(v.m.Notes, fmt.Sprintf(format, args...))
}
