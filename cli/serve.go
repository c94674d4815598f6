// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/bitsup"
	"github.com/openbits/openbits/internal/size"
)

// serveFlags are the flags of "bits serve".
type serveFlags struct {
	listen            []string
	cert, key         string
	auth              string
	readOnly          bool
	noDownloads       bool
	maxSize           string
	maxFragment       string
	quota, userQuota  string
	overwrite         bool
	makeDirs          bool
	emptyFiles        bool
	sessionTimeout    string
	maxConnections    int
	maxSessions       int
	clientSessions    int
	notifyURL         string
	notifyMode        string
	notifyTimeout     string
	hostID            string
	hostIDFallback    string
	publicURL         string
	metrics           string
	trace             string
	logFormat, logLvl string
}

func (a *app) serveFolder() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "serve DIR --listen ADDR",
		Short: "receive uploads and serve downloads",
		Long: `serve is a web server for one folder. It receives files by the BITS upload protocol, from Windows (bitsadmin,
Start-BitsTransfer, Intune and others) and from "bits put", and serves the folder's files for download, with ranges. It is
apart from the service that moves your own jobs, and listens only where --listen says.

An upload goes on after the client, the network or this server was gone: what was acknowledged is on the disk. A file appears
under its name when all of it has arrived. What is unfinished is in DIR/.bits-serve, which is not served; neither is anything
else whose name begins with a dot, nor are there listings of folders. Without --overwrite a file that exists is refused, without --make-dirs one
in a folder that does not exist.

Anyone who reaches the server may read and write, unless --auth names a password file (made with "htpasswd -cB FILE USER"). Passwords are sent
readable, so use --tls-cert and --tls-key with it, or a proxy that does TLS. An upload belongs to the user who began it.

With --notify-url an application learns of each file before the client gets the last answer, and may reply to it: by reference (it gets
the paths of the file and of the reply to write) or by value (it gets the file, and answers with the reply). The file gets its
name only if the application answers with the header BITS-Copy-File-To-Destination.

Ctrl-C or SIGTERM stops the server; uploads go on when it is started again.`,
		Example: `  bits serve inbox --listen 127.0.0.1:8080
  bits serve /srv/files --listen :443 --tls-cert cert.pem --tls-key key.pem --auth users --make-dirs
  bits serve /srv/in --listen 127.0.0.1:8080 --max-size 10G --quota 500G --session-timeout 3d --metrics 127.0.0.1:9100
  bits serve /srv/in --listen 127.0.0.1:8080 --notify-url http://127.0.0.1:9000/received --notify-mode reference`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(c *cobra.Command, args []string) error { return a.runServe(c.Context(), f, args[0]) },
	}
	f.register(c)
	return c
}

func (f *serveFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVar(&f.listen, "listen", nil, "listen on this `ADDR`, such as 127.0.0.1:8080, [::1]:8080 or :8080 for all networks; may be given several times")
	flags.StringVar(&f.cert, "tls-cert", "", "serve HTTPS with the certificate chain in this PEM `FILE`")
	flags.StringVar(&f.key, "tls-key", "", "the key of --tls-cert, a PEM `FILE`")
	flags.StringVar(&f.auth, "auth", "", "let in only the users in this `FILE` of lines USER:BCRYPT-HASH, as htpasswd -B writes it")
	flags.BoolVar(&f.readOnly, "read-only", false, "serve downloads alone")
	flags.BoolVar(&f.noDownloads, "no-downloads", false, "receive uploads alone")
	flags.BoolVar(&f.overwrite, "overwrite", false, "let uploads replace files")
	flags.BoolVar(&f.makeDirs, "make-dirs", false, "make the folders of uploads")
	flags.BoolVar(&f.emptyFiles, "empty-files", false, "take an upload that is closed before anything came for an empty file")
	flags.StringVar(&f.maxSize, "max-size", "", "refuse files larger than `SIZE`, such as 500M or 10GiB")
	flags.StringVar(&f.maxFragment, "max-fragment", "64MiB", "make clients send fragments of at most `SIZE`; for proxies that take no larger bodies")
	flags.StringVar(&f.quota, "quota", "", "receive nothing more when DIR holds `SIZE`, unfinished uploads included")
	flags.StringVar(&f.userQuota, "user-quota", "", "let the unfinished uploads of one user, or address, have `SIZE` in all when whole")
	flags.StringVar(&f.sessionTimeout, "session-timeout", "14d", "discard an upload that made no progress for this `TIME`")
	flags.IntVar(&f.maxConnections, "max-connections", 4096, "have at most `N` connections, half of them with one address")
	flags.IntVar(&f.maxSessions, "max-sessions", 10_000, "have at most `N` uploads at a time")
	flags.IntVar(&f.clientSessions, "client-sessions", 1_000, "have at most `N` uploads of one user, or address, at a time")
	flags.StringVar(&f.notifyURL, "notify-url", "", "tell the application at this `URL` of each file")
	flags.StringVar(&f.notifyMode, "notify-mode", string(bitsup.NotifyNone), "`MODE` is none, reference or value")
	flags.StringVar(&f.notifyTimeout, "notify-timeout", "5m", "how long the application may take; a `TIME`")
	flags.StringVar(&f.hostID, "host-id", "", "tell clients to go on with this `HOST`; for one of several servers under one name")
	flags.StringVar(&f.hostIDFallback, "host-id-fallback", "", "let clients go back to the name after this `TIME` without an answer of --host-id")
	flags.StringVar(&f.publicURL, "public-url", "", "the `URL` of this server as clients see it, when a proxy changes scheme or host")
	flags.StringVar(&f.metrics, "metrics", "", "serve figures for Prometheus on this other `ADDR`, at /metrics")
	flags.StringVar(&f.trace, "trace", "", "append the heads of all packets, without secrets and contents, to `FILE`; for reports of errors")
	flags.StringVar(&f.logFormat, "log-format", "text", "log in this `FORMAT`: text or json")
	flags.StringVar(&f.logLvl, "log-level", "info", "least `LEVEL` that is logged: debug, info, warn or error")
	modes := make([]cobra.Completion, len(bitsup.NotifyModes))
	for i, m := range bitsup.NotifyModes {
		modes[i] = cobra.Completion(m)
	}
	_ = c.RegisterFlagCompletionFunc("notify-mode", cobra.FixedCompletions(modes, cobra.ShellCompDirectiveNoFileComp))
}

