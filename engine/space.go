// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/openbits/openbits"
)

// reserve sets room for a whole file aside, so that a full disk is met before the first byte. Where the file
// system cannot do that, the free room less what other files still need must do.
func (e *Engine) reserve(ctx context.Context, m *motion, total int64) error {
	err := m.pf.Reserve(total)
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	space, err := e.Sink.Space(ctx, m.file.Place.Folder)
	if err != nil {
		return err
	}
	promised := e.promised(m, space.Volume)
	need := total - m.Held().Offset
	if space.Free-promised >= need {
		return nil
	}
	return &openbits.Error{
		Op: "reserve", Object: m.file.Place.Path(), Kind: openbits.KindDiskFull, Context: openbits.ContextLocalFile, File: m.file.Index,
		Text: fmt.Sprintf("%d bytes are needed, %d are free and %d of those are promised to other files", need, space.Free, promised),
	}
}

// promised is what the other files in motion on a volume still need.
func (e *Engine) promised(except *motion, volume string) (n int64) {
	e.mu.Lock()
	var runs []*run
	for _, r := range e.runs {
		runs = append(runs, r)
	}
	e.mu.Unlock()
	for _, r := range runs {
		for _, m := range r.moving() {
			if m == except || m.file.Place.Folder.Volume != volume {
				continue
			}
			if h := m.Held(); h.Total != openbits.Unknown {
				n += h.Total - h.Offset
			}
		}
	}
	return n
}
