// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/checksum"
	"github.com/openbits/openbits/internal/size"
)

// jobFlags are what get and create let their caller choose about a job.
type jobFlags struct {
	name, description string
	priority, limit   string
	overwrite         bool
	route             routeFlags
}

func (f *jobFlags) register(c *cobra.Command, withNetrc bool) {
	f.registerWith(c, withNetrc, "replace files that exist")
}

// registerWith says what overwrite is about.
func (f *jobFlags) registerWith(c *cobra.Command, withNetrc bool, overwrite string) {
	flags := c.Flags()
	flags.StringVar(&f.description, "description", "", "a remark (`TEXT`) that is kept with the job")
	flags.StringVar(&f.priority, "priority", string(openbits.PriorityNormal), "`P` is foreground, high, normal or low; all but foreground take idle bandwidth only")
	flags.StringVar(&f.limit, "limit", "", "move at most `RATE` bytes per second, such as 500k or 2MiB/s")
	flags.BoolVar(&f.overwrite, "overwrite", false, overwrite)
	_ = c.RegisterFlagCompletionFunc("priority", cobra.FixedCompletions(completions(openbits.Priorities), cobra.ShellCompDirectiveNoFileComp))
	f.route.register(c, withNetrc)
}

// job makes the part of a new job that the flags and this process's environment decide.
func (f *jobFlags) job(a *app, urls []*url.URL) (api.NewJob, error) {
	j := api.NewJob{
		Name: f.name, Description: f.description, Type: openbits.TypeDownload,
		Settings: api.NewSettings{Overwrite: f.overwrite, Umask: umask()},
	}
	var err error
	if j.Priority, err = parsePriority("--priority", f.priority); err != nil {
		return j, err
	}
	if f.limit != "" {
		if j.Settings.Limit, err = size.ParseRate(f.limit); err != nil {
			return j, usage("--limit", err.Error(), "")
		}
	}
	j.Route, err = f.route.route(a, urls)
	return j, err
}

// parseURL checks what can be checked of the address of a file without asking anybody.
func parseURL(text string) (*url.URL, error) {
	object := openbits.RedactURL(text)
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, usage("a URL", urlFault(err), "Write it like https://example.org/file.iso, with special characters as %XX.")
	case u.Scheme == "" && u.Host == "":
		return nil, usage(object, "it has no scheme", "Did you mean https://"+strings.TrimPrefix(object, "//")+"?")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, usage(object, `the scheme "`+u.Scheme+`" is not supported`, "Use a URL that begins with https:// or http://.")
	case u.Hostname() == "":
		return nil, usage(object, "it names no server", "Write it like https://example.org/file.iso.")
	case len(text) > openbits.MaxURLLength:
		return nil, usage(object[:min(len(object), 80)]+"…", "the URL is longer than the service takes (8,192 bytes)", "")
	}
	return u, nil
}

// urlFault is what is wrong with a URL, without the URL: it may hold secrets.
func urlFault(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, `": `); i >= 0 {
		return text[i+3:]
	}
	return "it is no URL"
}

// digestFlags say what the content must be.
type digestFlags struct{ sha256, sha512 string }

func (f *digestFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.sha256, "sha256", "", "the file must have this SHA-256 digest (64 `HEX` digits)")
	c.Flags().StringVar(&f.sha512, "sha512", "", "the file must have this SHA-512 digest (128 `HEX` digits)")
}

func (f *digestFlags) given() bool { return f.sha256 != "" || f.sha512 != "" }

func (f *digestFlags) digest() (api.NewDigest, error) {
	if f.sha256 != "" && f.sha512 != "" {
		return api.NewDigest{}, usage("the command line", "--sha256 and --sha512 exclude each other", "Give the stronger one.")
	}
	for _, g := range []struct{ flag, algorithm, text string }{{"--sha256", "sha256", f.sha256}, {"--sha512", "sha512", f.sha512}} {
		if g.text == "" {
			continue
		}
		d, err := checksum.Digest(g.text)
		if err != nil {
			return api.NewDigest{}, usage(g.flag, err.Error(), "")
		}
		if d.Algorithm != g.algorithm {
			return api.NewDigest{}, usage(g.flag, "the digest is a "+d.Algorithm, "Use --"+d.Algorithm+".")
		}
		return api.NewDigest{Algorithm: d.Algorithm, Expected: d.Expected}, nil
	}
	return api.NewDigest{}, nil
}