// check refuses flags that do not go together.
func (f *serveFlags) check(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return usage("DIR "+dir, "there is no such folder", `Create it first: mkdir "`+dir+`"`)
	case !info.IsDir():
		return usage("DIR "+dir, "it is no folder", "")
	case len(f.listen) == 0:
		return usage("the command line", "--listen is missing", "Say where to listen, such as --listen 127.0.0.1:8080.")
	case f.readOnly && f.noDownloads:
		return usage("the command line", "--read-only and --no-downloads leave nothing to do", "Give one of them.")
	case (f.cert == "") != (f.key == ""):
		return usage("the command line", "--tls-cert and --tls-key go together", "Give both.")
	case f.readOnly && f.notifyURL != "":
		return usage("the command line", "--read-only and --notify-url exclude each other", "")
	case f.maxConnections < 1 || f.maxSessions < 1 || f.clientSessions < 1:
		return usage("the command line", "a number of connections or sessions is less than 1", "")
	}
	return nil
}

// options makes of the flags what the server of uploads knows.
func (f *serveFlags) options(dir string) (o bitsup.Options, err error) {
	o = bitsup.Options{
		Dir: dir, Overwrite: f.overwrite, MakeFolders: f.makeDirs, EmptyFiles: f.emptyFiles,
		Sessions: f.maxSessions, ClientSessions: f.clientSessions, NotifyMode: bitsup.NotifyMode(f.notifyMode), HostID: f.hostID,
	}
	for _, s := range []struct {
		flag, text string
		value      *int64
	}{
		{"--max-size", f.maxSize, &o.MaxSize},
		{"--max-fragment", f.maxFragment, &o.MaxFragment},
		{"--quota", f.quota, &o.Quota},
		{"--user-quota", f.userQuota, &o.UserQuota},
	} {
		if s.text == "" {
			continue
		}
		if *s.value, err = size.Parse(s.text); err != nil {
			return o, usage(s.flag, err.Error(), "")
		}
	}
	for _, d := range []struct {
		flag, text string
		value      *time.Duration
	}{
		{"--session-timeout", f.sessionTimeout, &o.SessionTimeout},
		{"--notify-timeout", f.notifyTimeout, &o.NotifyTimeout},
		{"--host-id-fallback", f.hostIDFallback, &o.HostIDFallback},
	} {
		if d.text == "" {
			continue
		}
		if *d.value, err = size.ParseDuration(d.text); err != nil {
			return o, usage(d.flag, err.Error(), "")
		}
	}
	if o.NotifyURL, err = serveURL("--notify-url", f.notifyURL); err != nil {
		return o, err
	}
	o.PublicURL, err = serveURL("--public-url", f.publicURL)
	return o, err
}

// serveURL reads a URL that a server is to know; nil when it is not given.
func serveURL(flag, text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, usage(flag, fmt.Sprintf("%q is no http or https URL", openbits.RedactURL(text)), "Write it like http://127.0.0.1:9000/received.")
	}
	return u, nil
}

func (a *app) runServe(ctx context.Context, f serveFlags, dir string) error {
	if err := f.check(dir); err != nil {
		return err
	}
	options, err := f.options(dir)
	if err != nil {
		return err
	}
	s := &site{flags: f, dir: dir, options: options}
	err = s.open(a)
	if err == nil {
		err = s.run(ctx, a)
	}
	return s.close(err)
}
