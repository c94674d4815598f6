// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package api

import "github.com/openbits/openbits"

// Problem is the body of every answer that is an error (RFC 9457).
type Problem struct {
	Type   string        `json:"type" format:"uri" example:"https://github.com/openbits/openbits/blob/main/docs/errors.md#not_found" doc:"where the code is explained"`
	Title  string        `json:"title" example:"not found" doc:"the code in words"`
	Status int           `json:"status" example:"404" doc:"the HTTP status"`
	Detail string        `json:"detail" example:"cannot find 6f1c0f0e-1a5b-4b7e-9d3f-2b1f0e8a7c55: there is no such job" doc:"what is wrong, one sentence for people"`
	Code   openbits.Kind `json:"code" example:"not_found" doc:"stable name of what is wrong"`
	Hint   string        `json:"hint" doc:"what to do about it, empty when nothing is known"`
	Object string        `json:"object" doc:"what it is about, empty when nothing in particular"`
	Job    string        `json:"job" doc:"id of the job it is about, or empty"`
}

// ProblemBase begins the type of every problem; the code follows.
const ProblemBase = "https://github.com/openbits/openbits/blob/main/docs/errors.md#"

// Err is the error that the problem tells of, to be compared with errors.Is.
func (p Problem) Err() *openbits.Error {
	return &openbits.Error{
		Kind: p.Code, Object: p.Object, Context: openbits.ContextNone, Text: p.Detail, Hint: p.Hint, File: -1,
	}
}
