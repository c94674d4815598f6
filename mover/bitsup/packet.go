// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/web"
)

// method is that of every packet (MC-BUP, section 2.1).
const method = "BITS_POST"

// Packet types (MC-BUP, section 2.2), spelled as Windows spells them.
const (
	packetCreate   = "Create-Session"
	packetPing     = "Ping"
	packetFragment = "Fragment"
	packetClose    = "Close-Session"
	packetCancel   = "Cancel-Session"
	packetAck      = "Ack"
)

// Codes of the protocol (MC-BUP, section 2.2.2.13; winerror.h and bitsmsg.h).
const (
	codeSessionNotFound  = 0x8020001F // BG_E_SESSION_NOT_FOUND
	codeTooLarge         = 0x80200020 // BG_E_TOO_LARGE
	codeProtocolMismatch = 0x80200022 // BG_E_CLIENT_SERVER_PROTOCOL_MISMATCH
	codePathNotFound     = 0x80070003 // ERROR_PATH_NOT_FOUND
	codeDiskFull         = 0x80070070 // ERROR_DISK_FULL
	codeDiskFullSpec     = 0x80070112 // what the specification writes for it
)

// fragment is a piece of the file as a packet carries it. The zero fragment is that of an empty file.
type fragment struct{ from, length int64 }

// ack is an answer of the protocol, or what came in its place.
type ack struct {
	*web.Answer

	host    string // that it came from
	speaks  bool   // it says that it is one of the protocol
	code    uint32 // 0: none
	byApp   bool   // the application behind the server is at fault
	elapsed time.Duration
}

func (a *ack) ok() bool {
	return a.speaks && (a.Status == http.StatusOK || a.Status == http.StatusCreated)
}

// lost reports whether the server does not know the session.
func (a *ack) lost() bool { return a.code == codeSessionNotFound && a.Status >= 400 }

// packet sends one packet and reads the answer. Where the host that the server named cannot be reached for too long, it goes to the job's own.
func (u *upload) packet(ctx context.Context, kind string, f *fragment, expect bool) (*ack, error) {
	for {
		at := u.target()
		began := time.Now()
		var content *web.Content
		if f != nil {
			content = &web.Content{Source: u.src, Offset: f.from, Length: f.length}
		}
		answer, err := u.m.web.Exchange(ctx, u.transport, content, func(ctx context.Context) (*http.Request, error) {
			return u.request(ctx, kind, f, expect)
		})
		if err == nil {
			if err := u.reached(); err != nil {
				return nil, err
			}
			return readAck(answer, at.Host, time.Since(began)), nil
		}
		if ctx.Err() != nil || !unreachableKinds[openbits.KindOf(err)] {
			return nil, err
		}
		back, failed := u.unreachable()
		if failed != nil {
			return nil, failed
		}
		if !back {
			return nil, err
		}
	}
}

// unreachableKinds are failures of a host as a whole.
var unreachableKinds = map[openbits.Kind]bool{
	openbits.KindNameNotResolved: true, openbits.KindConnectFailure: true, openbits.KindConnectionClosed: true,
	openbits.KindTimeout: true, openbits.KindTLS: true, openbits.KindProxyFailure: true,
}

func (u *upload) request(ctx context.Context, kind string, f *fragment, expect bool) (*http.Request, error) {
	at := u.target()
	req, err := http.NewRequestWithContext(ctx, method, web.Bare(at).String(), nil)
	if err != nil {
		return nil, &openbits.Error{Kind: openbits.KindInvalidArgument, Context: openbits.ContextRemoteFile, Text: "nothing can be sent to this URL"}
	}
	req.Header.Set("User-Agent", u.m.web.Agent)
	req.Header.Set("Accept", "*/*")
	web.Authorize(req, u.route, u.file, at)
	// Written as Windows writes them: not every server compares names as it should.
	req.Header[fieldPacket] = []string{kind}
	if kind == packetCreate {
		req.Header[fieldSupported] = []string{version}
	} else {
		req.Header[fieldSession] = []string{u.s.ID}
	}
	if f != nil {
		req.Header[fieldName] = []string{contentName(u.src.Name())}
		req.Header[fieldRange] = []string{f.header(u.src.Size())}
	}
	if expect {
		req.Header.Set("Expect", "100-continue")
	}
	return req, nil
}

// header is the Content-Range of a fragment. An empty file has no range: "bytes */0" says so (RFC 9110, section 14.4).
func (f *fragment) header(size int64) string {
	if size == 0 {
		return "bytes */0"
	}
	return fmt.Sprintf("bytes %d-%d/%d", f.from, f.from+f.length-1, size)
}

func readAck(answer *web.Answer, host string, elapsed time.Duration) *ack {
	a := &ack{Answer: answer, host: host, elapsed: elapsed}
	a.speaks = strings.EqualFold(strings.TrimSpace(answer.Header.Get(fieldPacket)), packetAck)
	var coded bool
	a.code, coded = parseCode(answer.Header)
	a.speaks = a.speaks || coded
	text := strings.TrimSpace(answer.Header.Get(fieldContext))
	a.byApp = strings.TrimLeft(strings.ToLower(text), "0x") == "7" // BG_ERROR_CONTEXT_REMOTE_APPLICATION
	return a
}
