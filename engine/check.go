// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/openbits/openbits"
)

// uuid4 is a UUID of version 4 (RFC 9562, section 5.4) in lower case.
var uuid4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func invalid(field, text string) *openbits.Error {
	return &openbits.Error{Op: "use", Object: field, Kind: openbits.KindInvalidArgument, Context: openbits.ContextNone, Text: text, File: -1}
}

// checkJob checks what can be checked without the disk.
func (e *Engine) checkJob(n *openbits.NewJob) error {
	if !uuid4.MatchString(n.ID) {
		return invalid("id", fmt.Sprintf("%q is not a UUID of version 4 in lower case", n.ID))
	}
	if n.Type == "" {
		n.Type = openbits.TypeDownload
	}
	if n.Priority == "" {
		n.Priority = openbits.PriorityNormal
	}
	if n.Type.Number() < 0 {
		return invalid("type", fmt.Sprintf("%q is not one of %v", n.Type, openbits.JobTypes))
	}
	if n.Type.Uploads() && (len(e.Uploads) == 0 || e.Sources == nil) {
		return &openbits.Error{
			Op: "create", Object: "job " + n.ID, Kind: openbits.KindNotSupported, Context: openbits.ContextNone, File: -1,
			Text: fmt.Sprintf("this service cannot run jobs of type %s", n.Type),
		}
	}
	if most := maxFiles(n.Type); len(n.Files) > most {
		return tooManyFiles(n.Type, most)
	}
	if n.Start && len(n.Files) == 0 {
		return &openbits.Error{
			Op: "start", Object: "job " + n.ID, Kind: openbits.KindEmpty, Context: openbits.ContextNone, Text: "it has no files", File: -1,
			Hint: "Add a file first.",
		}
	}
	return checkProperties(n.Name, n.Description, n.Priority, n.Settings, n.Route)
}

func checkProperties(name, description string, p openbits.Priority, s openbits.Settings, r openbits.Route) error {
	switch {
	case len(name) > openbits.MaxNameLength:
		return tooLong("name", len(name), openbits.MaxNameLength)
	case len(description) > openbits.MaxDescriptionLength:
		return tooLong("description", len(description), openbits.MaxDescriptionLength)
	case !printable(name):
		return invalid("name", "it holds control characters or is not UTF-8")
	case !printable(description):
		return invalid("description", "it holds control characters or is not UTF-8")
	case p.Number() < 0:
		return invalid("priority", fmt.Sprintf("%q is not one of %v", p, openbits.Priorities))
	case s.Limit < 0:
		return invalid("limit", "a rate cannot be negative")
	case s.RetryDelay < openbits.DefaultRetryDelay:
		return invalid("retry", fmt.Sprintf("a retry delay under %v would press servers that have trouble", openbits.DefaultRetryDelay))
	case s.NoProgressTimeout < 0:
		return invalid("no_progress_timeout", "a time cannot be negative")
	case s.MaxDownloadTime < time.Second:
		return invalid("max_download_time", "it must be a second at least")
	}
	return checkHeaders(r.Headers)
}

// ownHeaders are fields that the service itself must control for a transfer to be right, besides those of the BITS upload protocol.
var ownHeaders = map[string]bool{
	"range": true, "if-range": true, "if-match": true, "if-none-match": true, "if-modified-since": true, "if-unmodified-since": true,
	"accept-encoding": true, "host": true, "connection": true, "content-length": true, "transfer-encoding": true, "te": true,
	"content-range": true, "content-encoding": true, "trailer": true, "upgrade": true, "expect": true, "proxy-authorization": true, "proxy-connection": true, "keep-alive": true,
}

func checkHeaders(list []openbits.Header) error {
	size := 0
	for _, h := range list {
		size += len(h.Name) + len(h.Value) + 4
		if !headerName(h.Name) {
			return invalid("headers", fmt.Sprintf("%q is not the name of a header field", h.Name))
		}
		if name := strings.ToLower(h.Name); ownHeaders[name] || strings.HasPrefix(name, "bits-") {
			return invalid("headers", fmt.Sprintf("the service sets %s itself", h.Name))
		}
		if strings.ContainsFunc(h.Value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			return invalid("headers", fmt.Sprintf("the value of %s holds control characters", h.Name))
		}
	}
	if size > openbits.MaxHeaderBytes {
		return tooLong("headers", size, openbits.MaxHeaderBytes)
	}
	return nil
}

// headerName reports whether s is a token (RFC 9110, section 5.6.2).
func headerName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

