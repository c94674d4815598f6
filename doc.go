// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package openbits is the vocabulary of a background transfer service: jobs,
// files, states, priorities, reasons, events and errors, and the types that
// the interfaces between the other packages are made of.
//
// A job is a transfer of one or more files that outlives the program that
// asked for it. It is named and behaves like a job of Windows' Background
// Intelligent Transfer Service (BITS); where a number is BITS's own, it is
// said so.
//
// The package has no I/O and imports the standard library alone. Every value
// that is stored or sent is an explicit lower-case string: once released, a
// string keeps its meaning for ever, and a reader that meets an unknown one
// keeps it as it is.
package openbits
