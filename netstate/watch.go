// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netstate

import (
	"context"
	"time"

	"github.com/openbits/openbits"
)

// watch turns hints that something changed into events. It has no knowledge of any system.
type watch struct {
	network <-chan struct{} // something about links, addresses or routes changed; nil: never told
	clock   <-chan struct{} // the clocks are worth a comparison; nil: never told
	look    func() view
	read    func() clocks
	out     chan<- openbits.MachineEvent

	view view
	last clocks
}

func (w *watch) run(ctx context.Context) {
	defer close(w.out)
	quiet := time.NewTimer(Quiet)
	quiet.Stop()
	var unrest time.Time // when the present burst began; zero: the network is quiet
	stir := func() {
		wait := Quiet
		if unrest.IsZero() {
			unrest = time.Now()
		}
		if left := Settle - time.Since(unrest); left < wait {
			wait = max(left, 0)
		}
		quiet.Reset(wait)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.network:
			stir()
		case <-quiet.C:
			unrest = time.Time{}
			after := w.look()
			event, ok := networkEvent(w.view, after)
			w.view = after
			if ok && !w.send(ctx, event) {
				return
			}
		case <-w.clock:
			now := w.read()
			for _, event := range clockEvents(w.last, now) {
				if !w.send(ctx, event) {
					return
				}
				if event == openbits.MachineWoke {
					stir() // networks change during sleep, and not every system says so
				}
			}
			w.last = now
		}
	}
}

func (w *watch) send(ctx context.Context, event openbits.MachineEvent) bool {
	select {
	case w.out <- event:
		return true
	case <-ctx.Done():
		return false
	}
}

// hint tells without waiting: one hint that was not taken yet stands for all.
func hint(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// tick hints at every interval until ctx ends.
func tick(ctx context.Context, every time.Duration) <-chan struct{} {
	out := make(chan struct{}, 1)
	go func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				hint(out)
			}
		}
	}()
	return out
}
