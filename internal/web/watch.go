// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"time"
)

// Watch ends a request whose peer is silent for too long. It is armed while the peer is waited for and rests
// while something else is, such as the disk, which may take as long as it wants.
type Watch struct {
	cancel context.CancelCauseFunc
	timer  *time.Timer
	limit  time.Duration
}

// NewWatch makes a watch at rest. The context that it answers ends with a Silence when the armed time is over.
func NewWatch(ctx context.Context) (context.Context, *Watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, &Watch{cancel: cancel}
}

// Arm begins to wait, or begins anew.
func (w *Watch) Arm(limit time.Duration) {
	if w.timer != nil && w.limit == limit {
		w.timer.Reset(limit)
		return
	}
	w.Rest()
	w.limit = limit
	w.timer = time.AfterFunc(limit, func() { w.cancel(Silence{limit}) })
}

// Rest ends the wait until the next Arm.
func (w *Watch) Rest() {
	if w.timer != nil {
		w.timer.Stop()
	}
}

// Stop ends the watch and its context.
func (w *Watch) Stop() {
	w.Rest()
	w.cancel(nil)
}
