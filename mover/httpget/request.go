// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/web"
)

// ask is what a request asks for.
type ask struct {
	held    openbits.Head
	ranged  bool   // from held.Offset on; the whole file otherwise
	ifRange string // the strong validator to send
}

// get makes the request and follows redirects from the file's own URL.
func (f *fetch) get(ctx context.Context, w *web.Watch, a ask) (*http.Response, error) {
	u := f.url
	ctx = web.Wanting(ctx)
	for f.hops = 0; ; f.hops++ {
		req, err := f.request(ctx, u, a)
		if err != nil {
			return nil, err
		}
		w.Arm(f.m.web.Timeouts.Opening())
		resp, err := f.transport.RoundTrip(req)
		w.Rest()
		if err != nil {
			return nil, web.RoundTripError(ctx, err, u.Host)
		}
		if !web.IsRedirect(resp.StatusCode) {
			return resp, nil
		}
		next, failure := web.Follow(u, resp)
		f.drain(w, resp)
		resp.Body.Close()
		if failure != nil {
			return nil, failure
		}
		if f.hops == web.MaxRedirects {
			return nil, web.TooManyRedirects(u.Host)
		}
		u = next
	}
}

// request builds the request for one hop.
func (f *fetch) request(ctx context.Context, u *url.URL, a ask) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, web.Bare(u).String(), nil)
	if err != nil {
		return nil, &openbits.Error{Kind: openbits.KindInvalidArgument, Context: openbits.ContextRemoteFile, Text: "the URL cannot be asked for"}
	}
	req.Header.Set("User-Agent", f.m.web.Agent)
	req.Header.Set("Accept", "*/*")
	if f.fresh {
		req.Header.Set("Cache-Control", "no-cache")
		req.Header.Set("Pragma", "no-cache")
	}
	web.Authorize(req, f.route, f.url, u)
	req.Header.Set("Accept-Encoding", "identity")
	if a.ranged {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", a.held.Offset))
		if a.ifRange != "" {
			req.Header.Set("If-Range", a.ifRange)
		}
	}
	return req, nil
}
