// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package api is the wire contract between the service and its clients: the
// bodies of requests and answers of the HTTP API, as plain structs, and how they
// relate to the vocabulary of package openbits. Package client speaks it, package
// server answers it, and openapi.yaml beside this file describes it.
//
// Rules that hold for every body: times are RFC 3339 in UTC, sizes are bytes,
// durations are seconds, states and the like are lower-case strings, and a field
// of an answer is always there: null means that it is not known or does not apply.
// URLs in answers carry no user, query or fragment; the secrets of a request
// (see Route) are never given back.
package api

// Version is the version of this contract. It grows when a call or a field is
// added; nothing is ever removed or given another meaning within /v1.
const Version = 1

// Headers of the protocol.
const (
	// HeaderVersion tells the version of the program: the service's in answers.
	HeaderVersion = "Openbits-Version"
	// HeaderAPI tells the version of the contract that the sender knows.
	HeaderAPI = "Openbits-API"
	// HeaderLastEventID names the last event that a client of the event stream has seen.
	HeaderLastEventID = "Last-Event-ID"
)

// Media types of answers.
const (
	MediaJSON    = "application/json"
	MediaProblem = "application/problem+json" // RFC 9457
	MediaEvents  = "text/event-stream"        // WHATWG HTML, section 9.2
)
