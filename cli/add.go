// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/names"
)

// addFlags are the flags of "bits add".
type addFlags struct {
	digest digestFlags
	upload uploadFlags
	reply  string
}

func (a *app) add() *cobra.Command {
	var f addFlags
	c := &cobra.Command{
		Use:   "add JOB URL DEST | JOB FILE URL",
		Short: "add a file to a job",
		Long: `add gives a job another file. For a download, DEST is the file to make of the URL, or an existing folder, in which it gets
the name that the URL says. For an upload, FILE is sent to the URL, to which its name is appended when it ends in a slash.`,
		Example: `  bits add 6f1c0f0e https://example.org/a.iso /srv/a.iso --sha256 0123…
  bits add 9b2d41aa backup.tar https://files.example.org/incoming/`,
		Args:              cobra.ExactArgs(3),
		ValidArgsFunction: a.completeAdd,
		RunE:              func(c *cobra.Command, args []string) error { return a.runAdd(c.Context(), f, args) },
	}
	f.digest.register(c)
	f.upload.register(c)
	c.Flags().StringVar(&f.reply, "reply", "", "of an upload-reply: the `FILE` to make of the server's answer; default: FILE.reply")
	return c
}

func (a *app) runAdd(ctx context.Context, f addFlags, args []string) error {
	file, err := f.file(args[1], args[2])
	if err != nil {
		return err
	}
	service, err := a.serve(ctx)
	if err != nil {
		return err
	}
	job, err := service.Find(ctx, args[0])
	if err != nil {
		return err
	}
	switch {
	case job.Type.Uploads() && file.Upload == nil:
		return usage("the command line", called(job)+" is an upload", "The form is: bits add JOB FILE URL.")
	case !job.Type.Uploads() && file.Upload != nil:
		return usage("the command line", called(job)+" is a download", "The form is: bits add JOB URL DEST.")
	}
	added, err := service.AddFiles(ctx, job.ID, -1, []api.NewFile{file})
	if err != nil {
		return err
	}
	for _, f := range added {
		fmt.Fprintf(a.Err, "%s: file %d is %s\n", called(job), f.Index, f.Path)
	}
	return nil
}

// file tells the two forms apart: the URL is the one of the two that looks like one.
func (f *addFlags) file(from, to string) (api.NewFile, error) {
	if strings.Contains(from, "://") || !strings.Contains(to, "://") {
		return newFile(from, to, f.digest)
	}
	if f.digest.given() {
		return api.NewFile{}, usage("the command line", "only what is fetched is checked for a digest", "Leave it out.")
	}
	base, err := parseURL(to)
	if err != nil {
		return api.NewFile{}, err
	}
	return f.upload.file(from, targetURL(base, filepath.Base(from)), f.reply)
}

func (a *app) completeAdd(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	switch len(args) {
	case 0:
		return a.completeJobs(c, args, typed)
	case 1, 2:
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
