// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget

import (
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/web"
)

// maxPortalPage is the largest page that is taken for a sign-in page.
const maxPortalPage = 64 << 10

// portal recognises a page that answers in place of the file: the sign-in page of a network
// or of an organisation, or an error page with the status of a success. No such test is
// exact. This one looks only at pages of HTML that name no version, are no attachment and
// come for a URL that does not look like a page. It refuses
//
//   - whatever answers the rest of a file that is held, after a redirect to another origin;
//   - a page below 64 KiB, or of unknown length, after a redirect to another origin;
//   - such a page without a redirect if the URL ends in an extension of files that are never
//     HTML. Behind TLS it is the server's own (invalid_server_response), else a portal's.
//
// A wrong guess delays a file and says why; a missed one stores a page under the file's
// name, which a digest would show. Status 511 is a portal's own word for it.
func (f *fetch) portal(a ask, resp *http.Response) *openbits.Error {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if media != "text/html" || !validatorOf(resp).Zero() || attachment(resp) {
		return nil
	}
	host := resp.Request.URL.Host
	elsewhere := !web.SameOrigin(resp.Request.URL, f.url)
	small := resp.ContentLength <= maxPortalPage
	suffix := strings.ToLower(strings.TrimPrefix(path.Ext(f.url.Path), "."))
	switch {
	case a.held.Offset > 0 && elsewhere && !a.held.Validator.Zero():
		return web.PortalError(host)
	case small && elsewhere && suffix != "" && !pageSuffixes[suffix] && strings.Trim(suffix, "0123456789") != "":
		return web.PortalError(host)
	case small && !elsewhere && dataSuffixes[suffix]:
		if f.url.Scheme == "http" {
			return web.PortalError(host)
		}
		e := web.Invalid(host + " answers with a web page in place of the file")
		e.Hint = "Look at the URL in a browser: the page may ask for a sign-in or name an error."
		return e
	}
	return nil
}

func attachment(resp *http.Response) bool {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Disposition"))
	return kind == "attachment"
}

// pageSuffixes are the extensions of URLs that answer with pages.
var pageSuffixes = set("html htm xhtml shtml xht php php5 phtml asp aspx ashx jsp jspx jsf do action cgi pl py rb cfm")

// dataSuffixes are the extensions of files that are never HTML.
var dataSuffixes = set("zip gz tgz bz2 tbz xz txz zst lz lz4 7z rar tar bin iso img exe msi msix msu cab deb rpm apk dmg pkg " +
	"snap appimage jar war whl gem nupkg vhd vhdx qcow2 ova pdf png jpg jpeg gif webp mp3 mp4 mkv webm avi mov flac ogg wav " +
	"doc docx xls xlsx ppt pptx odt ods sqlite db dat csv parquet safetensors gguf onnx pt npz sha256 sha512 sig asc so dll")

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		m[word] = true
	}
	return m
}
