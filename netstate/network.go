// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netstate

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/openbits/openbits"
)

// link is a network interface.
type link struct {
	index     int
	name      string
	loopback  bool
	running   bool // up, with a carrier
	addresses []netip.Prefix
}

// global reports whether the link has an address that reaches further than the link.
func (l link) global() bool {
	return slices.ContainsFunc(l.addresses, func(p netip.Prefix) bool { return p.Addr().IsGlobalUnicast() })
}

// route is one way out of the machine.
type route struct {
	index   int // of the link
	gateway netip.Addr
	bits    int // length of the destination's prefix
}

// toEverywhere reports whether the route is a default route. VPNs split theirs into two
// halves of prefix length 1, so that they win over the real one without replacing it.
func (r route) toEverywhere() bool { return r.bits <= 1 }

// view is what matters of the network: whether there is one, and which.
type view struct {
	online bool
	path   string // differs when traffic leaves the machine in another way
}

// judge makes a view of the links and routes of the machine.
func judge(links []link, routes []route) view {
	usable := map[int]link{}
	for _, l := range links {
		if l.loopback || !l.running || !l.global() {
			continue
		}
		if slices.ContainsFunc(routes, func(r route) bool { return r.index == l.index }) {
			usable[l.index] = l
		}
	}
	if len(usable) == 0 {
		return view{}
	}
	var parts []string
	for _, r := range routes {
		if l, ok := usable[r.index]; ok && r.toEverywhere() {
			parts = append(parts, fmt.Sprint("via ", l.name, " ", r.gateway), l.text())
		}
	}
	if len(parts) == 0 { // a network without a way out: any of its links matters
		for _, l := range usable {
			parts = append(parts, l.text())
		}
	}
	slices.Sort(parts)
	return view{online: true, path: strings.Join(slices.Compact(parts), "\n")}
}

func (l link) text() string {
	var list []string
	for _, p := range l.addresses {
		if p.Addr().IsGlobalUnicast() {
			list = append(list, p.String())
		}
	}
	slices.Sort(list)
	return l.name + " " + strings.Join(list, " ")
}

// networkEvent is what the change from one view to the next means, if anything.
func networkEvent(before, after view) (openbits.MachineEvent, bool) {
	switch {
	case before == after:
		return "", false
	case !after.online:
		return openbits.MachineOffline, true
	default:
		return openbits.MachineOnline, true
	}
}
