// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/term"
)

// topLeast is the shortest interval: rates are averages over more than that.
const topLeast = 100 * time.Millisecond

func (a *app) top() *cobra.Command {
	var once, asJSON bool
	var every string
	c := &cobra.Command{
		Use:   "top",
		Short: "show live what moves, how fast, and what gives way to whom",
		Long: `top shows on the whole terminal how fast all jobs move together and how fast others on this computer do, over time and on
one scale; the queueing delay over the round trip without a queue; to whom jobs give way; and the jobs, those that run
first, with rate, time left, and why they wait or are slow. q ends it, the arrows scroll.

Away from a terminal, or with --once, it prints how it is now and ends. With --json each line is one JSON object, one at each
interval. It never starts a service, and waits for one that went away.`,
		Example: "  bits top\n  bits top --once\n  bits top --json --interval 5s | jq .rate",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			interval, err := size.ParseDuration(every)
			if err != nil {
				return usage("--interval", err.Error(), "")
			}
			if interval < topLeast {
				return usage("--interval", "it is shorter than "+size.Duration(topLeast), "")
			}
			service, err := a.reach(c.Context())
			if err != nil {
				return err
			}
			ctx := c.Context()
			switch {
			case asJSON:
				return ended(ctx, a.topJSON(ctx, service, interval, once))
			case once || !term.IsTerminal(a.Out):
				return ended(ctx, a.topOnce(ctx, service))
			}
			return ended(ctx, a.topLive(ctx, service, interval))
		},
	}
	c.Flags().BoolVar(&once, "once", false, "print how it is now, and end")
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object a line, one at each interval")
	c.Flags().StringVar(&every, "interval", "1s", "look again after this `time`")
	return c
}

func (a *app) topJSON(ctx context.Context, c *client.Client, interval time.Duration, once bool) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		s, err := takeSample(ctx, c)
		if err != nil {
			return err
		}
		if err := writeJSON(a.Out, s); err != nil || once {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func (a *app) topOnce(ctx context.Context, c *client.Client) error {
	s, err := takeSample(ctx, c)
	if err != nil {
		return err
	}
	v := topView{now: s}
	if screen := term.Open(a.Out); screen != nil {
		v.style = term.StyleOf(a.env)
		v.width, _ = screen.Size()
	}
	for _, line := range v.plain() {
		if _, err := fmt.Fprintln(a.Out, line); err != nil {
			return err
		}
	}
	return nil
}

// look is what came of asking the service.
type look struct {
	sample sample
	err    error
}

// topLive draws until it is told to stop. The service is asked beside the drawing: keys work while it does not answer.
func (a *app) topLive(ctx context.Context, c *client.Client, interval time.Duration) error {
	screen := term.OpenFull(a.Out, a.In)
	if screen == nil {
		return a.topOnce(ctx, c) // a terminal that cannot place a cursor
	}
	defer screen.Close()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	looks := make(chan look)
	go keepLooking(ctx, c, interval, looks)
	v := topView{style: term.StyleOf(a.env)}
	keys := screen.Keys()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case l := <-looks:
			if l.err != nil && !errors.Is(l.err, openbits.KindServiceUnavailable) {
				return l.err
			}
			v.take(l)
		case k, open := <-keys:
			if !open {
				keys = nil
				continue
			}
			switch k {
			case "q":
				return nil
			case term.KeyInterrupt:
				return stopped{os.Interrupt}
			case term.KeyRedraw:
				screen.Forget()
			default:
				v.press(k)
			}
		case <-screen.Resized():
			screen.Forget()
		}
		if v.taken {
			v.width, v.height = screen.Size()
			screen.Draw(v.lines())
		}
	}
}

// keepLooking asks at each interval until ctx ends.
func keepLooking(ctx context.Context, c *client.Client, interval time.Duration, looks chan<- look) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		s, err := takeSample(ctx, c)
		select {
		case looks <- look{s, err}:
		case <-ctx.Done():
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
