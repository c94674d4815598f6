// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/size"
)

// putFlags are the flags of "bits put".
type putFlags struct {
	job    jobFlags
	upload uploadFlags
	reply  string
	detach bool
	json   bool
}

// uploadFlags say how files are sent.
type uploadFlags struct {
	protocol string
	growing  bool
	limit    string
}

func (a *app) put() *cobra.Command {
	var f putFlags
	c := &cobra.Command{
		Use:   "put FILE... URL",
		Short: "send files",
		Long: `put sends files to a server and prints where they went. Several files are one job; their names are appended to the
URL, which then ends in a slash, as is the name of a single file when it does. The service is started when none runs.

With the BITS upload protocol (IIS, "bits serve") an interrupted upload goes on where it ended. A plain PUT (WebDAV, object
stores) begins again. --protocol auto asks the server: one that answers the first packet of the BITS upload protocol with a 2xx
without acknowledging it, with 501 or 505, or with a 4xx that is not its own (401, 407, 408, 423, 425 and 429 are no answer)
gets a PUT. What was found out is kept with the file. A PUT replaces what stands under the URL, if the server lets it.

A file that changes while it is sent fails (local_file_changed): two versions are never mixed. --growing sends what a log
held at the start, however it grows meanwhile.

Ctrl-C suspends the job; the same command again, or "bits resume", goes on. "bits cancel" tells the server, too.`,
		Example: `  bits put backup.tar https://files.example.org/incoming/
  bits put --protocol put -H @token.txt report.pdf https://dav.example.org/reports/report.pdf
  bits put order.xml https://example.org/orders/order.xml --reply answer.xml`,
		Args: cobra.MinimumNArgs(2),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.runPut(c.Context(), f, args)
		},
	}
	f.register(c)
	return c
}

func (f *putFlags) register(c *cobra.Command) {
	flags := c.Flags()
	f.upload.register(c)
	flags.StringVar(&f.reply, "reply", "", "the server answers with a file: make it this `FILE`")
	flags.StringVar(&f.job.name, "name", "", "the name (`TEXT`) of the job; default: that of the first file")
	f.job.registerWith(c, true, "replace the file of --reply when it exists")
	flags.BoolVar(&f.detach, "detach", false, "print the job's id and return at once")
	flags.BoolVar(&f.json, "json", false, "print the job and its files as JSON instead of the URLs")
}

func (f *uploadFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.protocol, "protocol", string(openbits.ProtocolAuto), "`P` is bits, put or auto")
	flags.BoolVar(&f.growing, "growing", false, "the file may grow while it is sent: send what it held at the start")
	flags.StringVar(&f.limit, "reply-limit", "", "the largest reply that is accepted, a `SIZE` such as 10M; default: 1 GiB")
	_ = c.RegisterFlagCompletionFunc("protocol", cobra.FixedCompletions(completions(openbits.Protocols), cobra.ShellCompDirectiveNoFileComp))
}

// file says how one file is sent.
func (f *uploadFlags) file(path, target, reply string) (api.NewFile, error) {
	up := &api.NewUpload{Protocol: openbits.Protocol(strings.ToLower(f.protocol)), Growing: f.growing}
	if !up.Protocol.Known() {
		return api.NewFile{}, usage("--protocol", `"`+f.protocol+`" is no protocol`, "Protocols are: bits, put, auto.")
	}
	var err error
	if up.Source.Path, err = sourcePath(path); err != nil {
		return api.NewFile{}, err
	}
	if f.limit != "" {
		if up.ReplyLimit, err = size.Parse(f.limit); err != nil || up.ReplyLimit <= 0 {
			return api.NewFile{}, usage("--reply-limit", "it is no size", "Write it like 500k or 10MiB.")
		}
	}
	if reply != "" {
		if up.Reply.Path, err = filepath.Abs(reply); err != nil {
			return api.NewFile{}, usage("--reply "+reply, plainOS(err), "")
		}
	}
	return api.NewFile{URL: target, Upload: up}, nil
}

// sourcePath is where a file really stands: the service follows no link that stands in its place.
func sourcePath(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", usage(path, plainOS(err), "Check the path of the file to send.")
	case info.IsDir():
		return "", usage(path, "it is a folder", "Name its files: "+filepath.Join(path, "*")+".")
	case !info.Mode().IsRegular():
		return "", usage(path, "it is not a plain file", "A job outlives this command: write the data into a file and send that.")
	}
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return "", usage(path, plainOS(err), "Check the path of the file to send.")
	}
	return real, nil
}

func (a *app) runPut(ctx context.Context, f putFlags, args []string) error {
	job, err := f.plan(a, args)
	if err != nil {
		return err
	}
	return a.handOver(ctx, job, a.createOrFollow, f.detach, f.json)
}

