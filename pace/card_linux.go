// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"os"
	"strings"
)

// sharesCard reports whether an interface leads to another one, of another network namespace as a rule: a container's veth
// has one number of its own and the number of its peer as its link (ip-link(8)).
func sharesCard(iface string) bool {
	if iface == "" {
		return false
	}
	index, err1 := os.ReadFile("/sys/class/net/" + iface + "/ifindex")
	link, err2 := os.ReadFile("/sys/class/net/" + iface + "/iflink")
	return err1 == nil && err2 == nil && strings.TrimSpace(string(index)) != strings.TrimSpace(string(link))
}
