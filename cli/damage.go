// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/openbits/openbits/internal/places"
)

// damagedPrefix begins the names under which the service sets damaged queues aside, the newest last.
const damagedPrefix = "queue.db.damaged-"

// setAside is the newest damaged queue that lies in the state folder, or "".
func setAside(p places.Places) string {
	entries, err := os.ReadDir(p.State)
	if err != nil {
		return ""
	}
	newest := ""
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), damagedPrefix) {
			newest = filepath.Join(p.State, e.Name())
		}
	}
	return newest
}

// tellDamage says that the queue was damaged once: jobs may be missing, which nobody would notice otherwise.
func (a *app) tellDamage(path string) {
	if path == "" {
		return
	}
	fmt.Fprintf(a.Err, "bits: the queue was damaged and rebuilt as far as possible; the damaged one is kept as %s\n", path)
	fmt.Fprintln(a.Err, "hint: Jobs may be missing. Remove that file when you need it no more: this message goes with it.")
}

// tellOldDamage is tellDamage of the service that the command line means.
func (a *app) tellOldDamage() {
	if p, err := a.places(); err == nil {
		a.tellDamage(setAside(p))
	}
}
