// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

// Recovery tells what became of a damaged queue.
type Recovery struct {
	Quarantined string // path under which the damaged database is kept; empty: there was no damage
	Jobs, Files int
	Err         error
}

func (b *builder) finish() (*Recovery, error) { return nil, nil }
func (b *builder) rebuild(err error) (*Recovery, error) { return nil, err }
func (b *builder) unclean() bool                       { return false }
func (b *builder) check(w *writer, unclean bool) error { return nil }
func markSuspect(dir string)                           {}
