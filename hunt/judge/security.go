// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"strconv"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
)

// securityFlags are the bits of SetSecurityFlags, by the names that evidence has for them.
var securityFlags = []struct {
	bit  uint32
	name string
}{
	{1, "crl_check"},
	{2, "ignore_cn"},
	{4, "ignore_date"},
	{8, "ignore_unknown_ca"},
	{0x10, "ignore_usage"},
	{0x100, "redirect_report"},
	{0x200, "redirect_disallow"},
	{0x800, "allow_https_to_http"},
}

// securityOf reads the flags as command lines have them: a number, decimal or 0x…; nil when it is none.
func securityOf(text string) *evidence.Security {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 0, 32)
	if err != nil {
		return nil
	}
	s := &evidence.Security{Word: uint32(n)}
	for _, f := range securityFlags {
		if s.Word&f.bit != 0 {
			s.Flags = append(s.Flags, f.name)
		}
	}
	return s
}
