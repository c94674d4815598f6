// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package collect finds evidence of BITS in whatever was collected: folders, files and zip archives, of one host or of many, laid
// out by KAPE, Velociraptor, CyLR, UAC or by hand.
//
//	c, err := collect.Walk(ctx, []string{"/cases/7"}, collect.Options{})
//	…
//	defer c.Close()
//	for _, host := range c.Hosts {
//		for _, m := range host.Members {
//			content, err := m.Open(ctx, 0)
//			…
//
// What a file is, its content decides; names only hint. Walk reads the first bytes of each file; the rest is read
// when a Member is opened, which hashes it, and hashes it again when it is closed.
//
// It is made for evidence that may be hostile. Nothing is ever written beside it, devices, pipes and sockets are not opened, links are
// not followed out of a folder that was named, archives in archives are read two deep, and what unfolds beyond all measure is not unfolded.
// Whatever is not read has a Member that says why and what to do about it. The order of everything
// depends on the names alone.
package collect

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
)

// Options say how to look.
type Options struct {
	CarveAll       bool              // take every file of unknown kind as something to carve
	HashContainers bool              // hash archives whole
	Channel        func(string) bool // event logs of which channels are wanted; nil: all
	Progress       func(string, int) // may be nil: the path that is being looked at and how many members were found
	Limits         Limits            // the zero value has the usual ones
}

// Limits bound what hostile input can make of this program's memory and time.
type Limits struct {
	Memory  int64 // bytes of a member that are kept in memory; what is larger is read where it lies, or from a temporary file. 0: 32 MiB
	Unfold  int64 // bytes that an archive may unfold into, whatever its size. 0: 128 MiB
	Ratio   int64 // bytes that each byte of an archive may add to that. 0: 100
	Entries int   // members of one archive. 0: a million
	Listed  int   // skipped files of a host that are listed one by one; more are counted. 0: 50
}

func (l Limits) orDefaults() Limits {
	def := Limits{Memory: 32 << 20, Unfold: 128 << 20, Ratio: 100, Entries: 1_000_000, Listed: 50}
	if l.Memory > 0 {
		def.Memory = l.Memory
	}
	if l.Unfold > 0 {
		def.Unfold = l.Unfold
	}
	if l.Ratio > 0 {
		def.Ratio = l.Ratio
	}
	if l.Entries > 0 {
		def.Entries = l.Entries
	}
	if l.Listed > 0 {
		def.Listed = l.Listed
	}
	return def
}

// Collection is what was found.
type Collection struct {
	Hosts []*Host // in the order of their names; the first may be nameless: it has what belongs to no host
	Ended error   // why the walk ended early; nil: it did not

	cache *cache
}

// Host is what belongs to one computer.
type Host struct {
	Name    string
	Named   string   // by what: registry, events, folder
	Aliases []string // in their order
	Members []*Member
	Saved   []Saved // what saved reports have of it
}

// Member is a file or a member of an archive.
type Member struct {
	Path     string          // as it was named, then "/" and the way beneath it; members of archives follow on "!/"
	Kind     Kind            // what it is taken for
	Size     int64           // in bytes
	Status   evidence.Status // Skipped or Failed: there is nothing to open; else empty
	Notes    []string
	Direct   bool   // it was named itself
	Computer string // whose it says it is; empty: it does not
	Channel  string // of the first event of a log

	base   string // name of the file, decoded
	unit   unit   // where it belongs by its path
	newest int64  // time of the event that Computer is from, in Unix seconds
	source source
	own    bool // an archive that is listed, not read
}

// Walk looks for evidence. It never fails: what cannot be read is a Member that says so, and when ctx
// ends, Ended is set and what was found until then is there.
func Walk(ctx context.Context, paths []string, o Options) *Collection {
	o.Limits = o.Limits.orDefaults()
	w := &walker{ctx: ctx, o: o, cache: newCache(o.Limits)}
	for _, p := range paths {
		if w.ended() {
			w.add(&Member{Path: filepath.ToSlash(p), Status: evidence.Skipped, Notes: []string{notReached}, Direct: true}, p)
			continue
		}
		w.named(p)
	}
	return &Collection{Hosts: w.hosts(), Ended: context.Cause(ctx), cache: w.cache}
}

// Close closes the archives and removes what was unfolded to disk.
func (c *Collection) Close() error { return c.cache.close() }

// walker is a walk that is going on.
type walker struct {
	ctx     context.Context
	o       Options
	cache   *cache
	members []*Member
	saved   []*group        // hosts of saved reports
	seen    map[string]bool // paths that were named, absolute
	inNamed int             // how many names the folder has that is walked; 0 when it is a file
}

func (w *walker) ended() bool { return w.ctx.Err() != nil }

// add puts a member into the list; where is its absolute path, with "!" behind the name of each archive.
func (w *walker) add(m *Member, where string) {
	if m.base == "" {
		m.unit, m.base = placeOf(where, w.inNamed)
	}
	w.members = append(w.members, m)
	if w.o.Progress != nil {
		w.o.Progress(m.Path, len(w.members))
	}
}

// notReached is said of what was left when the hunt was ended.
const notReached = "it was not reached"

// unread says why a member cannot be read: it has a problem, or the hunt was ended.
func (w *walker) unread(m *Member, problem string) {
	m.Status, m.Notes = evidence.Failed, []string{problem}
	if w.ended() {
		m.Status, m.Notes = evidence.Skipped, []string{notReached}
	}
}

func (w *walker) fail(path, where string, direct bool, note string) {
	w.add(&Member{Path: path, Status: evidence.Failed, Notes: []string{note}, Direct: direct}, where)
}

// named looks at a path of the command line. A link that was named is followed: whoever named it means what it leads to.
func (w *walker) named(p string) {
	shown := filepath.ToSlash(filepath.Clean(p))
	abs, err := filepath.Abs(p)
	if err != nil {
		abs = p
	}
	if w.seen == nil {
		w.seen = map[string]bool{}
	}
	if w.seen[abs] {
		return // named twice
	}
	w.seen[abs] = true
	abs = filepath.ToSlash(abs)
	w.inNamed = 0
	info, err := os.Stat(p)
	switch {
	case err != nil:
		w.fail(shown, abs, true, "it cannot be read: "+reason(err))
	case info.IsDir():
		w.inNamed = len(partsOf(abs))
		w.folder(p, shown, abs)
	case !info.Mode().IsRegular():
		w.fail(shown, abs, true, "it is "+special(info.Mode())+", which is not read; make a file of it first")
	default:
		w.file(candidate{path: shown, where: abs, size: info.Size(), direct: true, source: fileSource{path: p}})
	}
}

// special names what is no file and no folder.
func special(m os.FileMode) string {
	switch {
	case m&os.ModeSymlink != 0:
		return "a link"
	case m&os.ModeNamedPipe != 0:
		return "a pipe"
	case m&os.ModeSocket != 0:
		return "a socket"
	case m&os.ModeDevice != 0:
		return "a device"
	}
	return "neither file nor folder"
}

// reason is the text of an error without the path that the report shows anyway.
func reason(err error) string {
	for {
		switch e := err.(type) {
		case *os.PathError:
			err = e.Err
			continue
		case *os.SyscallError:
			err = e.Err
			continue
		}
		return strings.TrimPrefix(err.Error(), "zip: ")
	}
}
