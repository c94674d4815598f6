// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
)

// fill makes a record of an event.
func fill(r *Record, e *evidence.Event, v view) {
	r.Reset()
	r.frame("eventid", strconv.Itoa(e.ID))
	r.frame("channel", e.Channel)
	r.frame("provider_name", e.Provider)
	r.frame("computer", e.Host)
	r.frame("version", strconv.Itoa(e.Version))
	if e.UserSID != "" {
		r.frame("security_userid", e.UserSID)
	}
	if e.StartedBy != "" {
		r.frame(startedBy, e.StartedBy)
	}
	for _, d := range e.Data {
		if v == asProcess {
			d = asSysmon(d)
		}
		r.Add(d.Name, d.Value)
	}
	if user := subjectOf(e); v == asProcess && user != "" {
		r.frame("user", user)
	}
}

// Data are the values of an event under the names by which the rule that it fits knows them.
func (m Match) Data(e *evidence.Event) []evidence.Datum {
	list := make([]evidence.Datum, 0, len(e.Data)+2)
	for _, d := range e.Data {
		if m.bound.view == asProcess {
			d = asSysmon(d)
		}
		list = append(list, d)
	}
	if user := subjectOf(e); m.bound.view == asProcess && user != "" {
		list = append(list, evidence.Datum{Name: "User", Value: user})
	}
	if e.StartedBy != "" {
		list = append(list, evidence.Datum{Name: startedBy, Value: e.StartedBy})
	}
	return list
}

// startedBy is the name of the field that join adds to events of processes.
const startedBy = "StartedBy"

// asSysmon gives a value of event 4688 the name and form that Sysmon has for it, if those are others.
func asSysmon(d evidence.Datum) evidence.Datum {
	name, ok := processNames[strings.ToLower(d.Name)]
	if !ok {
		return d
	}
	if name == "IntegrityLevel" {
		d.Value = integrityName(d.Value)
	}
	return evidence.Datum{Name: name, Value: d.Value}
}

// subjectOf is the account of event 4688, or nothing.
func subjectOf(e *evidence.Event) string {
	user := e.Field("SubjectUserName")
	if user == "" {
		return ""
	}
	return fmt.Sprintf(`%s\%s`, e.Field("SubjectDomainName"), user)
}
