// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build darwin || freebsd

package netstate

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"

	netroute "golang.org/x/net/route"
	"golang.org/x/sys/unix"
)

// watchNetwork hints at every message of the routing socket (route(4)). It is nil when there is none.
func watchNetwork(ctx context.Context) <-chan struct{} {
	fd, err := unix.Socket(unix.AF_ROUTE, unix.SOCK_RAW, unix.AF_UNSPEC)
	if err != nil {
		return nil
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil
	}
	out := make(chan struct{}, 1)
	socket := os.NewFile(uintptr(fd), "route")
	context.AfterFunc(ctx, func() { _ = socket.Close() })
	go func() {
		buf := make([]byte, 8192)
		for {
			// What the message says does not matter: the state is read anew.
			if _, err := socket.Read(buf); err != nil && !errors.Is(err, unix.ENOBUFS) {
				return
			}
			hint(out)
		}
	}()
	return out
}

// look asks for interfaces, their addresses and the routing table.
func look() view {
	interfaces, err := net.Interfaces()
	if err != nil {
		return view{online: true}
	}
	routes, err := readRoutes()
	if err != nil {
		return view{online: true}
	}
	var links []link
	for _, i := range interfaces {
		l := link{
			index:    i.Index,
			name:     i.Name,
			loopback: i.Flags&net.FlagLoopback != 0,
			running:  i.Flags&net.FlagUp != 0 && i.Flags&net.FlagRunning != 0,
		}
		addresses, err := i.Addrs()
		if err != nil {
			continue // it went away since
		}
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok {
				ip, _ := netip.AddrFromSlice(n.IP)
				ones, _ := n.Mask.Size()
				l.addresses = append(l.addresses, netip.PrefixFrom(ip.Unmap(), ones))
			}
		}
		links = append(links, l)
	}
	return judge(links, routes)
}

func readRoutes() ([]route, error) {
	raw, err := netroute.FetchRIB(unix.AF_UNSPEC, netroute.RIBTypeRoute, 0)
	if err != nil {
		return nil, err
	}
	messages, err := netroute.ParseRIB(netroute.RIBTypeRoute, raw)
	if err != nil {
		return nil, err
	}
	var list []route
	for _, m := range messages {
		r, ok := m.(*netroute.RouteMessage)
		if !ok || r.Flags&unix.RTF_UP == 0 || len(r.Addrs) <= unix.RTAX_NETMASK {
			continue
		}
		to := address(r.Addrs[unix.RTAX_DST])
		if !to.IsValid() || to.IsLinkLocalUnicast() || to.IsMulticast() || to.IsLoopback() {
			continue
		}
		bits := to.BitLen()
		if r.Flags&unix.RTF_HOST == 0 {
			bits = maskLength(r.Addrs[unix.RTAX_NETMASK])
		}
		list = append(list, route{index: r.Index, gateway: address(r.Addrs[unix.RTAX_GATEWAY]), bits: bits})
	}
	return list, nil
}

func address(a netroute.Addr) netip.Addr {
	switch a := a.(type) {
	case *netroute.Inet4Addr:
		return netip.AddrFrom4(a.IP)
	case *netroute.Inet6Addr:
		return netip.AddrFrom16(a.IP)
	}
	return netip.Addr{} // a link's, or none
}

// maskLength counts the leading ones of a mask; a default route has none, or no mask at all.
func maskLength(a netroute.Addr) int {
	mask := address(a)
	if !mask.IsValid() {
		return 0
	}
	ones, _ := net.IPMask(mask.AsSlice()).Size()
	return ones
}
