// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package ese reads databases of Microsoft's Extensible Storage Engine (ESE, once
// "JET Blue"), which Windows keeps the queue of BITS in (qmgr.db), and much else.
// docs/formats/ese.md is the specification that it follows.
//
// It is made for evidence. It reads and never writes; it opens nothing, but reads
// from an io.ReaderAt; whatever the bytes are, it does not panic, and its memory and
// time stay in proportion to the input. What is damaged is told, with page and
// offset, and everything else is read:
//
//   - Open uses the header's copy where the header is damaged, and the pages' own
//     words where both are. A page with one wrong bit is read with that bit turned.
//   - Iterators yield an error for what is damaged and go on. A record of a page
//     whose checksum is wrong is yielded and says so (Row.Damaged).
//   - Where a tree is broken, its pages are found by the object id that each of them
//     carries; what was found so says it (Via).
//   - The catalog's copy stands in for the catalog, and Options.Layouts for both.
//   - Recover puts together what is left of a database in any stream, from pages in any
//     order; Scan only lists the pages.
//
// Beside rows it offers what a program of Windows would not show: long values that
// no record points to (Table.LongValues, LongValue.Orphan, Table.References), nodes
// that are marked as deleted, the space between nodes and what is left in it
// (Page.Slack, Page.Remains), pages that no tree leads to (DB.Unreferenced), and the
// records of log files, with those joined that were cut (OpenLog, Log.Records).
//
// A database that was not closed (StateDirty) lacks what only its logs hold;
// Header.Needed names the generations, and MissingGenerations those that are not there. Logs are
// not replayed.
package ese
