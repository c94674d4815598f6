// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/term"
)

// total is a size of the API, which is null while it is not known.
func total(n *int64) int64 {
	if n == nil {
		return openbits.Unknown
	}
	return *n
}

// files counts files in words.
func files(n int) string { return count(n, "file") }

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// doing says what a job does with its files.
func doing(t openbits.JobType) string {
	if t.Uploads() {
		return "sending"
	}
	return "fetching"
}

// share is how much of a job is done. A job without files is not done.
func share(j api.Job) string {
	if j.FilesTotal == 0 {
		return "-"
	}
	return term.Percent(j.BytesDone, total(j.BytesTotal))
}

// moment prints a time of the API as people read it, with the distance from now.
func moment(t, now time.Time) string {
	text := t.Local().Format("2006-01-02 15:04:05")
	switch d := t.Sub(now); {
	case d > 0:
		return text + " (in " + size.Duration(d) + ")"
	default:
		return text + " (" + size.Duration(-d) + " ago)"
	}
}

// fetching is what the text of an error repeats of what the line says already.
var fetching = regexp.MustCompile(`cannot (fetch|accept|send) \S+: `)

// status is the end of a job's line in a listing: how it moves, or why it does not.
func status(j api.Job, now time.Time) string {
	switch {
	case j.Reason != nil && !yields(j):
		text := term.Plain(j.Reason.Text)
		if text == "" {
			text = string(j.Reason.Code)
		}
		text = fetching.ReplaceAllString(text, "")
		if j.Reason.Until != nil && j.Reason.Until.After(now) {
			return "goes on in " + size.Duration(j.Reason.Until.Sub(now).Round(time.Second)) + ": " + text
		}
		return text
	case j.State.Active() && (j.Rate != nil || yields(j)):
		return moves(j)
	case j.Error != nil:
		return term.Plain(j.Error.Text)
	}
	return ""
}

// moves says how fast a job moves, and what keeps it from moving faster.
func moves(j api.Job) string {
	var parts []string
	if j.Rate != nil {
		parts = append(parts, size.Rate(*j.Rate))
		if left := term.Left(j.BytesDone, total(j.BytesTotal), *j.Rate); left >= 0 {
			parts = append(parts, size.Clock(left)+" left")
		}
	}
	if yields(j) {
		parts = append(parts, yieldsTo(j.Transport))
	}
	return strings.Join(parts, ", ")
}

// ownHints add to what the service says, which knows nothing of this program, how to say it here.
var ownHints = map[openbits.Kind]string{
	openbits.KindTLS: "Flags: --cacert FILE; --cert FILE --key FILE.",
	openbits.KindHTTP(http.StatusUnauthorized):      "Names and passwords: ~/.netrc; tokens: -H 'Authorization: Bearer …'.",
	openbits.KindHTTP(http.StatusForbidden):         "A renewed URL: bits set JOB 'url[0]=URL'.",
	openbits.KindHTTP(http.StatusProxyAuthRequired): "The proxy's name and password: --proxy http://USER:PASSWORD@HOST:PORT.",
}

// fileFailed says what became of a file that is not under its name.
func (a *app) fileFailed(f api.File) {
	path := term.Plain(f.Path)
	switch {
	case f.Error != nil:
		fmt.Fprintf(a.Err, "bits: %s: %s\n", path, term.Plain(f.Error.Text))
		if hint := strings.TrimSpace(term.Plain(f.Error.Hint) + " " + ownHints[f.Error.Code]); hint != "" {
			fmt.Fprintf(a.Err, "hint: %s\n", hint)
		}
	case f.State == openbits.FileDropped:
		fmt.Fprintf(a.Err, "bits: %s: was not whole when its job ended, its bytes are deleted\n", path)
	default:
		fmt.Fprintf(a.Err, "bits: %s: is %s\n", path, f.State)
	}
}
