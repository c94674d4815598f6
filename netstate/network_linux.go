// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netstate

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// watchNetwork hints at every message of the kernel about links, addresses and routes
// (rtnetlink(7)). It is nil where netlink sockets are forbidden.
func watchNetwork(ctx context.Context) <-chan struct{} {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil
	}
	groups := uint32(unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR |
		unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_ROUTE)
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		_ = unix.Close(fd)
		return nil
	}
	out := make(chan struct{}, 1)
	socket := os.NewFile(uintptr(fd), "netlink")
	context.AfterFunc(ctx, func() { _ = socket.Close() })
	go func() {
		buf := make([]byte, 8192)
		for {
			// What the message says does not matter: the state is read anew. ENOBUFS
			// says that messages were dropped, which is a change as well.
			if _, err := socket.Read(buf); err != nil && !errors.Is(err, unix.ENOBUFS) {
				return
			}
			hint(out)
		}
	}()
	return out
}

// look asks the kernel for its links, addresses and routes.
func look() view {
	links, err := readLinks()
	if err != nil {
		return view{online: true}
	}
	routes, err := readRoutes()
	if err != nil {
		return view{online: true}
	}
	return judge(links, routes)
}

func dump(kind int) ([]syscall.NetlinkMessage, error) {
	raw, err := syscall.NetlinkRIB(kind, unix.AF_UNSPEC)
	if err != nil {
		return nil, err
	}
	return syscall.ParseNetlinkMessage(raw)
}

func readLinks() ([]link, error) {
	messages, err := dump(unix.RTM_GETLINK)
	if err != nil {
		return nil, err
	}
	byIndex := map[int]*link{}
	for _, m := range messages {
		if m.Header.Type != unix.RTM_NEWLINK || len(m.Data) < unix.SizeofIfInfomsg {
			continue
		}
		// struct ifinfomsg: family, pad, type (2), index (4), flags (4), change (4).
		index := int(int32(binary.NativeEndian.Uint32(m.Data[4:])))
		flags := binary.NativeEndian.Uint32(m.Data[8:])
		l := &link{
			index:    index,
			loopback: flags&unix.IFF_LOOPBACK != 0,
			running:  flags&(unix.IFF_UP|unix.IFF_RUNNING) == unix.IFF_UP|unix.IFF_RUNNING,
		}
		attributes, err := syscall.ParseNetlinkRouteAttr(&m)
		if err != nil {
			return nil, err
		}
		for _, a := range attributes {
			if a.Attr.Type == unix.IFLA_IFNAME {
				l.name = string(bytes.TrimRight(a.Value, "\x00"))
			}
		}
		byIndex[index] = l
	}
	if err := addAddresses(byIndex); err != nil {
		return nil, err
	}
	list := make([]link, 0, len(byIndex))
	for _, l := range byIndex {
		list = append(list, *l)
	}
	return list, nil
}

func addAddresses(links map[int]*link) error {
	messages, err := dump(unix.RTM_GETADDR)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if m.Header.Type != unix.RTM_NEWADDR || len(m.Data) < unix.SizeofIfAddrmsg {
			continue
		}
		// struct ifaddrmsg: family, prefix length, flags, scope, index (4).
		l := links[int(binary.NativeEndian.Uint32(m.Data[4:]))]
		// An address that may still turn out to be taken cannot be used yet.
		if l == nil || m.Data[2]&(unix.IFA_F_TENTATIVE|unix.IFA_F_DADFAILED) != 0 {
			continue
		}
		attributes, err := syscall.ParseNetlinkRouteAttr(&m)
		if err != nil {
			return err
		}
		var own, other netip.Addr
		for _, a := range attributes {
			switch a.Attr.Type {
			case unix.IFA_LOCAL: // the machine's own end of a point-to-point link
				own, _ = netip.AddrFromSlice(a.Value)
			case unix.IFA_ADDRESS:
				other, _ = netip.AddrFromSlice(a.Value)
			}
		}
		if !own.IsValid() {
			own = other
		}
		l.addresses = append(l.addresses, netip.PrefixFrom(own, int(m.Data[1])))
	}
	return nil
}

func readRoutes() ([]route, error) {
	messages, err := dump(unix.RTM_GETROUTE)
	if err != nil {
		return nil, err
	}
	var list []route
	for _, m := range messages {
		if m.Header.Type != unix.RTM_NEWROUTE || len(m.Data) < unix.SizeofRtMsg {
			continue
		}
		// struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags (4).
		cached := binary.NativeEndian.Uint32(m.Data[8:])&unix.RTM_F_CLONED != 0
		if m.Data[7] != unix.RTN_UNICAST || m.Data[4] == unix.RT_TABLE_LOCAL || cached {
			continue
		}
		attributes, err := syscall.ParseNetlinkRouteAttr(&m)
		if err != nil {
			return nil, err
		}
		list = append(list, routesOf(int(m.Data[1]), attributes)...)
	}
	return list, nil
}

// routesOf makes one route of each next hop.
func routesOf(bits int, attributes []syscall.NetlinkRouteAttr) []route {
	r := route{bits: bits}
	var hops []route
	for _, a := range attributes {
		switch a.Attr.Type {
		case unix.RTA_DST:
			if to, ok := netip.AddrFromSlice(a.Value); ok && to.IsLinkLocalUnicast() {
				return nil // leads no further than the link
			}
		case unix.RTA_OIF:
			if len(a.Value) >= 4 {
				r.index = int(binary.NativeEndian.Uint32(a.Value))
			}
		case unix.RTA_GATEWAY:
			r.gateway, _ = netip.AddrFromSlice(a.Value)
		case unix.RTA_MULTIPATH:
			hops = nextHops(bits, a.Value)
		}
	}
	if r.index != 0 {
		hops = append(hops, r)
	}
	return hops
}

// nextHops reads a list of struct rtnexthop: length (2), flags, hops, index (4), attributes.
func nextHops(bits int, raw []byte) []route {
	var list []route
	for len(raw) >= unix.SizeofRtNexthop {
		length := int(binary.NativeEndian.Uint16(raw))
		if length < unix.SizeofRtNexthop || length > len(raw) {
			break
		}
		list = append(list, route{bits: bits, index: int(binary.NativeEndian.Uint32(raw[4:]))})
		raw = raw[min((length+3)&^3, len(raw)):]
	}
	return list
}
