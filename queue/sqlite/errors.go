// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/openbits/openbits"
)

const hintDamaged = "Restart the service: it sets the damaged queue aside and rebuilds it as far as possible."

// fail says what err means to a user. Errors that have a kind, and those of a context, stay as they are.
func fail(op, object string, err error) error {
	var known *openbits.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e := &openbits.Error{
		Op: op, Object: object, Kind: openbits.KindInternal, Context: openbits.ContextQueueManager, Err: err, File: -1,
	}
	var cause *sqlite.Error
	if !errors.As(err, &cause) {
		return e
	}
	switch cause.Code() & 0xff {
	case lib.SQLITE_FULL:
		e.Kind, e.Text = openbits.KindDiskFull, "the volume of the state folder has no room"
		e.Hint = "Make room on the volume of the service's state folder."
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		e.Kind, e.Text = openbits.KindDatabaseCorrupt, "the queue is damaged"
		e.Hint = hintDamaged
	case lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY, lib.SQLITE_PERM:
		e.Kind = openbits.KindLocalFile
		e.Hint = "The service must be able to read and write its own state folder; see the system's log for disk errors."
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		e.Kind, e.Text = openbits.KindLocalFile, "another program holds the queue's database"
		e.Hint = "End the other program, such as a database shell, that has queue.db open."
	case lib.SQLITE_TOOBIG:
		e.Kind = openbits.KindStringTooLong
	}
	return e
}

// damaged reports whether err says that the database file is not what SQLite wrote.
func damaged(err error) bool { return errors.Is(err, openbits.KindDatabaseCorrupt) }

// constraint reports whether err is the violation of a uniqueness rule.
func constraint(err error) bool {
	var cause *sqlite.Error
	return errors.As(err, &cause) && cause.Code()&0xff == lib.SQLITE_CONSTRAINT
}

// panicked makes an error of a panic of the driver, which damaged pages have caused before.
func panicked(op string, p any) error {
	return &openbits.Error{
		Op: op, Object: "the queue", Kind: openbits.KindDatabaseCorrupt, Context: openbits.ContextQueueManager,
		Text: fmt.Sprintf("its database cannot be handled: %v", p), File: -1, Hint: hintDamaged,
	}
}

func notFound(object string, file int) error {
	return &openbits.Error{
		Op: "find", Object: object, Kind: openbits.KindNotFound, Context: openbits.ContextQueueManager,
		Text: "there is none", File: file, Hint: "bits list --all shows every job.",
	}
}

func noJob(id string) error { return notFound("job "+id, -1) }

func noFile(id string, index int) error {
	return notFound(fmt.Sprintf("file %d of job %s", index, id), index)
}

func idInUse(id string) error {
	return &openbits.Error{
		Op: "create", Object: "job " + id, Kind: openbits.KindIDInUse, Context: openbits.ContextQueueManager,
		Text: "another job has this id", File: -1, Hint: "Choose a new random id (UUID version 4).",
	}
}

func badIndex(f *openbits.File) error {
	return &openbits.Error{
		Op: "add", Object: fmt.Sprintf("file %d to job %s", f.Index, f.JobID), Kind: openbits.KindInvalidArgument,
		Context: openbits.ContextQueueManager, Text: "the index is taken or not allowed", File: f.Index,
	}
}

func busy(path string, index int, holder string) error {
	return &openbits.Error{
		Op: "write", Object: path, Kind: openbits.KindDestinationBusy, Context: openbits.ContextQueueManager,
		Text: "job " + holder + " writes this file", File: index,
		Hint: "See it with: bits show " + holder,
	}
}

func invalid(what, text string) error {
	return &openbits.Error{
		Op: "read", Object: what, Kind: openbits.KindInvalidArgument, Context: openbits.ContextQueueManager,
		Text: text, File: -1,
	}
}
