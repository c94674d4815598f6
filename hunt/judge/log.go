// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/sigma"
)

// LogFields are all facts of category bits_log. What is not known is absent.
var LogFields = []Field{
	{"channel", false, "of all its events"},
	{"events", false, "number of events that the log counts as its own"},
	{"missing_records", false, "how many record numbers between its first and its last no event has; absent for logs that are exported, damaged or were open when they were copied, which lack some for other reasons"},
	{"gaps", false, "which, as first-last"},
	{"recovered", false, "number of events that were recovered from places that it does not count as its own"},
}

// log judges an event log as a whole.
func (c *court) log(at int) {
	in := &c.host.Inputs[at]
	if in.Kind != "evtx" || in.About["channel"] == "" {
		return
	}
	sound := in.Status == evidence.Read && in.About["dirty"] == ""
	var data []evidence.Datum
	for _, f := range LogFields {
		if text := in.About[f.Name]; text != "" && (sound || f.Name != "missing_records" && f.Name != "gaps") {
			data = append(data, evidence.Datum{Name: f.Name, Value: text})
		}
	}
	m := c.matcher.Own()
	for _, d := range data {
		m.Add(d.Name, d.Value)
	}
	c.matcher.LogFiles(m, func(x sigma.Match) {
		own := c.rules.own[x.Rule]
		last, _ := time.Parse(time.RFC3339, in.About["last"])
		d := &draft{
			key: key{rule: x.Rule, what: in.About["channel"] + " " + in.About["gaps"]}, own: own, severity: levelOf(x, own), confidence: confidenceOf(own), time: last,
			places: []evidence.Place{{Input: at, Layer: evidence.Live}}, values: func(field string) []string { return valuesOf(data, field) },
			subject: subject{},
		}
		if own != nil && own.Trace {
			d.severity = c.withTraces(d.severity)
		}
		d.matched = matchedOf(x.Rule, d.values)
		c.add(d)
	})
}

// logs notes what the logs of BITS cover.
func (c *court) logs() {
	for i := range c.host.Inputs {
		in := &c.host.Inputs[i]
		if !isBITS(in.About["channel"]) || !c.whole(i) {
			continue
		}
		c.cut = c.cut || in.Status != evidence.Read
		for _, name := range []string{"first", "last"} {
			if at, err := time.Parse(time.RFC3339, in.About[name]); err == nil {
				c.cover(at)
			}
		}
	}
}

// whole tells whether a log has all events of its channel. In one that was exported, or holds events of several channels, they were chosen: that it lacks some, says nothing.
func (c *court) whole(input int) bool {
	if input < 0 || input >= len(c.host.Inputs) || c.host.Inputs[input].Kind != "evtx" {
		return true // nothing is known against it
	}
	about := c.host.Inputs[input].About
	return about["exported"] == "" && about["channel"] != ""
}

// cover notes that the log of BITS was being written at that time.
func (c *court) cover(at time.Time) {
	if at.IsZero() {
		return
	}
	c.to = later(c.to, at)
	if c.from.IsZero() || at.Before(c.from) {
		c.from = at
	}
}

const (
	// margin is how far a job's creation must lie within what the log covers for its events to be missed.
	margin = 5 * time.Minute
	// silence is how much later than the last event of the log a job must have been made for the log to have been switched off. A log that
	// is copied while it is open lacks its newest minutes.
	silence = 24 * time.Hour
)

// covered tells whether the log of BITS covers the time when a job was made, and has no event of it.
func (c *court) covered(j *evidence.Job) bool {
	return c.unlogged(j) && j.Created.After(c.from.Add(margin)) && j.Created.Before(c.to.Add(-margin))
}

// silent tells whether a job was made when the log of BITS had ended.
func (c *court) silent(j *evidence.Job) bool {
	return c.unlogged(j) && !c.cut && j.Created.After(c.to.Add(silence))
}

// unlogged tells whether there is a log of BITS, but without events of a job that stands in the queue.
func (c *court) unlogged(j *evidence.Job) bool {
	return j.Evidence.Layer == evidence.Live && j.ID != "" && !c.from.IsZero() && !c.logged[j.Ref]
}

// isBITS tells whether a channel is the log of BITS.
func isBITS(channel string) bool { return strings.EqualFold(channel, bitsChannel) }
