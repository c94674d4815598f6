// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/term"
)

func (a *app) show() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show JOB",
		Short: "print all that is known of a job and its files",
		Long: `show prints all that the service knows of a job and of each of its files. What may be secret in a URL, its user,
query and fragment, is never shown.`,
		Example:           "  bits show 6f1c0f0e\n  bits show debian.iso --json | jq .files",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeJob,
		RunE: func(c *cobra.Command, args []string) error {
			service, err := a.reach(c.Context())
			if err != nil {
				return err
			}
			job, err := service.Find(c.Context(), args[0])
			if err != nil {
				return err
			}
			out := bufio.NewWriter(a.Out)
			if asJSON {
				err = writeJob(c.Context(), out, service, job)
			} else {
				err = showJob(c.Context(), out, service, job)
			}
			if err != nil {
				return err
			}
			return out.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the job and its files as one JSON object")
	return c
}

func showJob(ctx context.Context, w io.Writer, c *client.Client, j api.Job) error {
	now := time.Now()
	fact := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-12s %s\n", name, value)
		}
	}
	fact("id", j.ID)
	fact("name", term.Plain(j.Name))
	fact("description", term.Plain(j.Description))
	fact("type", string(j.Type))
	fact("priority", string(j.Priority))
	fact("state", string(j.State))
	if j.Reason != nil {
		fact("reason", string(j.Reason.Code)+": "+term.Plain(j.Reason.Text))
		if j.Reason.Since != nil {
			fact("  since", moment(*j.Reason.Since, now))
		}
		if j.Reason.Until != nil {
			fact("  until", moment(*j.Reason.Until, now))
		}
		fact("  hint", term.Plain(j.Reason.Hint))
	}
	if j.Error != nil {
		fact("error", string(j.Error.Code)+": "+term.Plain(j.Error.Text))
		fact("  hint", term.Plain(j.Error.Hint))
	}
	if j.ErrorCount > 0 {
		fact("errors", fmt.Sprint(j.ErrorCount))
	}
	fact("done", fmt.Sprintf("%s of %s (%s), %d of %s", size.Bytes(j.BytesDone), size.Bytes(total(j.BytesTotal)),
		term.Percent(j.BytesDone, total(j.BytesTotal)), j.FilesDone, files(j.FilesTotal)))
	if j.FilesFailed > 0 {
		fact("failed", files(j.FilesFailed))
	}
	if j.Rate != nil {
		fact("rate", size.Rate(*j.Rate))
	}
	if t := j.Transport; t != nil {
		fact("network", mode(t, now))
		fact("  rate", paces(t))
		fact("  delay", delays(t))
		fact("  through", joined(", ", term.Plain(t.Interface), by(t)))
		for _, note := range t.Notes {
			fact("  note", term.Plain(note))
		}
	}
	fact("settings", settings(j.Settings))
	fact("owner", term.Plain(j.Owner.Name)+" ("+term.Plain(j.Owner.ID)+")")
	fact("created", moment(j.Created, now)+createdBy(j.Client))
	fact("modified", moment(j.Modified, now))
	if j.Completed != nil {
		fact("whole", moment(*j.Completed, now))
	}
	if j.Expires != nil && !j.State.Final() {
		fact("expires", moment(*j.Expires, now))
	}
	for f, err := range c.AllFiles(ctx, j.ID, api.FileQuery{Limit: 1000}) {
		if err != nil {
			return err
		}
		showFile(w, f, now)
	}
	return nil
}

func createdBy(c api.Client) string {
	if c.PID == 0 {
		return ""
	}
	return fmt.Sprintf(" by process %d %s", c.PID, term.Plain(c.Program))
}

func settings(s api.Settings) string {
	text := "completed by hand"
	if s.AutoComplete {
		text = "completes by itself"
	}
	if s.Overwrite {
		text += ", replaces existing files"
	}
	if s.Limit > 0 {
		text += ", at most " + size.Rate(s.Limit)
	}
	return text + ", retry after " + size.Duration(s.RetryDelay.Duration()) + ", gives up after " +
		size.Duration(s.NoProgressTimeout.Duration()) + " without progress or " +
		size.Duration(s.MaxDownloadTime.Duration()) + " of transfer"
}

func showFile(w io.Writer, f api.File, now time.Time) {
	fmt.Fprintf(w, "\nfile %d       %s\n", f.Index, term.Plain(f.Path))
	way := "from"
	if f.Upload != nil {
		way = "to  "
	}
	fmt.Fprintf(w, "  %s       %s\n", way, term.Plain(f.URL))
	fmt.Fprintf(w, "  state      %s, %s of %s (%s)\n", f.State, size.Bytes(f.BytesDone), size.Bytes(total(f.BytesTotal)),
		term.Percent(f.BytesDone, total(f.BytesTotal)))
	if f.Upload != nil {
		showUpload(w, f)
	}
	if v := f.Validator; v != nil && (v.ETag != "" || v.LastModified != "") {
		fmt.Fprintf(w, "  version    %s\n", term.Plain(v.ETag+" "+v.LastModified))
	}
	if d := f.Digest; d != nil {
		fmt.Fprintf(w, "  digest     %s\n", digestWords(*d))
	}
	if f.NextTry != nil {
		fmt.Fprintf(w, "  next try   %s\n", moment(*f.NextTry, now))
	}
	if f.Error != nil {
		fmt.Fprintf(w, "  error      %s: %s\n", f.Error.Code, term.Plain(f.Error.Text))
		if f.Error.Hint != "" {
			fmt.Fprintf(w, "  hint       %s\n", term.Plain(f.Error.Hint))
		}
	}
}

// showUpload prints what is known of a file that is sent: the protocol, the session, what the server has, and the reply.
func showUpload(w io.Writer, f api.File) {
	up := f.Upload
	protocol := string(up.Protocol)
	if up.Spoken != "" && up.Spoken != up.Protocol {
		protocol += ": the server speaks " + string(up.Spoken)
	}
	if up.Growing {
		protocol += ", of a growing file"
	}
	fmt.Fprintf(w, "  protocol   %s\n", protocol)
	if up.Session != "" {
		session := term.Plain(up.Session)
		if up.Host != "" {
			session += " at " + term.Plain(up.Host)
		}
		fmt.Fprintf(w, "  session    %s\n", session)
	}
	switch {
	case up.Sent:
		fmt.Fprintf(w, "  server     has the whole file\n")
	case up.Spoken == openbits.ProtocolBITS:
		fmt.Fprintf(w, "  server     has acknowledged %s\n", size.Bytes(f.BytesDone))
	}
	if up.Reply != "" {
		reply := term.Plain(up.Reply)
		if up.ReplySize != nil {
			reply += ", " + size.Bytes(*up.ReplySize)
		}
		fmt.Fprintf(w, "  reply      %s\n", reply)
	}
}

func digestWords(d api.Digest) string {
	switch {
	case d.Actual == "" && d.Expected == "":
		return d.Algorithm + " wanted"
	case d.Actual == "":
		return d.Algorithm + " " + d.Expected + " expected"
	case d.Expected == "":
		return d.Algorithm + " " + d.Actual
	case d.Actual == d.Expected:
		return d.Algorithm + " " + d.Actual + " verified"
	}
	return d.Algorithm + " " + d.Actual + " instead of " + d.Expected
}
