// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"
)

// tidyAfter is how long nothing must have ended before memory is given back: collecting takes some milliseconds, and
// between two jobs that follow each other it would be for nothing.
const tidyAfter = 3 * time.Second

// tidier gives memory back to the system when the service has come to rest. The runtime would
// keep what a job of many files took for some minutes, and a service rests for most of its life.
type tidier struct{ ended chan struct{} }

func newTidier() *tidier { return &tidier{make(chan struct{}, 1)} }

// rest is told that something has ended. It does not block.
func (t *tidier) rest() {
	select {
	case t.ended <- struct{}{}:
	default:
	}
}

// run calls release when the service has been at rest for the time after, until ctx ends.
func (t *tidier) run(ctx context.Context, after time.Duration, idle func(context.Context) (bool, error), release func(), log *slog.Logger) {
	timer := time.NewTimer(after)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.ended:
			timer.Reset(after)
		case <-timer.C:
			switch quiet, err := idle(ctx); {
			case err != nil && ctx.Err() == nil:
				log.Warn("cannot tell whether the service is at rest", "error", err)
			case quiet:
				release()
			}
		}
	}
}

// giveBack returns all memory that is not in use to the system.
func giveBack() { debug.FreeOSMemory() }
