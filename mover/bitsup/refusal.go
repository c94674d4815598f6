// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"fmt"
	"net/http"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/web"
)

// mismatch reports whether an answer to Create-Session says that the server does not speak the protocol. An answer that
// is of the protocol never does, but for the code of its own that means it. Statuses about who asks, or when, say nothing.
func (a *ack) mismatch() bool {
	if a.speaks {
		return a.code == codeProtocolMismatch
	}
	switch a.Status {
	case http.StatusUnauthorized, http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusLocked, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return true
	default:
		return a.Status/100 == 2 || a.Status/100 == 4
	}
}

func (a *ack) mismatchError() *openbits.Error {
	return &openbits.Error{
		Kind: openbits.KindProtocolMismatch, Context: openbits.ContextRemoteFile,
		Text: fmt.Sprintf("%s answers %d %s and does not speak the BITS upload protocol there", a.host, a.Status, http.StatusText(a.Status)),
		Hint: "Try a plain PUT: --protocol put. On IIS, uploads must be enabled for the folder.",
	}
}

// refusal is the error for an answer that is no success.
func (a *ack) refusal(packet string) *openbits.Error {
	if a.Status/100 == 2 {
		return web.Invalid(fmt.Sprintf("%s answers %d to %s, but not as the BITS upload protocol does", a.host, a.Status, packet))
	}
	e := a.Error()
	if a.byApp {
		e.Context = openbits.ContextRemoteApplication
	}
	if a.code != 0 {
		e.Text += fmt.Sprintf(" (0x%08X)", a.code)
	}
	if hint := hints[a.Status]; hint != "" {
		e.Hint = hint
	}
	switch {
	case a.code == codeTooLarge:
		e.Kind, e.Text, e.Hint = openbits.KindTooLarge, a.host+" does not take files of this size", "Its administrator can raise the limit."
	case a.code == codeProtocolMismatch:
		return a.mismatchError()
	case a.code == codeDiskFull, a.code == codeDiskFullSpec && a.Status == http.StatusInternalServerError:
		e.Text, e.Hint = a.host+" has no room for the file", "It is tried again later."
	case a.code == codePathNotFound && a.Status == http.StatusNotFound:
		e.Kind, e.Text = openbits.KindRemoteFolderMissing, a.host+" has no folder that the URL names"
		e.Hint = "Make the folder on the server. With --make-dirs, \"bits serve\" makes folders by itself."
	case a.Status == http.StatusConflict:
		e.Kind = openbits.KindRemoteFileExists
	case web.IsRedirect(a.Status):
		if next, err := a.Redirect(); err == nil {
			e.Hint = "The server sends those who write elsewhere; give that URL: " + openbits.RedactURL(next.String()) + "."
		}
	}
	return e
}

// hints say what statuses mean in this protocol (MC-BUP, section 3.2.5; documents of the IIS extension).
var hints = map[int]string{
	http.StatusBadRequest:          "The server does not accept what it was sent. If its own log does not say why, report it with the server's name and version.",
	http.StatusForbidden:           "You may not write there, or a file with that name exists already and may not be replaced.",
	http.StatusNotFound:            "Check the URL. On IIS: uploads are not enabled for the folder, or the file is larger than the server takes.",
	http.StatusConflict:            "A file with that name exists on the server and may not be replaced: choose another name.",
	http.StatusNotImplemented:      "Uploads are not enabled for this folder of the server.",
	http.StatusLengthRequired:      "Something on the way, such as a proxy, removed the length of what was sent.",
	http.StatusInternalServerError: "The server failed; it is tried again later.",
}

// invalidOffset is the error for an answer that does not say, or cannot mean, how much the server has.
func (a *ack) invalidOffset() *openbits.Error {
	return web.Invalid(fmt.Sprintf("%s answers %d to a fragment and does not say how much of the file it has", a.host, a.Status))
}
