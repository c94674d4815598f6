// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"

	"github.com/openbits/openbits"
)

// file is one row for those who do not need its URL: when the key to the secrets of the queue is lost, a job
// can still be shown, given new URLs, completed, cancelled and swept. The URL is the redacted one then.
func (e *Engine) file(ctx context.Context, id string, index int) (openbits.File, error) {
	f, err := e.Store.File(ctx, id, index)
	if errors.Is(err, openbits.KindSecretUnreadable) {
		err = nil
	}
	return f, err
}

// files is a page of such rows.
func (e *Engine) files(ctx context.Context, id string, q openbits.FileQuery) (openbits.FilePage, error) {
	page, err := e.Store.Files(ctx, id, q)
	if errors.Is(err, openbits.KindSecretUnreadable) {
		err = nil
	}
	return page, err
}
