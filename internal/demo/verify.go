// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/openbits/openbits/internal/size"
)

// names are those of all files, the large one first.
func (d *demo) names() []string { return slices.Sorted(maps.Keys(d.content)) }

// checkNamed counts the files that stand under their names and finds any that is not whole.
func (d *demo) checkNamed() (int, error) {
	entries, err := os.ReadDir(d.folder)
	if err != nil {
		return 0, err
	}
	count := 0
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if _, known := d.content[e.Name()]; !known {
			return count, fmt.Errorf("%s is a file that nobody asked for", e.Name())
		}
		if err := d.check(e.Name()); err != nil {
			return count, err
		}
		count++
	}
	return count, nil
}

// check compares the digest of a file on the disk with that of what the origin serves.
func (d *demo) check(name string) error {
	f, err := os.Open(filepath.Join(d.folder, name))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got, want := hex.EncodeToString(h.Sum(nil)), d.content[name].SHA256(); got != want {
		return fmt.Errorf("%s has the digest %s and not %s", name, got, want)
	}
	return nil
}

// verify reads every file back, and finds anything that was left behind.
func (d *demo) verify() error {
	for _, name := range d.names() {
		if err := d.check(name); err != nil {
			return err
		}
		d.result.Verified++
	}
	entries, err := os.ReadDir(d.folder)
	if err != nil {
		return err
	}
	if len(entries) != len(d.content) {
		return fmt.Errorf("the folder has %d entries instead of %d", len(entries), len(d.content))
	}
	d.result.Fetched = d.origin.Sent()
	d.say("6. After %s all %d files are there. Each was read back from the disk and has the right digest.",
		size.Duration(d.result.Took), d.result.Verified)
	d.say("")
	d.say("content %s, fetched %s (%.1f%%), services killed: %d, files verified: %d of %d", size.Bytes(d.result.Content),
		size.Bytes(d.result.Fetched), float64(d.result.Fetched)*100/float64(d.result.Content), d.result.Kills, d.result.Verified, d.result.Files)
	return nil
}