// plan makes a job of a command line, without asking anybody. Every error is one of usage.
func (f *putFlags) plan(a *app, args []string) (api.NewJob, error) {
	paths, target := args[:len(args)-1], args[len(args)-1]
	base, err := parseURL(target)
	if err != nil {
		return api.NewJob{}, err
	}
	switch {
	case len(paths) > openbits.MaxFiles:
		return api.NewJob{}, usage("the command line", fmt.Sprintf("%d files are more than one job takes (%d)", len(paths), openbits.MaxFiles), "Make several jobs of them.")
	case len(paths) > 1 && !strings.HasSuffix(base.Path, "/"):
		return api.NewJob{}, usage(openbits.RedactURL(target), fmt.Sprintf("it names one file, but there are %d to send", len(paths)), "End it in a slash to append their names.")
	case f.reply != "" && len(paths) > 1:
		return api.NewJob{}, usage("--reply", fmt.Sprintf("there is one reply, but there are %d files", len(paths)), "Use a command of its own for each.")
	case f.reply != "" && strings.EqualFold(f.upload.protocol, string(openbits.ProtocolPUT)):
		return api.NewJob{}, usage("--reply", "a server answers with a file in the BITS upload protocol only", "Leave --protocol put out.")
	}
	job, err := f.job.job(a, []*url.URL{base})
	if err != nil {
		return job, err
	}
	job.ID, job.Start, job.Settings.AutoComplete, job.Type = client.NewID(), true, true, openbits.TypeUpload
	if f.reply != "" {
		job.Type = openbits.TypeUploadReply
	}
	seen := map[string]string{}
	for _, path := range paths {
		file, err := f.upload.file(path, targetURL(base, filepath.Base(path)), f.reply)
		if err != nil {
			return job, err
		}
		if other, taken := seen[file.URL]; taken {
			return job, usage(path, "it would go where "+other+" goes: "+openbits.RedactURL(file.URL), "Use a command of its own for each.")
		}
		seen[file.URL] = path
		job.Files = append(job.Files, file)
	}
	if job.Name == "" && len(paths) > 1 {
		job.Name = fmt.Sprintf("%s and %d more", filepath.Base(paths[0]), len(paths)-1)
		if len(job.Name) > openbits.MaxNameLength {
			job.Name = ""
		}
	}
	return job, nil
}

// targetURL is where a file goes: a URL that ends in a slash gets its name.
func targetURL(base *url.URL, name string) string {
	if !strings.HasSuffix(base.Path, "/") && base.Path != "" {
		return base.String()
	}
	u := *base
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawPath = u.EscapedPath() + url.PathEscape(name)
	u.Path += name
	return u.String()
}

// createOrFollow creates an upload, or finds the caller's own unfinished one that sends the same.
func (a *app) createOrFollow(ctx context.Context, c *client.Client, j api.NewJob) (api.Job, error) {
	existing, found, err := sameUpload(ctx, c, j)
	if err == nil && found {
		return a.attach(ctx, c, existing, j)
	}
	if err != nil && !errors.Is(err, openbits.KindServiceUnavailable) {
		return api.Job{}, err
	}
	created, _, err := c.Create(ctx, j)
	if errors.Is(err, openbits.KindServiceUnavailable) && ctx.Err() == nil {
		// The service ended in between: the id makes it harmless to ask again.
		if err = a.startService(ctx); err == nil {
			created, _, err = c.Create(ctx, j)
		}
	}
	return created, err
}

// sameUpload looks for the newest unfinished job that sends the same files to the same places.
func sameUpload(ctx context.Context, c *client.Client, j api.NewJob) (found api.Job, ok bool, err error) {
	looked := 0
	for job, err := range c.AllJobs(ctx, api.JobQuery{States: unfinished()}) {
		if err != nil {
			return found, false, err
		}
		if looked++; looked > begunLooks {
			break
		}
		if job.Type != j.Type || !job.Settings.AutoComplete || job.FilesTotal != len(j.Files) {
			continue
		}
		same, err := sendsSame(ctx, c, job.ID, j)
		if err != nil || same {
			return job, same, err
		}
	}
	return found, false, nil
}

func sendsSame(ctx context.Context, c *client.Client, id string, j api.NewJob) (bool, error) {
	wanted := make(map[string]api.NewFile, len(j.Files))
	for _, f := range j.Files {
		wanted[openbits.RedactURL(f.URL)] = f
	}
	for f, err := range c.AllFiles(ctx, id, api.FileQuery{Limit: 1000}) {
		if err != nil {
			return false, err
		}
		if f.State == openbits.FileDropped {
			continue
		}
		w, ok := wanted[f.URL]
		if !ok || f.Upload == nil || f.Path != w.Upload.Source.Path || f.Upload.Protocol != w.Upload.Protocol ||
			f.Upload.Growing != w.Upload.Growing || w.Upload.Reply.Path != "" && f.Upload.Reply != resolved(w.Upload.Reply.Path) {
			return false, nil
		}
	}
	return true, nil
}
