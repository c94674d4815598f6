// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/openbits/openbits/ese"
)

type eseLogListing struct {
	File    string         `json:"file"`
	Header  *ese.LogHeader `json:"log_header"` // null: lost
	Records int            `json:"records"`
	Changes int            `json:"changes"` // records that change a node
	Joined  int            `json:"joined"`  // records that were cut into fragments
	Partial int            `json:"partial"` // records of which a fragment is missing
	Damage  []string       `json:"damage"`
}

// eseLog opens a log file, nil when it is none. The caller closes the file.
func eseLog(path string) (*ese.Log, *os.File) {
	file, length, err := openEvidence(path)
	if err != nil {
		return nil, nil
	}
	log, err := ese.OpenLog(file, length)
	if err != nil {
		_ = file.Close()
		return nil, nil
	}
	return log, file
}

// eseLogList prints what a log file holds.
func (a *app) eseLogList(log *ese.Log, path string, asJSON bool) error {
	w := warn{out: a.Err, path: path}
	l := eseLogListing{File: path, Header: log.Header, Damage: []string{}}
	note := func(err error) {
		w.damage(err)
		l.Damage = append(l.Damage, err.Error())
	}
	for _, err := range log.Notes {
		note(err)
	}
	for r, err := range log.Records() {
		if err != nil {
			note(err)
			continue
		}
		l.Records++
		if _, ok := r.Change(); ok {
			l.Changes++
		}
		if r.Fragments > 1 {
			l.Joined++
		}
		if r.Partial {
			l.Partial++
		}
	}
	if asJSON {
		if err := writeJSON(a.Out, l); err != nil {
			return err
		}
		return w.err(nil)
	}
	fact := func(name string, value any) { fmt.Fprintf(a.Out, "%-10s %v\n", name, value) }
	if h := l.Header; h != nil {
		fact("log", fmt.Sprintf("generation %d, version %d.%d.%d", h.Generation, h.Major, h.Minor, h.Update))
		if !h.Created.IsZero() {
			fact("created", h.Created.Format(time.DateTime))
		}
	} else {
		fact("log", "the header is lost")
	}
	fact("records", fmt.Sprintf("%d, of which %d change a node; %d were joined of fragments, %d are not whole", l.Records, l.Changes, l.Joined, l.Partial))
	return w.err(nil)
}
