// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
)

// getFlags are the flags of "bits get".
type getFlags struct {
	job       jobFlags
	digest    digestFlags
	input     string
	output    string
	folder    string
	checksums string
	detach    bool
	json      bool
}

func (a *app) get() *cobra.Command {
	var f getFlags
	c := &cobra.Command{
		Use:   "get URL...",
		Short: "fetch files",
		Long: `get fetches files and prints where they went. Several URLs are one job. Each file appears under its name when it
is whole and verified. The service is started when none runs; when this command or the service is killed, nothing
that was fetched is lost.

Ctrl-C suspends the job; the same command again, or "bits resume", goes on where it ended. When the terminal
is closed, the job goes on in the background. For a job that exists already with the same URLs and
destinations, get follows that one.

Names come from the URLs unless -o gives one. Proxies are taken from http_proxy, https_proxy, all_proxy and no_proxy.`,
		Example: `  bits get https://example.org/debian.iso --sha256 0123…
  bits get -d models -i urls.txt --checksums SHA256SUMS
  bits get --detach --priority low --limit 2M https://example.org/backup.tar`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return a.runGet(c.Context(), f, args) },
	}
	f.register(c)
	return c
}

func (f *getFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVarP(&f.input, "input", "i", "", "read more URLs from `FILE`, one a line; - is standard input")
	flags.StringVarP(&f.output, "output", "o", "", "the `FILE` to make of the one URL")
	flags.StringVarP(&f.folder, "dir", "d", "", "the `DIR` to put the files into; default: the current one")
	f.digest.register(c)
	flags.StringVar(&f.checksums, "checksums", "", "the files must have the digests in this `FILE`, as sha256sum or sha512sum wrote it")
	flags.StringVar(&f.job.name, "name", "", "the name (`TEXT`) of the job; default: that of the first file")
	f.job.register(c, true)
	flags.BoolVar(&f.detach, "detach", false, "print the job's id and return at once")
	flags.BoolVar(&f.json, "json", false, "print the job and its files as JSON instead of the paths")
}

func (a *app) runGet(ctx context.Context, f getFlags, args []string) error {
	job, err := f.plan(a, args)
	if err != nil {
		return err
	}
	return a.handOver(ctx, job, a.createOrAttach, f.detach, f.json)
}

// handOver gives a job to the service, by create, and follows it unless it is to be left alone.
func (a *app) handOver(
	ctx context.Context, job api.NewJob, create func(context.Context, *client.Client, api.NewJob) (api.Job, error), detach, asJSON bool,
) error {
	service, err := a.serve(ctx)
	if err != nil {
		return err
	}
	created, err := create(ctx, service, job)
	switch {
	case err != nil:
		if ctx.Err() != nil {
			// Whether the job was created is not known; if it was, it shall not run.
			_ = a.suspendNow(ctx, service, job.ID)
		}
		return err
	case !detach:
		return a.follow(ctx, service, created, asJSON)
	case asJSON:
		return writeJSON(a.Out, created)
	default:
		_, err := fmt.Fprintln(a.Out, created.ID)
		return err
	}
}

// createOrAttach creates the job, or finds the caller's own unfinished one that fetches the same.
func (a *app) createOrAttach(ctx context.Context, c *client.Client, j api.NewJob) (api.Job, error) {
	created, _, err := c.Create(ctx, j)
	if errors.Is(err, openbits.KindServiceUnavailable) && ctx.Err() == nil {
		// The service ended in between: the id makes it harmless to ask again.
		if err = a.startService(ctx); err == nil {
			created, _, err = c.Create(ctx, j)
		}
	}
	if !errors.Is(err, openbits.KindDestinationBusy) && !errors.Is(err, openbits.KindFileExists) {
		return created, err
	}
	existing, why, attachErr := attachable(ctx, c, j, err)
	switch {
	case attachErr != nil:
		return created, attachErr
	case why != "" && errors.Is(err, openbits.KindFileExists):
		return created, err
	case why != "":
		return created, busy(err, existing, why)
	}
	return a.attach(ctx, c, existing, j)
}

// busy adds to the service's refusal why this command does not follow the job that has the destination.
func busy(err error, existing api.Job, why string) error {
	e := *openbits.AsError(err)
	if existing.ID != "" {
		e.Hint = "Not followed, because " + why + `. "bits cancel ` + short(existing.ID) + `" frees the destination.`
	}
	return &e
}

// parseURLs checks all URLs, each of which must be named once.
func parseURLs(texts []string) ([]*url.URL, error) {
	urls := make([]*url.URL, len(texts))
	seen := make(map[string]bool, len(texts))
	for i, text := range texts {
		u, err := parseURL(text)
		if err != nil {
			return nil, err
		}
		if seen[text] {
			return nil, usage(openbits.RedactURL(text), "the URL is given twice", "Give it once.")
		}
		seen[text] = true
		urls[i] = u
	}
	return urls, nil
}
