// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"archive/zip"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing/fstest"
	"time"
)

// Tree is the files of a collection: path, with slashes, to content. Paths begin with the drive's letter, as KAPE writes them.
type Tree map[string][]byte

// Under is the tree in a folder.
func (t Tree) Under(folder string) Tree {
	moved := Tree{}
	for path, b := range t {
		moved[folder+"/"+path] = b
	}
	return moved
}

// Velociraptor is the tree with the paths that Velociraptor gives it in its archives: special characters are percent-coded.
func (t Tree) Velociraptor() Tree {
	moved := Tree{}
	for path, b := range t {
		drive, rest, _ := strings.Cut(path, "/")
		moved["uploads/auto/"+drive+"%3A/"+strings.ReplaceAll(rest, "%", "%25")] = b
	}
	return moved
}

// Write puts the tree into a folder. Folders are made as needed.
func (t Tree) Write(dir string) error {
	for path, b := range t {
		full := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Zip writes the tree as an archive, always the same for the same tree.
func (t Tree) Zip(w io.Writer) error {
	archive := zip.NewWriter(w)
	for _, path := range slices.Sorted(maps.Keys(t)) {
		f, err := archive.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Deflate, Modified: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return err
		}
		if _, err := f.Write(t[path]); err != nil {
			return err
		}
	}
	return archive.Close()
}

// FS is the tree as a file system.
func (t Tree) FS() fstest.MapFS {
	files := fstest.MapFS{}
	for path, b := range t {
		files[path] = &fstest.MapFile{Data: b}
	}
	return files
}

// Folder is where a generation keeps its queue, beneath the tree's root.
func (g Generation) Folder() string {
	if g.Key == "xp" {
		return "C/Documents and Settings/All Users/Application Data/Microsoft/Network/Downloader"
	}
	return "C/ProgramData/Microsoft/Network/Downloader"
}

// logFolder is where event logs are.
const logFolder = "C/Windows/System32/winevt/Logs"

func (t Tree) addLogs(files map[string][]byte) {
	for name, b := range files {
		t[logFolder+"/"+name] = b
	}
}
