// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package qmgr reads the queue of Windows' Background Intelligent Transfer Service: qmgr.db (an ESE database, since Windows
// 10 1607) and qmgr0.dat and qmgr1.dat (before), told apart by what is in them. docs/formats/qmgr.md is the specification
// that it follows.
//
// It is made for evidence. It reads and never writes; it opens nothing, but reads from an io.ReaderAt; whatever the bytes are,
// it does not panic, and its memory and time stay in proportion to the input. What is damaged or missing is told in
// Queue.Notes and Place.Cut, and everything else is read. What has no known meaning is kept (Job.Raw).
//
// BITS writes a job anew at each change and lets the old bytes go, so one queue holds many states of a job, and states of jobs
// that were deleted long ago. Read finds them in layers, from strong to weak (Layer), each record once, in the strongest:
//
//	live     what Windows itself would show
//	version  former states, in values of the database that no row points to any more
//	slack    what is left between and behind all that is in use
//	carved   records in anything else
//
// Queue.Histories puts the states of each job in order. Files are tied to jobs as far as the database tells (Tie), and
// guesses say that they are. ReadLog reads transaction logs, and Carve streams records out of anything.
package qmgr
