// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import (
	"io"
	"slices"
)

// Protocol is one of a closed list of ways to send a file to a server.
type Protocol string

const (
	// ProtocolAuto: the BITS upload protocol where the server speaks it, a plain PUT otherwise.
	ProtocolAuto Protocol = "auto"
	// ProtocolBITS: the BITS upload protocol (MC-BUP): in fragments, each acknowledged, so that an interrupted upload goes on.
	ProtocolBITS Protocol = "bits"
	// ProtocolPUT: one PUT of the whole file (RFC 9110, section 9.3.4), which begins again when it is interrupted.
	ProtocolPUT Protocol = "put"
)

// Protocols lists all protocols.
var Protocols = []Protocol{ProtocolAuto, ProtocolBITS, ProtocolPUT}

// Known reports whether p is one of the protocols.
func (p Protocol) Known() bool { return slices.Contains(Protocols, p) }

// NewUpload is what a new file of an upload job has beside those of others.
type NewUpload struct {
	Protocol    Protocol // "": auto
	Growing     bool     // the file may grow while it is sent: what it held at the start is sent
	ReplyFolder string   // of an upload_reply: absolute path of an existing folder
	ReplyName   string   // one path element
	ReplyLimit  int64    // the largest reply that is accepted, in bytes; 0: DefaultReplyLimit
}

// Upload is what is known of a file that is sent to a server. Where its reply goes is the file's Place.
type Upload struct {
	Source   Place    // the file that is sent; it has no part file
	Protocol Protocol // as it was asked for
	Spoken   Protocol // what the server was found to speak; "" before that is known
	Growing  bool

	State   SourceState // of the source when the sending of what the server has began; zero before
	Session Session     // with the server; zero when there is none
	Sent    bool        // the server has the whole file

	ReplyLimit int64
	ReplySize  int64 // of the whole reply; Unknown before it is there
	Abandoned  int64 // when the server was to be told of the end of its session and could not be, in seconds since 1970; 0: never

	Most int64         // the most that the server ever had of what the source holds in State, in bytes
	Lost int           // sessions that the server lost with no more than Most, less those with more
	Left []LeftSession // of which the servers are yet to be told that they have ended
}

// LeftSession is a session that an upload went away from, as when its file was given another URL.
type LeftSession struct {
	URL     string // of the file then
	Spoken  Protocol
	Session Session
	Since   int64 // when the server was to be told and could not be, in seconds since 1970; 0: never
}

// Session is what must be remembered of an upload between two attempts.
type Session struct {
	ID   string // by which the server knows it, for people
	Host string // of the server that holds it, when it is not the URL's
	Data []byte // the mover's own
}

// Zero reports whether there is no session.
func (s Session) Zero() bool { return s.ID == "" && s.Host == "" && len(s.Data) == 0 }

// SourceState tells the contents of a local file from what it held at another time.
type SourceState struct {
	Size     int64  // bytes
	Modified int64  // time of the last change of the content, in nanoseconds since 1970 as far as the file system keeps it
	Identity string // of the file, by which it is told from another that comes to stand under its name
}

// Zero reports whether nothing is known.
func (s SourceState) Zero() bool { return s == SourceState{} }

// Continues reports whether a file in state now still begins with what it held in state s: it must be the same file,
// unchanged, or, when it may grow, not shorter.
func (s SourceState) Continues(now SourceState, growing bool) bool {
	if growing {
		return now.Identity == s.Identity && now.Size >= s.Size
	}
	return now == s
}

// SourceFile is a local file that is open for being sent.
type SourceFile interface {
	io.ReaderAt
	io.Closer
	// State is that of the file now. Kinds: local_file_changed when another file, or none, stands under its name.
	State() (SourceState, error)
	// SetBackground tells whether the file's job takes only what others leave idle. If so, it is read behind everybody else.
	SetBackground(on bool)
}
