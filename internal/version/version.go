// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package version knows which release this program is.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Number is the release, by semantic versioning (semver.org). Between releases it is the next one with "-dev".
const Number = "0.1.0-dev"

// Commit is the beginning of the commit that the program was built from, with a "+" when files were
// changed since; empty when the build does not know.
func Commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	commit, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + changed
}

// Platform names the compiler and the system: "go1.26.8 linux/amd64".
func Platform() string {
	return fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
