// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/term"
)

// yields reports whether a job moves, but only as a trickle.
func yields(j api.Job) bool { return j.Reason != nil && j.Reason.Code == openbits.ReasonYielding }

// yieldsTo says in short words to whom a job gives way.
func yieldsTo(t *api.Transport) string {
	if t == nil {
		return "yields"
	}
	switch t.Rival {
	case openbits.RivalHost:
		return "yields to this computer"
	case openbits.RivalNetwork:
		return "yields to the network"
	default:
		return "yields"
	}
}

// modeWords say how a path is shared; %s is with whom.
var modeWords = map[openbits.TransportMode]string{
	openbits.TransportUngoverned: "competes like any program",
	openbits.TransportStarting:   "finding out what the path carries",
	openbits.TransportAlone:      "alone on its path",
	openbits.TransportSharing:    "sharing with %s",
	openbits.TransportYielding:   "yielding to %s",
	openbits.TransportReturning:  "taking back what it gave up to %s",
}

// mode says how a job's path is shared, with whom and since when. Modes that a newer service knows are shown as they are.
func mode(t *api.Transport, now time.Time) string {
	words, ok := modeWords[t.Mode]
	if !ok {
		words = term.Plain(string(t.Mode))
	}
	if strings.Contains(words, "%s") {
		words = fmt.Sprintf(words, t.Rival.Words())
	}
	if t.Since != nil {
		words += " since " + clock(*t.Since, now)
	}
	return words
}

// clock is a time of this day, or with its day when that is another.
func clock(t, now time.Time) string {
	if t, now = t.Local(), now.Local(); t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format(time.DateTime)
	}
	return t.Local().Format(time.TimeOnly)
}

// paces says how fast the connections on a path are, of what it carries, and who else moves.
func paces(t *api.Transport) string {
	text := size.Rate(t.Rate)
	if t.Capacity != nil {
		text += " of about " + size.Rate(*t.Capacity)
	}
	if t.Connections > 0 {
		text += " on " + count(t.Connections, "connection")
	}
	if t.Foreign != nil {
		text += "; others on this computer " + size.Rate(*t.Foreign)
	}
	return text
}

// delays says how long the queue is, beside the round trip without one; "" when it is not known.
func delays(t *api.Transport) string {
	if t.Base == nil || t.Queue == nil {
		return ""
	}
	return "queue " + millis(*t.Queue) + " over " + millis(*t.Base)
}

// millis prints a round trip: "3.1 ms", "1.2 s".
func millis(s api.Seconds) string {
	if s >= 1 {
		return fmt.Sprintf("%.1f s", s)
	}
	return fmt.Sprintf("%.1f ms", s*1000)
}

// by says by what connections are governed; "" when they are not.
func by(t *api.Transport) string {
	if t.Handle == "" {
		return ""
	}
	return "by the " + term.Plain(t.Handle)
}

// joined joins the parts that say something.
func joined(between string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), between)
}
