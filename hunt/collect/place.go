// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"net/url"
	"slices"
	"strings"
)

// unit is the place that a file belongs to by its path: what was collected from one computer, as far as names tell.
type unit struct {
	root       string // the folder or archive that stands for the computer
	anchored   bool   // the file lies where Windows has it, so that root is the computer's
	downloader bool   // it lies in BITS's own folder
	dir        string // the folder of the file
}

// anchors are the folders of Windows that evidence lies in, in lower case.
var anchors = [][]string{
	{"programdata", "microsoft", "network", "downloader"},
	{"users", "all users", "microsoft", "network", "downloader"},
	{"documents and settings", "all users", "application data", "microsoft", "network", "downloader"},
	{"windows", "system32", "winevt", "logs"},
	{"windows", "sysnative", "winevt", "logs"},
	{"windows", "system32", "config"},
}

// layout are names of folders that collectors make above the drives' own (Velociraptor's accessors, UAC, CyLR, KAPE).
var layout = []string{"uploads", "auto", "ntfs", "lazy_ntfs", "file", "mft", "ntfs_vss", "[root]", "fs", "."}

// loose are names of folders that say what is in them, not whose it is.
var loose = []string{
	"downloader", "network", "microsoft", "programdata", "winevt", "logs", "log", "evtx", "eventlogs", "eventlog", "event logs", "event_logs",
	"windows", "system32", "config", "registry", "bits", "qmgr", "artifacts", "files", "triage", "evidence", "collection", "kape", "targets",
}

// placeOf tells where a file belongs: where is its absolute path with slashes, "!" behind the name of each archive, of which the
// first named names are those of the folder that was named. It also answers the file's own name, decoded.
func placeOf(where string, named int) (u unit, base string) {
	parts := partsOf(where)
	for i, p := range parts {
		parts[i] = decode(p)
	}
	base = parts[len(parts)-1]
	dir := parts[:len(parts)-1]
	u.dir = strings.Join(dir, "/")
	lower := make([]string, len(dir))
	for i, p := range dir {
		lower[i] = strings.ToLower(p)
	}
	u.downloader = len(lower) > 0 && lower[len(lower)-1] == "downloader"
	n := len(dir)
	for _, a := range anchors {
		if len(lower) >= len(a) && slices.Equal(lower[len(lower)-len(a):], a) {
			n, u.anchored = len(lower)-len(a), true
			break
		}
	}
	n = stripped(lower[:n], u.anchored, named)
	u.root = strings.Join(dir[:n], "/")
	return u, base
}

func partsOf(where string) []string { return strings.Split(strings.Trim(where, "/"), "/") }

// stripped is how many names are left of a path without those that stand for no computer. Loose names are taken away
// only beneath the folder that was named.
func stripped(names []string, anchored bool, named int) int {
	n := len(names)
	for n > 0 {
		p := names[n-1]
		switch {
		case drive(p, anchored), shadow(p):
		case anchored && slices.Contains(layout, p):
		case !anchored && n > named && slices.Contains(loose, p):
		case !anchored && n < len(names) && slices.Contains(layout, p):
		default:
			return n
		}
		n--
	}
	return n
}

// drive reports whether a folder stands for a drive: "C:", "\\.\C:", "C$", and "C" where Windows' own folders follow.
func drive(p string, anchored bool) bool {
	p = strings.TrimPrefix(strings.TrimPrefix(p, `\\.\`), `\\?\`)
	if p == "" || p[0] < 'a' || p[0] > 'z' {
		return false
	}
	switch p[1:] {
	case "":
		return anchored
	case ":", "$", "_drive", "%3a":
		return true
	}
	return false
}

// shadow reports whether a folder stands for a shadow copy of a drive.
func shadow(p string) bool {
	p = strings.TrimPrefix(strings.TrimPrefix(p, `\\.\`), `\\?\`)
	p = strings.TrimPrefix(strings.TrimPrefix(p, `globalroot\`), `device\`)
	rest, ok := strings.CutPrefix(p, "harddiskvolumeshadowcopy")
	if !ok {
		rest, ok = strings.CutPrefix(p, "vss")
	}
	return ok && strings.Trim(rest, "0123456789") == ""
}

// decode undoes the percent-coding of collectors ("C%3A", "…Bits-Client%254Operational.evtx"). Names of Windows' own logs have a
// percent sign of their own ("…%4Operational.evtx"), which is no code.
func decode(p string) string {
	if !strings.Contains(p, "%") {
		return p
	}
	if d, err := url.PathUnescape(p); err == nil && !strings.ContainsAny(d, "\x00/\n") {
		return d
	}
	return p
}
