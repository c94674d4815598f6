// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import "strings"

// Calls are requests for all routes, as "METHOD /path", for tests outside of the package.
func Calls() []string {
	var calls []string
	for _, r := range routes() {
		calls = append(calls, r.op.Method+" "+sample(r).URL.Path)
	}
	return append(calls, "GET /v1/nothing", "DELETE /", strings.Repeat("P", 3)+" /v1/jobs")
}
