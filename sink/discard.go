// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"io/fs"

	"github.com/openbits/openbits"
)

// Discard deletes part files, never final ones, and makes that durable. What is missing is no error, and
// what stands under a part file's name without being a plain file of this owner is left alone. It goes on
// after a failure and answers the first. Kinds: write_denied, invalid_name, local_file.
func (s *Sink) Discard(ctx context.Context, places []openbits.Place) error {
	const op = "remove the part file of"
	var first error
	keep := func(err error) {
		if first == nil {
			first = err
		}
	}
	changed := map[*dir]openbits.Place{}
	for _, p := range places {
		if err := ctx.Err(); err != nil {
			keep(err)
			break
		}
		d, err := s.enter(op, p)
		if openbits.KindOf(err) == openbits.KindFolderMissing {
			continue
		}
		if err != nil {
			keep(err)
			continue
		}
		removed, err := d.discard(p.Part)
		if err != nil {
			keep(fail(op, p.Path(), err))
		}
		if _, held := changed[d]; removed && !held {
			changed[d] = p // keeps the reference until the folder is synced
			continue
		}
		s.folders.release(d)
	}
	for d, p := range changed {
		if err := d.sync(); err != nil {
			keep(fail("sync the folder of", p.Path(), err))
		}
		s.folders.release(d)
	}
	return first
}

// discard removes a part file. A second name of the same file does not matter: it stays.
func (d *dir) discard(name string) (bool, error) {
	i, err := d.lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !i.plain || !d.mine(i) {
		return false, nil
	}
	err = d.remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
