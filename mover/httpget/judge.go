// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget

import (
	"fmt"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/web"
)

// maxETag is the longest entity tag that is kept: it is stored and sent back.
const maxETag = 1024

// verdict is what an answer is good for. With neither again nor err set its body is taken.
type verdict struct {
	head   openbits.Head
	length int64  // of the body that belongs to the file; Unknown: up to its end
	again  string // why to ask for the whole file instead
	err    *openbits.Error
}

// judge checks status, coding, range, size and version of an answer before a byte of it is used.
func (f *fetch) judge(a ask, resp *http.Response) verdict {
	host := resp.Request.URL.Host
	switch status := resp.StatusCode; {
	case status == http.StatusOK:
		return f.judgeWhole(a, resp)
	case status == http.StatusPartialContent && a.ranged:
		return f.judgeRange(a, resp)
	case status == http.StatusPartialContent:
		return verdict{err: web.Invalid(host + " sends a part of the file although the whole was asked for")}
	case status == http.StatusRequestedRangeNotSatisfiable && a.ranged:
		// What is held is less than the known size here, or the size is not known: the
		// server's file is another one, or its word proves nothing about the end.
		return verdict{again: "the server has no such range"}
	case status/100 == 2:
		return verdict{err: web.Invalid(fmt.Sprintf("%s answers %s, which brings no file", host, resp.Status))}
	default:
		return verdict{err: web.StatusError(resp, host)}
	}
}

func (f *fetch) judgeWhole(a ask, resp *http.Response) verdict {
	if e := f.portal(a, resp); e != nil {
		return verdict{err: e}
	}
	if coding := encoded(resp); coding != "" {
		if a.ranged {
			return verdict{again: "the server compressed the content"}
		}
		return verdict{err: &openbits.Error{
			Kind: openbits.KindContentEncoded, Context: openbits.ContextRemoteFile,
			Text: fmt.Sprintf("%s sends the content in the coding %q although it was asked not to", resp.Request.URL.Host, coding),
			Hint: "What arrives would not be the file's own bytes; turn the compression off on the server, or look for another URL.",
		}}
	}
	got := validatorOf(resp)
	head := headOf(resp, got)
	head.Total = resp.ContentLength
	if head.Total < 0 && proves(a.held.Validator, got) {
		head.Total = a.held.Total
	}
	return verdict{head: head, length: head.Total}
}

// judgeRange accepts a 206 only if it is the range that was asked for, of the version that is held.
func (f *fetch) judgeRange(a ask, resp *http.Response) verdict {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if strings.HasPrefix(media, "multipart/") {
		return verdict{again: "the server sent several ranges for one"}
	}
	if encoded(resp) != "" {
		return verdict{again: "the server compressed the content"}
	}
	fields := resp.Header.Values("Content-Range")
	if len(fields) != 1 {
		return verdict{again: "the server did not say which range it sent"}
	}
	r, err := parseContentRange(fields[0])
	switch {
	case err != nil || r.First != a.held.Offset:
		return verdict{again: "the server sent another range than the one asked for"}
	case resp.ContentLength >= 0 && resp.ContentLength != r.Last-r.First+1:
		return verdict{again: "the server's range and length contradict each other"}
	case r.Total >= 0 && a.held.Total >= 0 && r.Total != a.held.Total:
		return verdict{again: "the file's size changed"}
	case a.held.Total >= 0 && r.Last >= a.held.Total:
		return verdict{again: "the server's range ends beyond the file"}
	}
	got := validatorOf(resp)
	head := headOf(resp, got)
	switch {
	case proves(a.held.Validator, got):
		head.Validator = merge(a.held.Validator, got)
	case f.byDigest(a.held) && r.Total == a.held.Total:
		head.Validator = a.held.Validator
	default:
		return verdict{again: "the file changed"}
	}
	head.Offset, head.Total = a.held.Offset, max(r.Total, a.held.Total)
	if head.Modified.IsZero() {
		head.Modified = a.held.Modified
	}
	return verdict{head: head, length: r.Last - r.First + 1}
}

// resumable reports whether something proves the version of what is held.
func resumable(held openbits.Head) bool {
	return held.Offset > 0 && proves(held.Validator, held.Validator)
}

// proves reports whether got names the very version that held names: by the same strong
// ETag, or by the same Last-Modified if that is strong, with nothing that contradicts it.
func proves(held, got openbits.Validator) bool {
	if !held.Same(got) {
		return false
	}
	tag := openbits.Validator{ETag: held.ETag}.Strong()
	if tag != "" && tag == got.ETag {
		return true
	}
	date := openbits.Validator{LastModified: held.LastModified, Date: held.Date}.Strong()
	return date != "" && date == got.LastModified
}

// merge adds to held what only got says about the same version. Date stays with the Last-Modified it came with.
func merge(held, got openbits.Validator) openbits.Validator {
	if held.ETag == "" {
		held.ETag = got.ETag
	}
	if held.LastModified == "" {
		held.LastModified, held.Date = got.LastModified, got.Date
	}
	return held
}

// validatorOf reads an answer's validators, without those that cannot be sent back.
func validatorOf(resp *http.Response) openbits.Validator {
	v := openbits.Validator{
		ETag:         resp.Header.Get("ETag"),
		LastModified: resp.Header.Get("Last-Modified"),
		Date:         resp.Header.Get("Date"),
	}
	if len(v.ETag) > maxETag || !httpguts.ValidHeaderFieldValue(v.ETag) {
		v.ETag = ""
	}
	if _, err := openbits.ParseHTTPTime(v.LastModified); err != nil {
		v.LastModified = ""
	}
	if _, err := openbits.ParseHTTPTime(v.Date); err != nil {
		v.Date = ""
	}
	return v
}

func headOf(resp *http.Response, v openbits.Validator) openbits.Head {
	head := openbits.Head{Validator: v}
	if t, err := openbits.ParseHTTPTime(resp.Header.Get("Last-Modified")); err == nil {
		head.Modified = t
	}
	return head
}

// compressed are the endings of files that are compressed themselves, by coding (RFC 9110, section 8.4.1).
var compressed = map[string][]string{
	"gzip": {".gz", ".tgz"}, "x-gzip": {".gz", ".tgz"}, "compress": {".z"}, "x-compress": {".z"},
	"br": {".br"}, "zstd": {".zst", ".tzst"}, "x-bzip2": {".bz2", ".tbz2"}, "bzip2": {".bz2", ".tbz2"}, "x-xz": {".xz", ".txz"}, "xz": {".xz", ".txz"},
}

// encoded is the coding of an answer, or "" for the identity. Servers have long labelled archives
// with the coding that they consist of (Apache's AddEncoding x-gzip .tgz): those bytes are the file's own.
func encoded(resp *http.Response) string {
	ending := strings.ToLower(path.Ext(resp.Request.URL.Path))
	for _, field := range resp.Header.Values("Content-Encoding") {
		for coding := range strings.SplitSeq(field, ",") {
			coding = strings.ToLower(strings.TrimSpace(coding))
			if coding != "" && coding != "identity" && !slices.Contains(compressed[coding], ending) {
				return coding
			}
		}
	}
	return ""
}
