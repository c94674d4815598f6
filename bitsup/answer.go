// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"fmt"
	"net/http"
	"strconv"
)

// hresult is the error code of an answer ([MC-BUP] 2.2.11): the HRESULT that a Windows client reports for the job.
type hresult uint32

const (
	// codeNone: the status says it all, as for a Fragment at the wrong place.
	codeNone hresult = 0
	// codeInvalid is E_INVALIDARG: the packet makes no sense.
	codeInvalid hresult = 0x80070057
	// codeDenied is E_ACCESSDENIED: the client may not write there.
	codeDenied hresult = 0x80070005
	// codeNoFolder is ERROR_PATH_NOT_FOUND: the folder of the file does not exist.
	codeNoFolder hresult = 0x80070003
	// codeNoFile is ERROR_FILE_NOT_FOUND: what was received is not there any more.
	codeNoFile hresult = 0x80070002
	// codeDiskFull is ERROR_DISK_FULL: neither the volume nor the quota has room. The specification's 0x80070112 is a
	// slip; that number is another error.
	codeDiskFull hresult = 0x80070070
	// codeInUse is ERROR_SHARING_VIOLATION: another session writes this file.
	codeInUse hresult = 0x80070020
	// codeTooManySessions is ERROR_TOO_MANY_SESS.
	codeTooManySessions hresult = 0x80070045
	// codeWriteFault is ERROR_WRITE_FAULT: the disk answered with an error.
	codeWriteFault hresult = 0x8007001D
	// codeSessionNotFound is BG_E_SESSION_NOT_FOUND: the client creates another session and starts at 0.
	codeSessionNotFound hresult = 0x8020001F
	// codeTooLarge is BG_E_TOO_LARGE: the file is larger than this server takes.
	codeTooLarge hresult = 0x80200020
	// codeHTTP plus a status is BG_E_HTTP_ERROR_xxx.
	codeHTTP hresult = 0x80190000
)

// origin is the BITS-Error-Context of an answer ([MC-BUP] 2.2.10; BG_ERROR_CONTEXT).
type origin int

const (
	// fromServer is BG_ERROR_CONTEXT_REMOTE_FILE: the server, or the file on it.
	fromServer origin = 0x5
	// fromApplication is BG_ERROR_CONTEXT_REMOTE_APPLICATION: the application behind the server.
	fromApplication origin = 0x7
)

// refusal is an answer that is no success.
type refusal struct {
	status   int
	code     hresult
	bare     bool // no error code: the status says it all
	context  origin
	received int64  // BITS-Received-Content-Range; -1: not told
	retry    int    // Retry-After in seconds; 0: not told
	hangUp   bool   // the connection is of no more use
	why      string // for the log
}

func refuse(status int, code hresult, why string) *refusal {
	return &refusal{status: status, code: code, context: fromServer, received: -1, why: why}
}

func invalid(why string) *refusal { return refuse(http.StatusBadRequest, codeInvalid, why) }

func noSession() *refusal {
	return refuse(http.StatusInternalServerError, codeSessionNotFound, "the session is not known")
}

// busySeconds is when a client may come back whom something that ends by itself keeps out.
const busySeconds = 60

// busy is for what ends by itself. Any 5xx but 501 and 505 is transient for a BITS client, a 4xx is not.
func busy(code hresult, why string) *refusal {
	r := refuse(http.StatusServiceUnavailable, code, why)
	r.retry = busySeconds
	return r
}

// outOfSync tells a client where to go on ([MC-BUP] 3.2.5.2.3, 416).
func outOfSync(next int64) *refusal {
	r := refuse(http.StatusRequestedRangeNotSatisfiable, codeNone, "the fragment is not the one that is due")
	r.received = next
	return r
}

func (r *refusal) write(w http.ResponseWriter, session string) {
	h := ack(w, session)
	if !r.bare {
		code := fmt.Sprintf("0x%X", uint32(r.code))
		h[headerErrorCode] = []string{code}
		h[headerError] = []string{code}
	}
	h[headerErrorContext] = []string{fmt.Sprintf("0x%X", int(r.context))}
	if r.received >= 0 {
		h[headerReceived] = []string{strconv.FormatInt(r.received, 10)}
	}
	if r.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(r.retry))
	}
	if r.hangUp {
		h.Set("Connection", "close")
	}
	w.WriteHeader(r.status)
}

// ack sets what all answers have ([MC-BUP] 2.2.1.6 and on). Header names are spelled as on Windows, which net/http
// leaves alone when they are not set through Header.Set.
func ack(w http.ResponseWriter, session string) http.Header {
	h := w.Header()
	h[headerPacketType] = []string{"Ack"}
	h[headerContentLength] = []string{"0"}
	h["Pragma"] = []string{"no-cache"}
	h["Cache-Control"] = []string{"no-store"}
	if session != "" {
		h[headerSession] = []string{session}
	}
	return h
}
