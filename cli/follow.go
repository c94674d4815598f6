// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/term"
)

// follow shows a job's progress until it does nothing more by itself, and then what became of it. It outlives the
// service: one that ended is started again.
func (a *app) follow(ctx context.Context, c *client.Client, j api.Job, asJSON bool) error {
	p := newProgress(a, j)
	job, err := a.watchToEnd(ctx, c, j, p)
	p.close()
	var signal stopped
	switch {
	case errors.As(context.Cause(ctx), &signal):
		return a.leave(ctx, c, p.job, signal)
	case err != nil:
		return err
	}
	return a.outcome(ctx, c, job, p, asJSON)
}

// message is what the watching goroutine tells the one that draws.
type message struct {
	update api.Update
	said   string // about the service
	starts int    // how often it was started
	err    error  // the last message
}

func (a *app) watchToEnd(ctx context.Context, c *client.Client, j api.Job, p *progress) (api.Job, error) {
	watching, stop := context.WithCancel(ctx)
	messages := make(chan message)
	done := make(chan struct{})
	send := func(m message) bool {
		select {
		case messages <- m:
			return true
		case <-done:
			return false
		}
	}
	go func() {
		defer close(messages)
		for u, err := range c.Watch(watching, client.WatchOptions{Job: j.ID, Lost: a.revive(watching, send)}) {
			if !send(message{update: u, err: err}) || err != nil {
				return
			}
		}
	}()
	defer func() {
		stop()
		close(done)
	}()
	ticker := time.NewTicker(p.interval())
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return j, ctx.Err()
		case now := <-ticker.C:
			p.draw(now)
		case m, open := <-messages:
			switch {
			case !open:
				return j, errors.New("the event stream ended")
			case m.err != nil:
				return j, m.err
			case m.said != "":
				p.say(m.said)
				p.starts += m.starts
			default:
				if p.update(m.update, time.Now()); client.Settled(p.job) {
					return p.job, nil
				}
			}
		}
	}
}

// revive answers the function that is called when the connection to the service was lost.
func (a *app) revive(ctx context.Context, send func(message) bool) func(error) error {
	told := false
	return func(error) error {
		c, err := a.newClient()
		if err != nil {
			return err
		}
		if _, err := c.Service(ctx); !errors.Is(err, openbits.KindServiceUnavailable) {
			told = false
			return nil
		}
		if err := a.startService(ctx); err == nil {
			told = false
			send(message{said: "the service stopped; started it again", starts: 1})
		} else if !told && ctx.Err() == nil {
			told = true
			send(message{said: "the service stopped; waiting for it to come back"})
		}
		return nil
	}
}

// told prints a message about the service on a line of its own.
func (a *app) told(m message) bool {
	fmt.Fprintln(a.Err, "bits: "+m.said)
	return true
}

// goodbye is how long a command that was interrupted tries to reach the service.
const goodbye = 10 * time.Second

// suspendNow suspends a job although ctx is over. Without a service there is one to be
// started: the next one would let the job go on.
func (a *app) suspendNow(ctx context.Context, c *client.Client, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	_, err := c.Suspend(ctx, id)
	if errors.Is(err, openbits.KindServiceUnavailable) {
		if err = a.startService(ctx); err == nil {
			_, err = c.Suspend(ctx, id)
		}
	}
	return err
}

// leave ends the command: Ctrl-C suspends the job; any other signal, such as the loss of the terminal, leaves it running.
func (a *app) leave(ctx context.Context, c *client.Client, j api.Job, signal stopped) error {
	switch signal.signal {
	case syscall.SIGHUP:
		return signal
	case os.Interrupt:
	default:
		fmt.Fprintf(a.Err, "bits: the job goes on in the background; see: bits show %s\n", short(j.ID))
		return signal
	}
	err := a.suspendNow(ctx, c, j.ID)
	switch {
	case errors.Is(err, openbits.KindInvalidState):
		fmt.Fprintf(a.Err, "bits: the job has ended already; see: bits show %s\n", short(j.ID))
	case err != nil:
		printError(a.Err, err)
		fmt.Fprintf(a.Err, "bits: the job may go on in the background; see: bits show %s\n", short(j.ID))
	default:
		fmt.Fprintln(a.Err, "bits: suspended; "+keptOf(j.Type))
		fmt.Fprintf(a.Err, "hint: Go on with the same command again, or in the background with: bits resume %s\n", short(j.ID))
	}
	return signal
}

// keptOf says what a suspended job need not do again.
func keptOf(t openbits.JobType) string {
	if t.Uploads() {
		return "what the server has acknowledged is kept"
	}
	return "what was fetched is kept"
}

// whereTo is where a file went: the destination of a download, the reply to an upload, or its URL.
func whereTo(f api.File) string {
	switch {
	case f.Upload == nil:
		return f.Path
	case f.Upload.Reply != "":
		return f.Upload.Reply
	default:
		return f.URL
	}
}

// outcome prints where the files went. It answers jobFailed when not all of them did.
func (a *app) outcome(ctx context.Context, c *client.Client, j api.Job, p *progress, asJSON bool) error {
	if asJSON {
		if err := writeJob(ctx, a.Out, c, j); err != nil {
			return err
		}
	}
	verified, last := 0, api.File{}
	for f, err := range c.AllFiles(ctx, j.ID, api.FileQuery{States: []openbits.FileState{openbits.FilePublished}, Limit: 1000}) {
		if err != nil {
			return err
		}
		if last = f; f.Digest != nil && f.Digest.Expected != "" {
			verified++
		}
		if !asJSON {
			fmt.Fprintln(a.Out, whereTo(f))
		}
	}
	if whole(j) {
		text := summary(j, last, verified, p.first, p.elapsed(time.Now()))
		if p.starts > 0 {
			text += fmt.Sprintf(", service started again: %d", p.starts)
		}
		fmt.Fprintln(a.Err, text)
		return nil
	}
	if err := a.tellFailure(ctx, c, j); err != nil {
		return err
	}
	if j.State == openbits.StateError {
		fmt.Fprintf(a.Err, "hint: bits resume %s tries again what failed; bits cancel %s gives it up.\n", short(j.ID), short(j.ID))
	}
	return jobFailed{}
}

func summary(j api.Job, last api.File, verified int, before int64, took time.Duration) string {
	what := files(j.FilesTotal)
	if j.FilesTotal == 1 {
		what = term.Plain(j.Name)
	}
	text := what + ": " + size.Bytes(j.BytesDone)
	fetched := max(0, j.BytesDone-before)
	if before > 0 {
		text += ", " + size.Bytes(fetched) + " of them now"
	}
	text += " in " + size.Duration(took)
	if took > 0 {
		text += ", " + size.Rate(int64(float64(fetched)/took.Seconds()))
	}
	switch {
	case verified == 1 && j.FilesTotal == 1:
		text += ", " + last.Digest.Algorithm + " verified"
	case verified > 0:
		text += fmt.Sprintf(", %d of %d digests verified", verified, j.FilesTotal)
	}
	return text
}
