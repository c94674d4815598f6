// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package hunt reads what Windows' BITS left on machines and finds abuse of it (ATT&CK T1197).
//
// Run takes files, folders and archives as they come from a collection: it finds the queue databases and event logs in
// them by content (package collect), reads them (read), joins the jobs and events of each host (join), judges them by the
// rules (judge), and answers a report (evidence), which package report writes in many formats.
//
// It only ever reads the evidence. Hosts are read side by side; those that are done are kept encoded, in memory up to
// a bound and behind it in a temporary file that Result.Close removes, so that a thousand hosts take no more memory than a few.
// The same input gives the same report, byte for byte.
package hunt

import (
	"errors"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
)

// Options say what to hunt through and what to show. Only Paths is needed.
type Options struct {
	Paths          []string          // files, folders, zip archives, saved JSON reports
	Hosts          []string          // only hosts whose name or alias fits one of these globs, in any case of letters; the others are counted
	Since          time.Time         // only findings of this time or later; findings without a time stay
	MinSeverity    evidence.Severity // findings below are counted, not shown; empty: all are shown
	Allow          []string          // files with allow lists; they are never taken from the evidence
	Sigma          []string          // folders or files with Sigma rules of others
	HashContainers bool              // hash archives whole, too, not only the members that are used
	CarveAll       bool              // search every file of unknown kind (images of disks and memory, unallocated space), not only those that were named themselves or look like a queue
	Version        string            // of this program, for the report
	Progress       func(Progress)    // may be nil; it is called from one goroutine at a time
}

// Stage says what a hunt is doing.
type Stage string

const (
	// StageCollect: files are being looked for; Hosts is 0, as it is not known yet.
	StageCollect Stage = "collect"
	// StageRead: an input of a host is about to be read.
	StageRead Stage = "read"
	// StageHost: a host is done.
	StageHost Stage = "host"
	// StageRate: all hosts are read and are being compared.
	StageRate Stage = "rate"
)

// Progress is a sign of life.
type Progress struct {
	Stage    Stage
	Host     string // in StageRead and StageHost
	Path     string // in StageCollect and StageRead: what is being looked at
	Inputs   int    // found so far, or of this host
	Jobs     int    // of this host, in StageHost
	Findings int    // of this host, in StageHost
	Done     int    // hosts that are done
	Hosts    int    // hosts that there are
}

// Result is a report and what it is kept in.
type Result struct {
	*evidence.Report

	closers []func() error
}

// Close removes what was spilled to disk. The report's hosts cannot be read after it.
func (r *Result) Close() error {
	var errs []error
	for _, c := range r.closers {
		errs = append(errs, c())
	}
	r.closers = nil
	return errors.Join(errs...)
}
