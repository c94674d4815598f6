// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/term"
)

// Exit codes. They are part of the contract with scripts.
const (
	exitDone        = 0
	exitJobFailed   = 1   // the job failed or was cancelled
	exitUsage       = 2   // the command line is wrong
	exitNoService   = 3   // no service answers
	exitPolicy      = 4   // refused by policy
	exitOther       = 5   // any other error
	exitTimeout     = 6   // the time given by --timeout is over
	exitFindings    = 10  // hunt: there are findings at or above --fail-on
	exitUnread      = 11  // hunt: there are none, but not every input could be read
	exitInterrupted = 130 // ended by a signal
)

// jobFailed ends a command whose job did not succeed; what there is to say has been said.
type jobFailed struct{}

func (jobFailed) Error() string { return "the job failed" }

// timedOut ends a command whose --timeout is over.
type timedOut struct{ what string }

func (t timedOut) Error() string { return t.what }

// stopped ends a command that a signal stopped.
type stopped struct{ signal os.Signal }

func (s stopped) Error() string { return "stopped by " + s.signal.String() }

// usage is the error of a value on the command line.
func usage(object, text, hint string) error {
	return &openbits.Error{
		Op: "read", Object: object, Kind: openbits.KindInvalidArgument, Context: openbits.ContextNone,
		Text: text, Hint: hint, File: -1,
	}
}

// report tells people of err and answers the exit code for scripts.
func report(w io.Writer, err error) int {
	code := exitCode(err)
	var quiet jobFailed
	var signal stopped
	if code == exitDone || code == exitFindings || code == exitUnread || errors.As(err, &quiet) || errors.As(err, &signal) {
		return code
	}
	printError(w, err)
	return code
}

func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	var failed jobFailed
	var late timedOut
	var signal stopped
	var abuse huntFound
	var missed huntUnread
	switch {
	case errors.As(err, &abuse):
		return exitFindings
	case errors.As(err, &missed):
		return exitUnread
	case errors.As(err, &failed):
		return exitJobFailed
	case errors.As(err, &late):
		return exitTimeout
	case errors.As(err, &signal):
		return exitInterrupted
	}
	switch openbits.KindOf(err) {
	case openbits.KindInvalidArgument, openbits.KindStringTooLong:
		return exitUsage
	case openbits.KindServiceUnavailable:
		return exitNoService
	case openbits.KindBlockedByPolicy:
		return exitPolicy
	default:
		return exitOther
	}
}

// printError writes the error, and its hint on a line of its own.
func printError(w io.Writer, err error) {
	text := term.Plain(err.Error())
	var e *openbits.Error
	hint := ""
	if errors.As(err, &e) {
		hint = term.Plain(e.Hint)
	}
	fmt.Fprintf(w, "bits: %s\n", strings.TrimSuffix(text, "."))
	if hint != "" {
		fmt.Fprintf(w, "hint: %s\n", hint)
	}
}
