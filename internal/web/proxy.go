// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"github.com/openbits/openbits"
)

// proxyFor turns a job's proxy setting into a function from a URL to the proxy to use, nil
// for none. NO_PROXY is read as golang.org/x/net/http/httpproxy does. That package never
// uses a proxy for the machine's own loopback addresses; here they go through a proxy that
// is itself on loopback, since such a proxy reaches them and somebody asked for it.
//
// Names are resolved by the proxy with socks5:// as with socks5h://.
func proxyFor(p openbits.Proxy) (func(*url.URL) (*url.URL, error), error) {
	plain, err := parseProxy(p.HTTP)
	if err != nil {
		return nil, err
	}
	secure, err := parseProxy(p.HTTPS)
	if err != nil {
		return nil, err
	}
	config := httpproxy.Config{HTTPProxy: p.HTTP, HTTPSProxy: p.HTTPS, NoProxy: p.No}
	choose := config.ProxyFunc()
	return func(u *url.URL) (*url.URL, error) {
		if !Loopback(u.Hostname()) {
			return choose(u)
		}
		proxy := plain
		if u.Scheme == "https" {
			proxy = secure
		}
		if proxy == nil || !Loopback(proxy.Hostname()) || exempt(p.No, u) {
			return nil, nil
		}
		return proxy, nil
	}, nil
}

// parseProxy reads the address of a proxy; a bare host:port is an HTTP proxy. The address
// may hold a password, so no error repeats it.
func parseProxy(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return nil, &openbits.Error{
			Kind: openbits.KindInvalidProxyInfo, Text: "the proxy's address cannot be read",
			Hint: "Give the proxy as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT.",
		}
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return u, nil
	default:
		return nil, &openbits.Error{
			Kind: openbits.KindInvalidProxyInfo, Text: "proxies of the kind " + u.Scheme + " are not supported",
			Hint: "Use a proxy of the kind http, https, socks5 or socks5h.",
		}
	}
}

// Loopback reports whether a host is this machine.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// exempt reports whether NO_PROXY names the loopback host of u.
func exempt(no string, u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	ip, ipErr := netip.ParseAddr(host)
	for entry := range strings.SplitSeq(no, ",") {
		entry = strings.ToLower(strings.TrimSpace(entry))
		if entry == "*" {
			return true
		}
		if prefix, err := netip.ParsePrefix(entry); err == nil {
			if ipErr == nil && prefix.Contains(ip.Unmap()) {
				return true
			}
			continue
		}
		if h, port, err := net.SplitHostPort(entry); err == nil {
			if port != PortOf(u) {
				continue
			}
			entry = h
		}
		if strings.Trim(entry, "[]") == host {
			return true
		}
	}
	return false
}

// PortOf is the port of u, the scheme's own when it names none.
func PortOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

// checkConnect turns a proxy's refusal to connect into an error with a kind; net/http
// would only pass the text of the status on.
func checkConnect(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusProxyAuthRequired, http.StatusUnauthorized: // tinyproxy's word for a wrong password
		resp.StatusCode = http.StatusProxyAuthRequired
		return StatusError(resp, proxy.Host)
	default:
		return &openbits.Error{
			Kind: openbits.KindProxyFailure, Context: openbits.ContextTransport,
			Text:  "the proxy " + proxy.Host + " refuses to connect: " + resp.Status,
			Hint:  "Ask whoever runs the proxy whether it may reach this server.",
			After: RetryAfterOf(resp),
		}
	}
}
