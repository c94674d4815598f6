// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// maxDepth is how many folders deep a folder is walked.
const maxDepth = 200

// folder walks a folder that was named.
func (w *walker) folder(p, shown, abs string) {
	root, err := os.OpenRoot(p)
	if err != nil {
		w.fail(shown, abs, true, "it cannot be read: "+reason(err))
		return
	}
	defer root.Close()
	f := folder{w: w, root: root, path: p, shown: strings.TrimSuffix(shown, "/"), abs: strings.TrimSuffix(abs, "/")}
	f.walk(".", 0)
}

// folder is a folder that was named, while it is walked. Everything in it is opened beneath its handle, so
// that no link leads out of it.
type folder struct {
	w          *walker
	root       *os.Root
	path       string
	shown, abs string
}

func (f *folder) walk(dir string, depth int) {
	list, err := f.list(dir)
	if err != nil {
		f.fail(dir, "the folder cannot be listed: "+reason(err))
	}
	for _, e := range list {
		if f.w.ended() {
			return
		}
		rel := path.Join(dir, e.Name())
		switch {
		case e.IsDir() && depth >= maxDepth:
			f.fail(rel, "it lies too deep, in more than 200 folders; name it itself")
		case e.IsDir():
			f.walk(rel, depth+1)
		case e.Type().IsRegular():
			f.file(rel, e)
		default:
			f.w.special(f.shown+"/"+rel, f.abs+"/"+rel, e.Type())
		}
	}
}

// list is the content of a folder in the order of names. With an error comes what could be listed.
func (f *folder) list(dir string) ([]fs.DirEntry, error) {
	d, err := f.root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	list, err := d.ReadDir(-1)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, err
}

func (f *folder) fail(rel, note string) {
	if rel == "." {
		f.w.fail(f.shown, f.abs, true, note)
		return
	}
	f.w.fail(f.shown+"/"+rel, f.abs+"/"+rel, false, note)
}

func (f *folder) file(rel string, e fs.DirEntry) {
	info, err := e.Info()
	if err != nil {
		f.fail(rel, "it cannot be read: "+reason(err))
		return
	}
	f.w.file(candidate{
		path: f.shown + "/" + rel, where: f.abs + "/" + rel, size: info.Size(),
		source: fileSource{path: f.path, rel: rel},
	})
}

// special lists what is neither file nor folder. Links are counted, not read: what they lead to within the folder is read where it lies.
func (w *walker) special(path, where string, mode fs.FileMode) {
	note := "it is " + special(mode) + ", which is not read"
	if mode&fs.ModeSymlink != 0 {
		note = "it is a link, which is not followed; what lies in the folder is read where it lies"
	}
	w.add(&Member{Path: path, Kind: Other, Status: "skipped", Notes: []string{note}}, where)
}
