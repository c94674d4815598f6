// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/size"
)

const setKeys = "name, description, priority, limit, retry, no-progress-timeout, max-time, url[INDEX]"

func (a *app) set() *cobra.Command {
	return &cobra.Command{
		Use:   "set JOB KEY=VALUE...",
		Short: "change properties of a job",
		Long: `set changes properties of a job that is not final:

  name=TEXT                 the job's name
  description=TEXT          a remark
  priority=P                foreground, high, normal or low
  limit=RATE                at most so many bytes per second, or off
  retry=TIME                first pause after a transient error
  no-progress-timeout=TIME  how long transient errors may go on without a byte
  max-time=TIME             the most time the job may spend transferring
  url[INDEX]=URL            another address of the same content, such as a renewed signed
                            URL; bytes are kept where validator or digest agree

All values are checked before anything is changed.`,
		Example: "  bits set 6f1c0f0e priority=high limit=500k\n  bits set 6f1c0f0e 'url[0]=https://example.org/new?sig=1'",
		Args:    cobra.MinimumNArgs(2),
		ValidArgsFunction: func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return a.completeJobs(c, args, typed)
			}
			keys := strings.Split(setKeys, ", ")
			return cobra.AppendActiveHelp(withEquals(keys[:len(keys)-1]), "KEY=VALUE"), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			change, err := parseChange(args[1:])
			if err != nil {
				return err
			}
			service, err := a.serve(c.Context())
			if err != nil {
				return err
			}
			job, err := service.Find(c.Context(), args[0])
			if err != nil {
				return err
			}
			if change.any {
				if job, err = service.Set(c.Context(), job.ID, change.job); err != nil {
					return err
				}
			}
			for _, u := range change.urls {
				if _, err := service.RenewURL(c.Context(), job.ID, u.index, u.url); err != nil {
					return err
				}
			}
			fmt.Fprintf(a.Err, "%s: changed\n", called(job))
			return nil
		},
	}
}

func withEquals(keys []string) []cobra.Completion {
	out := make([]cobra.Completion, len(keys))
	for i, k := range keys {
		out[i] = k + "="
	}
	return out
}

// change is what the pairs of a command line ask for.
type change struct {
	job  api.JobChange
	any  bool // something in job is set
	urls []renewal
}

type renewal struct {
	index int
	url   string
}

func parseChange(pairs []string) (change, error) {
	var c change
	seen := map[string]bool{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return c, usage(`"`+pair+`"`, "it is not of the form KEY=VALUE", "Keys are: "+setKeys+".")
		}
		if seen[key] {
			return c, usage(key, "it is given twice", "Give each key once.")
		}
		seen[key] = true
		if err := c.set(key, value); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *change) set(key, value string) error {
	if index, ok := strings.CutPrefix(key, "url"); ok {
		return c.renew(key, index, value)
	}
	c.any = true
	s := &c.job.Settings
	switch key {
	case "name":
		c.job.Name = &value
	case "description":
		c.job.Description = &value
	case "priority":
		p, err := parsePriority("priority", value)
		c.job.Priority = &p
		return err
	case "limit":
		rate, err := size.ParseRate(value)
		s.Limit = &rate
		return wrap("limit", err)
	case "retry":
		return parseSeconds(key, value, &s.RetryDelay)
	case "no-progress-timeout":
		return parseSeconds(key, value, &s.NoProgressTimeout)
	case "max-time":
		return parseSeconds(key, value, &s.MaxDownloadTime)
	default:
		return usage(`"`+key+`"`, "a job has no such property", "Keys are: "+setKeys+".")
	}
	return nil
}

func (c *change) renew(key, bracketed, value string) error {
	digits := strings.TrimSuffix(strings.TrimPrefix(bracketed, "["), "]")
	index, err := strconv.Atoi(digits)
	if err != nil || index < 0 || bracketed != "["+digits+"]" {
		return usage(`"`+key+`"`, "the file's index is missing", `Write url[0]=URL for the first file; "bits show" lists the indexes.`)
	}
	if _, err := parseURL(value); err != nil {
		return err
	}
	c.urls = append(c.urls, renewal{index, value})
	return nil
}

func parseSeconds(key, value string, into **api.Seconds) error {
	d, err := size.ParseDuration(value)
	seconds := api.SecondsOf(d)
	*into = &seconds
	return wrap(key, err)
}

// wrap makes a usage error about the value of key, or nil of nil.
func wrap(key string, err error) error {
	if err == nil {
		return nil
	}
	return usage(key, err.Error(), "")
}

func parsePriority(key, text string) (openbits.Priority, error) {
	p := openbits.Priority(strings.ToLower(text))
	if p.Number() < 0 {
		return p, usage(key, `"`+text+`" is no priority`, "Priorities are: "+join(openbits.Priorities)+".")
	}
	return p, nil
}
