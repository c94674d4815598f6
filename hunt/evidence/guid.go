// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import "strings"

// NormalGUID writes a GUID as Job.ID has it, in lower case without braces; "" for what is none, and for the GUID of zeros.
func NormalGUID(text string) string {
	g := strings.ToLower(strings.Trim(strings.TrimSpace(text), "{}"))
	if len(g) != 36 || g[8] != '-' || g[13] != '-' || g[18] != '-' || g[23] != '-' {
		return ""
	}
	digits := strings.ReplaceAll(g, "-", "")
	if len(digits) != 32 || strings.Trim(digits, "0123456789abcdef") != "" || strings.Trim(digits, "0") == "" {
		return ""
	}
	return g
}
