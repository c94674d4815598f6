// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/term"
)

// topLayout is which columns of the table of jobs have room, and how wide those are that have no width of their own.
type topLayout struct {
	id, priority, rate, left bool
	name, why                int // columns; why of 0: none, of -1: without end
}

// Widths of the columns, with the two blanks before all but the first.
const (
	topID       = 8 + 2
	topPriority = 2 + 4
	topDone     = 2 + 4
	topRate     = 2 + 10
	topLeft     = 2 + 7
	topName     = 11 // at least
	topMoreName = 19 // at most in addition
	topWhy      = 23 // "yields to this computer"; a name grows only beyond it
)

// newTopLayout finds the columns for a width; 0 has no end. Name and share stay, the others go one by one.
func newTopLayout(width int) topLayout {
	if width <= 0 {
		return topLayout{true, true, true, true, topName + topMoreName, -1}
	}
	l := topLayout{name: topName}
	rest := width - topName - topDone
	take := func(want int) bool {
		if rest < want {
			return false
		}
		rest -= want
		return true
	}
	l.id = take(topID)
	l.rate = l.id && take(topRate)
	l.left = l.rate && take(topLeft)
	l.priority = l.left && take(topPriority)
	if rest > topWhy+4 {
		more := min(topMoreName, (rest-topWhy-2)/2)
		l.name += more
		rest -= more
	}
	if rest >= 10 {
		l.why = rest - 2
	} else {
		l.name = max(4, l.name+rest) // less than its least where not even that has room
	}
	return l
}

func (l topLayout) head() string {
	return l.line("ID", "NAME", "PRI", "DONE", "RATE", "LEFT", "WHY")
}

var topPriorities = map[openbits.Priority]string{
	openbits.PriorityForeground: "fore", openbits.PriorityHigh: "high", openbits.PriorityNormal: "norm", openbits.PriorityLow: "low",
}

func (l topLayout) row(j api.Job, now time.Time) string {
	done := share(j)
	priority, ok := topPriorities[j.Priority]
	if !ok {
		priority = string(j.Priority)
	}
	if !j.State.Active() || j.Reason != nil && !yields(j) { // nothing moves: the reason gets the room of the figures
		return l.wait(short(j.ID), term.Plain(j.Name), priority, done, status(j, now))
	}
	rate, left := "", ""
	if j.Rate != nil {
		rate = size.Rate(*j.Rate)
		if d := term.Left(j.BytesDone, total(j.BytesTotal), *j.Rate); d >= 0 {
			left = size.Clock(d)
		}
	}
	return l.line(short(j.ID), term.Plain(j.Name), priority, done, rate, left, topReason(j))
}

// topReason says in short words what keeps a running job.
func topReason(j api.Job) string {
	switch {
	case j.State == openbits.StateConnecting:
		return "connecting"
	case yields(j):
		return yieldsTo(j.Transport)
	case j.Transport == nil:
		return ""
	}
	switch j.Transport.Mode {
	case openbits.TransportSharing:
		return "shares the path"
	case openbits.TransportYielding:
		return "begins to yield"
	case openbits.TransportReturning:
		return "comes back"
	case openbits.TransportStarting:
		return "starting"
	default:
		return ""
	}
}

// line puts the columns of a job that moves together.
func (l topLayout) line(id, name, priority, done, rate, left, why string) string {
	var b strings.Builder
	b.WriteString(l.begin(id, name, priority, done))
	if l.rate {
		fmt.Fprintf(&b, "  %10s", rate)
	}
	if l.left {
		fmt.Fprintf(&b, "  %7s", left)
	}
	if l.why != 0 {
		b.WriteString("  " + l.clip(why, l.why))
	}
	return strings.TrimRight(b.String(), " ")
}

// wait is line for a job that does not move: why is as wide as rate, time left and why together.
func (l topLayout) wait(id, name, priority, done, why string) string {
	room := -2
	if l.rate {
		room += topRate
	}
	if l.left {
		room += topLeft
	}
	if l.why != 0 {
		room += 2 + l.why
	}
	text := l.begin(id, name, priority, done)
	switch {
	case l.why < 0:
		return text + "  " + why
	case room > 0:
		text += "  " + term.Clip(why, room)
	}
	return strings.TrimRight(text, " ")
}

func (l topLayout) begin(id, name, priority, done string) string {
	text := term.Fit(name, l.name)
	if l.id {
		text = fmt.Sprintf("%-8s  ", id) + text
	}
	if l.priority {
		text += fmt.Sprintf("  %-4s", priority)
	}
	return text + fmt.Sprintf("  %4s", done)
}

func (l topLayout) clip(text string, width int) string {
	if width < 0 {
		return text
	}
	return term.Clip(text, width)
}