func checkFile(n *openbits.NewFile, kind openbits.JobType) error {
	if len(n.URL) > openbits.MaxURLLength {
		return tooLong("url", len(n.URL), openbits.MaxURLLength)
	}
	if err := checkURL(n.URL); err != nil {
		return err
	}
	if n.Name == "" {
		text, hint := "the destination has no file name", "Name the file to write, not only its folder."
		if kind.Uploads() {
			text, hint = "the file to send has no name", "Name the file, not only its folder."
		}
		return &openbits.Error{
			Op: "add", Object: openbits.RedactURL(n.URL), Kind: openbits.KindInvalidName, Context: openbits.ContextLocalFile, File: -1,
			Text: text, Hint: hint,
		}
	}
	if kind.Uploads() {
		return checkUpload(n, kind)
	}
	if n.Upload != nil {
		return invalid("upload", "a job of type download has no use for it")
	}
	return checkDigest(&n.Digest)
}

// checkUpload fills in what was left out of a new file of an upload job.
func checkUpload(n *openbits.NewFile, kind openbits.JobType) error {
	if n.Upload == nil {
		return invalid("upload", fmt.Sprintf("a job of type %s has to be told what to send", kind))
	}
	up := *n.Upload // the caller's stays as it is
	n.Upload = &up
	if up.Protocol == "" {
		up.Protocol = openbits.ProtocolAuto
	}
	if up.ReplyLimit == 0 {
		up.ReplyLimit = openbits.DefaultReplyLimit
	}
	if kind == openbits.TypeUploadReply && up.ReplyName == "" {
		up.ReplyFolder, up.ReplyName = n.Folder, n.Name+replySuffix
	}
	switch {
	case n.Digest != (openbits.Digest{}):
		return invalid("digest", "only what is fetched is checked")
	case !up.Protocol.Known():
		return invalid("protocol", fmt.Sprintf("%q is not one of %v", up.Protocol, openbits.Protocols))
	case kind == openbits.TypeUploadReply && up.Protocol == openbits.ProtocolPUT:
		return invalid("protocol", "an answer comes with the BITS upload protocol alone")
	case kind == openbits.TypeUpload && up.ReplyName != "":
		return invalid("reply", "only a job of type upload_reply gets one")
	case up.ReplyLimit < 0:
		return invalid("reply_limit", "a size cannot be negative")
	}
	return nil
}

// replySuffix is appended to the name of a source for the reply to it.
const replySuffix = ".reply"

func checkURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		// The parser's message would quote the whole URL, secrets included.
		return invalid("url", "it is not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		e := invalid("url", fmt.Sprintf("%s has no scheme that is supported", openbits.RedactURL(raw)))
		e.Hint = "Transfers work with http:// and https://."
		return e
	case u.Hostname() == "":
		return invalid("url", fmt.Sprintf("%s names no server", openbits.RedactURL(raw)))
	}
	return nil
}

// digestLength is the length of a digest in hex, by algorithm.
var digestLength = map[string]int{"sha256": 64, "sha512": 128}

func checkDigest(d *openbits.Digest) error {
	d.Actual = ""
	d.Expected = strings.ToLower(d.Expected)
	if d.Algorithm == "" {
		if d.Expected != "" {
			return invalid("digest", "the algorithm is missing")
		}
		return nil
	}
	want, ok := digestLength[d.Algorithm]
	if !ok {
		return invalid("digest", fmt.Sprintf("%q is not one of sha256, sha512", d.Algorithm))
	}
	if d.Expected == "" {
		return nil
	}
	if _, err := hex.DecodeString(d.Expected); err != nil || len(d.Expected) != want {
		return invalid("digest", fmt.Sprintf("a %s digest has %d hexadecimal digits", d.Algorithm, want))
	}
	return nil
}

// maxFiles is the most files that a job of a type may have: an upload_reply has one answer, hence one file.
func maxFiles(t openbits.JobType) int {
	if t == openbits.TypeUploadReply {
		return 1
	}
	return openbits.MaxFiles
}

func tooManyFiles(t openbits.JobType, most int) error {
	return &openbits.Error{
		Op: "add", Object: "files", Kind: openbits.KindTooManyFiles, Context: openbits.ContextQueueManager, File: -1,
		Text: fmt.Sprintf("a job of type %s has at most %d", t, most), Hint: "Spread the files over several jobs.",
	}
}

func tooLong(field string, have, most int) error {
	return &openbits.Error{
		Op: "use", Object: field, Kind: openbits.KindStringTooLong, Context: openbits.ContextNone, File: -1,
		Text: fmt.Sprintf("it has %d bytes and %d are allowed", have, most),
	}
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f })
}

// cut shortens s to at most n bytes without breaking a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
