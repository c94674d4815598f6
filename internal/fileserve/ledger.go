// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package fileserve

import (
	"bufio"
	"encoding/json"
	"log/slog"
	"os"
)

// ledger is the file of hashes: a line of JSON for each. What it lost, or never held, is hashed again, so nothing of
// it is synced; a line that was torn is no JSON.
type ledger struct {
	file  *os.File
	lines int
	log   *slog.Logger
}

type entry struct {
	identity
	SHA256 string
}

// openLedger reads what is known by now. A nil ledger, when the file cannot be had, keeps nothing.
func openLedger(root *os.Root, name string, known map[identity]string, log *slog.Logger) *ledger {
	f, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		log.Warn("hashes of files are not kept", "error", err)
		return nil
	}
	l := &ledger{file: f, log: log}
	for lines := bufio.NewScanner(f); lines.Scan() && len(known) < maxTags; {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) == nil && len(e.SHA256) == 64 {
			known[e.identity] = e.SHA256
		}
	}
	// Without lines that are torn or double.
	if err := f.Truncate(0); err != nil {
		l.give(err)
		return l
	}
	for id, sum := range known {
		l.note(id, sum)
	}
	return l
}

// note adds a hash.
func (l *ledger) note(id identity, sum string) {
	if l == nil || l.file == nil {
		return
	}
	line, err := json.Marshal(entry{id, sum})
	if err != nil {
		l.give(err)
		return
	}
	if l.lines >= 2*maxTags {
		if err := l.file.Truncate(0); err != nil {
			l.give(err)
			return
		}
		l.lines = 0
	}
	info, err := l.file.Stat()
	if err != nil {
		l.give(err)
		return
	}
	if _, err := l.file.WriteAt(append(line, '\n'), info.Size()); err != nil {
		l.give(err)
		return
	}
	l.lines++
}

// give up: the hashes are in memory all the same.
func (l *ledger) give(err error) {
	l.log.Warn("hashes of files are not kept any more", "error", err)
	l.close()
}

func (l *ledger) close() {
	if l != nil && l.file != nil {
		_ = l.file.Close()
		l.file = nil
	}
}
