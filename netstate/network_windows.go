// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netstate

import (
	"context"
	"errors"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/windows"
)

// watchNetwork hints when an address or a route of the machine changed
// (NotifyUnicastIpAddressChange, NotifyRouteChange2). It is nil when neither can be had.
// The callback stays allocated: a process may watch some thousand times, not more.
func watchNetwork(ctx context.Context) <-chan struct{} {
	out := make(chan struct{}, 1)
	callback := windows.NewCallback(func(_, _, _ uintptr) uintptr {
		hint(out)
		return 0
	})
	var handles []windows.Handle
	var h windows.Handle
	if windows.NotifyUnicastIpAddressChange(windows.AF_UNSPEC, callback, nil, false, &h) == nil {
		handles = append(handles, h)
	}
	var r windows.Handle
	if windows.NotifyRouteChange2(windows.AF_UNSPEC, callback, nil, false, &r) == nil {
		handles = append(handles, r)
	}
	if len(handles) == 0 {
		return nil
	}
	context.AfterFunc(ctx, func() {
		for _, h := range handles {
			_ = windows.CancelMibChangeNotify2(h)
		}
	})
	return out
}

// look asks for the adapters with their addresses and gateways. Windows names the
// gateways of default routes alone, and every adapter with an address has a route to its own network.
func look() view {
	first, err := adapters()
	if err != nil {
		return view{online: true}
	}
	var links []link
	var routes []route
	for a := first; a != nil; a = a.Next {
		// IPv4 and IPv6 number adapters apart; the position in the list serves both.
		l := link{
			index:    len(links) + 1,
			name:     windows.BytePtrToString(a.AdapterName),
			loopback: a.IfType == windows.IF_TYPE_SOFTWARE_LOOPBACK,
			running:  a.OperStatus == windows.IfOperStatusUp,
		}
		for u := a.FirstUnicastAddress; u != nil; u = u.Next {
			if ip, ok := netip.AddrFromSlice(u.Address.IP()); ok {
				l.addresses = append(l.addresses, netip.PrefixFrom(ip.Unmap(), int(u.OnLinkPrefixLength)))
			}
		}
		routes = append(routes, route{index: l.index, bits: 128})
		for g := a.FirstGatewayAddress; g != nil; g = g.Next {
			gateway, _ := netip.AddrFromSlice(g.Address.IP())
			routes = append(routes, route{index: l.index, gateway: gateway.Unmap()})
		}
		links = append(links, l)
	}
	return judge(links, routes)
}

func adapters() (*windows.IpAdapterAddresses, error) {
	const flags = windows.GAA_FLAG_INCLUDE_GATEWAYS | windows.GAA_FLAG_SKIP_ANYCAST |
		windows.GAA_FLAG_SKIP_MULTICAST | windows.GAA_FLAG_SKIP_DNS_SERVER
	// 15 kB is what the function's documentation recommends to begin with.
	for size := uint32(15 << 10); ; {
		buf := make([]byte, size)
		first := (*windows.IpAdapterAddresses)(unsafe.Pointer(&buf[0]))
		err := windows.GetAdaptersAddresses(windows.AF_UNSPEC, flags, 0, first, &size)
		switch {
		case err == nil:
			return first, nil
		case errors.Is(err, windows.ERROR_NO_DATA):
			return nil, nil
		case !errors.Is(err, windows.ERROR_BUFFER_OVERFLOW) || size <= uint32(len(buf)):
			return nil, err
		}
	}
}
