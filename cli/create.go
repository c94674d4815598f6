// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/size"
)

// createFlags are the flags of "bits create".
type createFlags struct {
	job           jobFlags
	kind          string
	auto, json    bool
	retry, noProg string
	maxTime       string
}

func (a *app) create() *cobra.Command {
	var f createFlags
	c := &cobra.Command{
		Use:   "create [NAME]",
		Short: "create a job without files and print its id",
		Long: `create makes a job as BITS does: it is suspended, "bits add" gives it files, "bits resume" starts it, and when all
is whole "bits complete" publishes the files. To fetch something in one step use "bits get", to send something "bits put".

A job of type upload sends files; "bits complete" only ends it, since the server has them then. One of type upload-reply sends
one file by the BITS upload protocol and fetches the server's answer to it, which "bits complete" publishes.`,
		Example: `  id=$(bits create updates --priority low)
  bits add $id https://example.org/a.pkg /srv/a.pkg
  bits resume $id && bits wait $id && bits complete $id`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				f.job.name = args[0]
			}
			job, err := f.plan(a)
			if err != nil {
				return err
			}
			service, err := a.serve(c.Context())
			if err != nil {
				return err
			}
			created, _, err := service.Create(c.Context(), job)
			if err != nil {
				return err
			}
			if f.json {
				return writeJSON(a.Out, created)
			}
			_, err = fmt.Fprintln(a.Out, created.ID)
			return err
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.kind, "type", string(openbits.TypeDownload), "`type` of the job: download, upload or upload-reply")
	_ = c.RegisterFlagCompletionFunc("type", cobra.FixedCompletions([]cobra.Completion{"download", "upload", "upload-reply"}, cobra.ShellCompDirectiveNoFileComp))
	// Credentials of netrc are looked up for the hosts of URLs, and there is none yet.
	f.job.register(c, false)
	flags.BoolVar(&f.auto, "auto-complete", false, "publish each file when it is verified, then complete the job")
	flags.StringVar(&f.retry, "retry", "", "first pause after a transient error, a `time` such as 5s")
	flags.StringVar(&f.noProg, "no-progress-timeout", "", "how long transient errors may go on without a byte, a `time` such as 14d")
	flags.StringVar(&f.maxTime, "max-time", "", "the most `time` the job may spend transferring, such as 90d")
	flags.BoolVar(&f.json, "json", false, "print the job as JSON instead of its id")
	return c
}

func (f *createFlags) plan(a *app) (api.NewJob, error) {
	job, err := f.job.job(a, nil)
	if err != nil {
		return job, err
	}
	job.ID = client.NewID()
	job.Type = openbits.JobType(strings.ReplaceAll(strings.ToLower(f.kind), "-", "_"))
	if job.Type.Number() < 0 {
		return job, usage("--type", `"`+f.kind+`" is no type of job`, "Types are: download, upload, upload-reply.")
	}
	job.Settings.AutoComplete = f.auto
	for _, t := range []struct {
		flag, text string
		into       **api.Seconds
	}{
		{"--retry", f.retry, &job.Settings.RetryDelay},
		{"--no-progress-timeout", f.noProg, &job.Settings.NoProgressTimeout},
		{"--max-time", f.maxTime, &job.Settings.MaxDownloadTime},
	} {
		if t.text == "" {
			continue
		}
		d, err := size.ParseDuration(t.text)
		if err != nil {
			return job, usage(t.flag, err.Error(), "")
		}
		seconds := api.SecondsOf(d)
		*t.into = &seconds
	}
	return job, nil
}
