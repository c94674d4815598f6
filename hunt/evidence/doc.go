// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package evidence is the vocabulary of a hunt: what was read, the jobs, files and events that were found in it, and the
// findings. It is what the readers fill, what the rules judge, what the reports show, and the JSON form of a report
// (see Report.WriteJSON and ReadReport), from which a hunt can go on.
//
// Nothing here depends on a format of Windows. A value that is not known is absent: nil, empty, or the zero time.
package evidence
