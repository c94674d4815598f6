// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
)

// attachable finds the unfinished job that fetches exactly what j asks for, after the service refused
// to create it. When there is one for the destination but it differs, why says in what.
func attachable(ctx context.Context, c *client.Client, j api.NewJob, refused error) (existing api.Job, why string, err error) {
	if errors.Is(refused, openbits.KindFileExists) {
		return alreadyBegun(ctx, c, j)
	}
	at := openbits.AsError(refused).File
	if at < 0 || at >= len(j.Files) {
		at = 0
	}
	page, err := c.Jobs(ctx, api.JobQuery{Path: resolved(j.Files[at].Destination.Path), States: unfinished(), Limit: 1})
	if err != nil {
		return existing, "", err
	}
	if len(page.Jobs) == 0 {
		return existing, "the job that has the destination was not found", nil
	}
	existing = page.Jobs[0]
	why, err = compare(ctx, c, existing, j)
	return existing, why, err
}

// begunLooks is how many of the newest unfinished jobs are compared with a request whose files are there in part.
const begunLooks = 1000

// alreadyBegun looks for the unfinished job that has published some of the files already.
func alreadyBegun(ctx context.Context, c *client.Client, j api.NewJob) (existing api.Job, why string, err error) {
	looked := 0
	for job, err := range c.AllJobs(ctx, api.JobQuery{States: unfinished()}) {
		if err != nil {
			return existing, "", err
		}
		if looked++; looked > begunLooks {
			break
		}
		if job.FilesTotal != len(j.Files) || job.FilesDone == 0 {
			continue
		}
		if why, err := compare(ctx, c, job, j); err != nil || why == "" {
			return job, why, err
		}
	}
	return existing, "no unfinished job has fetched it", nil
}

// compare compares a job with a request; why says in what they differ.
func compare(ctx context.Context, c *client.Client, existing api.Job, j api.NewJob) (why string, err error) {
	switch {
	case existing.Type != openbits.TypeDownload || !existing.Settings.AutoComplete:
		return `its job was made by "bits create" and is completed by hand`, nil
	case existing.FilesTotal != len(j.Files):
		return fmt.Sprintf("its job %s has %s", short(existing.ID), files(existing.FilesTotal)), nil
	}
	wanted := make(map[string]api.NewFile, len(j.Files))
	for _, f := range j.Files {
		wanted[resolved(f.Destination.Path)] = f
	}
	for f, err := range c.AllFiles(ctx, existing.ID, api.FileQuery{Limit: 1000}) {
		if err != nil {
			return "", err
		}
		if f.State == openbits.FileDropped {
			continue
		}
		if why = differs(f, wanted); why != "" {
			return why, nil
		}
	}
	return "", nil
}

// resolved is a destination as the service names it: its folder without symbolic links.
func resolved(path string) string {
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return path
	}
	return filepath.Join(folder, filepath.Base(path))
}

func differs(f api.File, wanted map[string]api.NewFile) string {
	w, ok := wanted[f.Path]
	switch {
	case !ok:
		return "its job also fetches " + f.Path
	case openbits.RedactURL(w.URL) != f.URL:
		return "its job fetches " + f.URL
	case w.Digest.Expected != "" && (f.Digest == nil || f.Digest.Expected != w.Digest.Expected):
		return "its job does not check for the digest given now"
	}
	return ""
}

// attach lets an existing job go on. Secrets in a URL are not shown, so that a new
// signature of the same URL is taken over: where the content is the same, its bytes are kept.
func (a *app) attach(ctx context.Context, c *client.Client, existing api.Job, j api.NewJob) (api.Job, error) {
	verb := "fetches"
	if existing.Type.Uploads() {
		verb = "sends"
	}
	fmt.Fprintf(a.Err, "bits: %s %s this already (%s): following it\n", called(existing), verb, existing.State)
	stopped := existing.State == openbits.StateSuspended || existing.State == openbits.StateError || existing.State == openbits.StateTransientError
	if !stopped {
		return existing, nil
	}
	if err := renewSecrets(ctx, c, existing, j); err != nil {
		return existing, err
	}
	return c.Resume(ctx, existing.ID)
}

func renewSecrets(ctx context.Context, c *client.Client, existing api.Job, j api.NewJob) error {
	secret := map[string]string{}
	for _, f := range j.Files {
		if strings.Contains(openbits.RedactURL(f.URL), "…") {
			path := f.Destination.Path
			if f.Upload != nil {
				path = f.Upload.Source.Path
			}
			secret[resolved(path)] = f.URL
		}
	}
	if len(secret) == 0 {
		return nil
	}
	for f, err := range c.AllFiles(ctx, existing.ID, api.FileQuery{Limit: 1000}) {
		if err != nil {
			return err
		}
		if url := secret[f.Path]; url != "" && !f.State.Done() && f.State != openbits.FileDropped {
			if _, err := c.RenewURL(ctx, existing.ID, f.Index, url); err != nil {
				return err
			}
		}
	}
	return nil
}
