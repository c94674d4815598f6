// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import "time"

// Severity says how bad it is if it is what it looks like.
type Severity string

const (
	Info     Severity = "info"
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Severities lists all, mildest first.
var Severities = []Severity{Info, Low, Medium, High, Critical}

// Confidence says how sure it is that it is what it looks like.
type Confidence string

const (
	Weak   Confidence = "low"
	Fair   Confidence = "medium"
	Strong Confidence = "high"
)

// Finding is what one rule has to say of one job, event or host.
type Finding struct {
	Rule       string     `json:"rule"`      // id
	Behaviour  string     `json:"behaviour"` // short name of what was seen, such as "notify_command"
	Title      string     `json:"title"`
	Severity   Severity   `json:"severity"`
	Confidence Confidence `json:"confidence"`
	Technique  string     `json:"technique"` // T1197
	Why        string     `json:"why"`       // what is suspicious about it, in plain words, with the values
	Benign     string     `json:"benign,omitempty"`
	Next       string     `json:"next"` // what to look at next
	Host       string     `json:"host"`
	Job        string     `json:"job,omitempty"` // Ref
	Name       string     `json:"name,omitempty"`
	Time       time.Time  `json:"time,omitzero"` // when it happened, as far as the evidence tells
	Evidence   []Place    `json:"evidence"`
	Matched    []Datum    `json:"matched,omitempty"` // the values that the rule spoke of
	Attack     Attack     `json:"attack"`
	D3FEND     []Counter  `json:"d3fend,omitempty"`
	Known      string     `json:"known,omitempty"` // the profile or allow entry that lowered its severity
}

// AllowedBy is how Known begins when an allow list has the finding. A report counts such findings, and does not show them.
const AllowedBy = "allow: "

// Attack are the techniques that a finding refers to.
type Attack struct {
	Version    string   `json:"version"` // of ATT&CK
	Techniques []string `json:"techniques"`
	Tactics    []string `json:"tactics"`
}

// Counter is a countermeasure of D3FEND.
type Counter struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Tactic   string `json:"tactic"`
	Inferred bool   `json:"inferred"` // from the finding's own artifact, not from the ontology's relations of T1197
}

// Suppressed counts findings that are not shown.
type Suppressed struct {
	Reason string `json:"reason"` // allow_list, min_severity, since, host
	By     string `json:"by,omitempty"`
	Count  int    `json:"count"`
}
