// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/names"
)

func (a *app) add() *cobra.Command {
	var digest digestFlags
	c := &cobra.Command{
		Use:   "add JOB URL DEST",
		Short: "add a file to a job",
		Long: `add gives a job another file to fetch. DEST is the file to make of it, or an existing folder, in which it gets the
name that the URL says.`,
		Example:           "  bits add 6f1c0f0e https://example.org/a.iso /srv/a.iso --sha256 0123…",
		Args:              cobra.ExactArgs(3),
		ValidArgsFunction: a.completeAdd,
		RunE: func(c *cobra.Command, args []string) error {
			file, err := newFile(args[1], args[2], digest)
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
			added, err := service.AddFiles(c.Context(), job.ID, -1, []api.NewFile{file})
			if err != nil {
				return err
			}
			for _, f := range added {
				fmt.Fprintf(a.Err, "%s: file %d is %s\n", called(job), f.Index, f.Path)
			}
			return nil
		},
	}
	digest.register(c)
	return c
}

func (a *app) completeAdd(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	switch len(args) {
	case 0:
		return a.completeJobs(c, args, typed)
	case 2:
		return nil, cobra.ShellCompDirectiveDefault
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

func newFile(text, dest string, d digestFlags) (api.NewFile, error) {
	u, err := parseURL(text)
	if err != nil {
		return api.NewFile{}, err
	}
	digest, err := d.digest()
	if err != nil {
		return api.NewFile{}, err
	}
	path, err := destination(u, dest)
	return api.NewFile{URL: text, Destination: api.Destination{Path: path}, Digest: digest}, err
}

// destination is the absolute path of dest, or of the URL's name in it when it is a folder.
func destination(u *url.URL, dest string) (string, error) {
	path, err := filepath.Abs(dest)
	if err != nil || dest == "" {
		return "", usage("DEST", "it is no path", "Give the file to make.")
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, names.FromURL(u))
	}
	return path, nil
}
