// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"net/url"
	"strings"

	"github.com/openbits/openbits/api"
)

// proxyFrom reads --proxy, or the variables that curl and most others know, in both cases of letters, the lower first.
// A proxy that is named on the command line is used for every host but those of NO_PROXY.
func proxyFrom(flag string, env func(string) string) (api.Proxy, error) {
	first := func(names ...string) (name, value string) {
		for _, n := range names {
			if v := strings.TrimSpace(env(n)); v != "" {
				return n, v
			}
		}
		return "", ""
	}
	var p api.Proxy
	_, p.No = first("no_proxy", "NO_PROXY")
	if flag != "" {
		if flag == "off" || flag == "none" {
			return api.Proxy{}, nil
		}
		text, err := proxyURL("--proxy", flag)
		p.HTTP, p.HTTPS = text, text
		return p, err
	}
	var err error
	if name, value := first("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"); value != "" {
		if p.HTTP, err = proxyURL(name, value); err != nil {
			return p, err
		}
	}
	if name, value := first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"); value != "" {
		if p.HTTPS, err = proxyURL(name, value); err != nil {
			return p, err
		}
	}
	if p.HTTP == "" && p.HTTPS == "" {
		p.No = ""
	}
	return p, nil
}

// proxyURL completes the form host:port, and refuses what is no proxy. The error never shows a password.
func proxyURL(source, text string) (string, error) {
	const hint = "Write it like http://proxy.example.org:3128 or socks5://localhost:1080."
	full := text
	if !strings.Contains(text, "://") {
		full = "http://" + text
	}
	u, err := url.Parse(full)
	if err != nil {
		return "", usage(source, urlFault(err), hint)
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	case "socks":
		u.Scheme = "socks5h"
	default:
		return "", usage(source, `a proxy of the kind "`+u.Scheme+`" is not supported`, hint)
	}
	if u.Hostname() == "" {
		return "", usage(source, "it names no host", hint)
	}
	return u.String(), nil
}
