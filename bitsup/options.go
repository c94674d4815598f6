// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/openbits/openbits"
)

// NotifyMode is how an application behind the server learns of a file (learn.microsoft.com, BITSServerNotificationType).
type NotifyMode string

const (
	// NotifyNone: it does not. The file gets its name.
	NotifyNone NotifyMode = "none"
	// NotifyByReference: it is told the paths of the file and of the reply that it may write. Both are on this machine.
	NotifyByReference NotifyMode = "reference"
	// NotifyByValue: it is sent the file, and answers with the reply.
	NotifyByValue NotifyMode = "value"
)

// NotifyModes lists all of them.
var NotifyModes = []NotifyMode{NotifyNone, NotifyByReference, NotifyByValue}

// Options are the settings of a server. Only Dir is needed.
type Options struct {
	Dir string // the folder that uploads go to; it must exist

	MaxSize     int64 // bytes of a file; 0: any number
	MaxFragment int64 // bytes of a fragment, at least 5,120; larger ones are answered with 413, upon which clients send smaller ones; 0: 64 MiB
	Quota       int64 // bytes that Dir may hold, unfinished uploads included; 0: any number
	UserQuota   int64 // bytes that the unfinished uploads of one client may have when whole; 0: any number
	Overwrite   bool  // replace files that exist, instead of refusing them
	MakeFolders bool  // make folders that do not exist, instead of refusing files in them
	EmptyFiles  bool  // take a session that is closed without a fragment for an empty file

	Sessions       int           // the most sessions; 0: 10,000
	ClientSessions int           // the most sessions of one client; 0: 1,000
	SessionTimeout time.Duration // a session without progress ends after this time; 0: 14 days, as on Windows
	BodyTimeout    time.Duration // a connection ends when nothing of a body comes for this time; 0: 2 minutes

	NotifyMode    NotifyMode    // "": none
	NotifyURL     *url.URL      // of the application, http or https
	NotifyTimeout time.Duration // how long the application may take; 0: 5 minutes, as on Windows
	MaxReply      int64         // bytes of a reply sent by value; 0: 1 GiB

	HostID         string        // name or address that clients shall use instead of the URL's host; at most 300 bytes
	HostIDFallback time.Duration // after which time without an answer they go back to it; 0: never
	PublicURL      *url.URL      // scheme and host under which clients see this server, for the URLs of replies; nil: as they called

	// User answers who makes a request, "" when nobody signed in. A session is for its user alone. nil: nobody does.
	User func(*http.Request) string
	// Next answers what is neither a packet nor a reply; nil: 405.
	Next http.Handler
	Log  *slog.Logger // nil: nothing is logged
}

// Limits and defaults.
const (
	// MinFragment is the smallest fragment that clients since BITS 2.5 can be made to send.
	MinFragment = 5 << 10
	// defaultMaxFragment is well above the 13 MB that those clients send at most.
	defaultMaxFragment = 64 << 20
	// defaultSessions bounds the memory for sessions to some 10 MiB in each phase.
	defaultSessions = 10_000
	// defaultClientSessions leaves room for others. Windows' server has 50 for each user.
	defaultClientSessions = 1_000
	// defaultSessionTimeout is BITSSessionTimeout of Windows' server.
	defaultSessionTimeout = 14 * 24 * time.Hour
	// defaultBodyTimeout is longer than networks are usually gone and shorter than anybody waits.
	defaultBodyTimeout = 2 * time.Minute
	// defaultNotifyTimeout is that of Windows' server since BITS 2.0.
	defaultNotifyTimeout = 5 * time.Minute
	defaultMaxReply      = 1 << 30
	// maxURL is the longest URL of a reply or an application in bytes (BITS-Reply-URL, BITSServerNotificationURL).
	maxURL = 2200
	// maxHostID is the longest BITSHostId in bytes.
	maxHostID = 300
	// takeOver is after how long without progress a session gives its file to a new session of the same client: longer than
	// a fragment usually takes, shorter than the 10 minutes after which clients try again.
	takeOver = 5 * time.Minute
	// remembered is how long a closed or cancelled session is known, so that a packet whose answer was lost can be repeated.
	remembered = 24 * time.Hour
)

func orDefault[T int | int64 | time.Duration](value *T, standard T) {
	if *value == 0 {
		*value = standard
	}
}

// complete fills in defaults and refuses what makes no sense, by the kind invalid_argument.
func (o *Options) complete() error {
	orDefault(&o.MaxFragment, defaultMaxFragment)
	orDefault(&o.Sessions, defaultSessions)
	orDefault(&o.ClientSessions, defaultClientSessions)
	orDefault(&o.SessionTimeout, defaultSessionTimeout)
	orDefault(&o.BodyTimeout, defaultBodyTimeout)
	orDefault(&o.NotifyTimeout, defaultNotifyTimeout)
	orDefault(&o.MaxReply, defaultMaxReply)
	if o.NotifyMode == "" {
		o.NotifyMode = NotifyNone
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.User == nil {
		o.User = func(*http.Request) string { return "" }
	}
	if o.Next == nil {
		o.Next = http.HandlerFunc(notAllowed)
	}
	wrong := func(object, text, hint string) error {
		return &openbits.Error{
			Op: "read", Object: object, Kind: openbits.KindInvalidArgument, Context: openbits.ContextNone, File: -1, Text: text, Hint: hint,
		}
	}
	switch u := o.NotifyURL; {
	case o.MaxFragment < MinFragment:
		return wrong("the largest fragment", "it is less than 5 KiB", "Clients cannot send smaller fragments than that.")
	case o.MaxSize < 0 || o.Quota < 0 || o.UserQuota < 0 || o.Sessions < 0 || o.ClientSessions < 0 || o.MaxReply < 0:
		return wrong("a limit", "it is negative", "")
	case o.SessionTimeout < 0 || o.BodyTimeout < 0 || o.NotifyTimeout < 0 || o.HostIDFallback < 0:
		return wrong("a timeout", "it is negative", "")
	case o.NotifyMode != NotifyNone && o.NotifyMode != NotifyByReference && o.NotifyMode != NotifyByValue:
		return wrong("the notification mode", `"`+string(o.NotifyMode)+`" is no mode`, "Modes are: none, reference, value.")
	case (o.NotifyMode == NotifyNone) != (u == nil):
		return wrong("the notification", "its URL and its mode go together", "Give both, or neither.")
	case u != nil && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(u.String()) > maxURL):
		return wrong("the notification URL", "it is no http or https URL of at most 2,200 bytes", "Write it like http://127.0.0.1:8080/uploaded.")
	case len(o.HostID) > maxHostID:
		return wrong("the host id", "it has more than 300 bytes", "")
	case o.HostID == "" && o.HostIDFallback != 0:
		return wrong("the fallback timeout", "there is no host id to fall back from", "")
	}
	return nil
}

func notAllowed(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", Method)
	w.WriteHeader(http.StatusMethodNotAllowed)
}
