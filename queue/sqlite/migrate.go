// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/openbits/openbits"
)

// migrations holds the steps by which the schema grew: NNNN_name.sql leads from version NNNN-1 to NNNN.
// A step that was released is never changed.
//
//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks a database as a queue of openbits ("obit"; SQLite file format, offset 68).
const applicationID = 0x6f626974

// steps are the migrations in their order.
func steps() ([]string, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	var list []string
	for i, name := range names {
		var number int
		if _, err := fmt.Sscanf(name, "migrations/%04d_", &number); err != nil || number != i+1 {
			return nil, fmt.Errorf("migration %s is not number %d", name, i+1)
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		list = append(list, string(text))
	}
	return list, nil
}

// tooNew refuses a database of a newer version: nothing in it is touched.
func tooNew(w *writer, list []string) error {
	var version int
	if err := w.get([]any{&version}, "PRAGMA user_version"); err != nil || version <= len(list) {
		return err
	}
	return &openbits.Error{
		Op: "open", Object: "the queue", Kind: openbits.KindServiceTooOld, Context: openbits.ContextQueueManager, File: -1,
		Text: fmt.Sprintf("a newer openbits wrote it (schema %d, this program knows %d)", version, len(list)),
		Hint: "Install the newer openbits again, or start this one with another state folder.",
	}
}

// migrate brings the schema to the version that this program knows.
func migrate(w *writer, list []string) error {
	var version int
	if err := w.get([]any{&version}, "PRAGMA user_version"); err != nil {
		return err
	}
	for number := version + 1; number <= len(list); number++ {
		err := w.transaction(func(w *writer) error {
			if err := w.script(list[number-1]); err != nil {
				return fmt.Errorf("migration %d: %w", number, err)
			}
			return w.script(fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, number))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
