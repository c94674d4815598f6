// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/openbits/openbits"
)

const (
	// maxTransports bounds the pool: each entry is a set of connections of its own.
	maxTransports = 32
	// idleTimeout is how long an unused connection is kept. Common servers close theirs after 60 to 75 s.
	idleTimeout = 55 * time.Second
	// expectTimeout is how long a server is waited for to ask for the content of a request: many never do (RFC 9110, section 10.1.1).
	expectTimeout = 2 * time.Second
	// readBuffer takes an answer's header and a small file in one read; larger reads bypass it.
	readBuffer = 16 << 10
	// maxHeaderBytes is the largest header of an answer that is accepted.
	maxHeaderBytes = 256 << 10
	// maxFrame is the largest HTTP/2 frame that servers may send.
	maxFrame = 256 << 10
)

// poolKey tells connections apart that must never be shared.
type poolKey struct {
	background bool
	route      [sha256.Size]byte
}

// pool keeps a transport for each key that was used lately. The zero value is empty.
type pool struct {
	mu    sync.Mutex
	items map[poolKey]*list.Element // of poolItem
	order list.List                 // the last used first
}

type poolItem struct {
	key       poolKey
	transport *http.Transport
}

// transport answers the transport for key, made by build when there is none.
func (p *pool) transport(key poolKey, build func() (*http.Transport, error)) (*http.Transport, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.items[key]; ok {
		p.order.MoveToFront(e)
		return e.Value.(poolItem).transport, nil
	}
	transport, err := build()
	if err != nil {
		return nil, err
	}
	if p.items == nil {
		p.items = make(map[poolKey]*list.Element)
	}
	p.items[key] = p.order.PushFront(poolItem{key, transport})
	for len(p.items) > maxTransports {
		p.drop(p.order.Back())
	}
	return transport, nil
}

func (p *pool) drop(e *list.Element) {
	item := p.order.Remove(e).(poolItem)
	delete(p.items, item.key)
	item.transport.CloseIdleConnections()
}

func (p *pool) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.order.Len() > 0 {
		p.drop(p.order.Back())
	}
}

// Transport answers the transport for the route and for the class of t's priority.
func (c *Client) Transport(t openbits.Transfer, r *openbits.Route) (*http.Transport, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	key := poolKey{background: t.Priority.Background(), route: sha256.Sum256(text)}
	return c.pool.transport(key, func() (*http.Transport, error) { return c.newTransport(r) })
}

func (c *Client) newTransport(r *openbits.Route) (*http.Transport, error) {
	secure, err := tlsConfig(r)
	if err != nil {
		return nil, err
	}
	proxy, err := proxyFor(r.Proxy)
	if err != nil {
		return nil, err
	}
	return &http.Transport{
		Proxy: func(req *http.Request) (*url.URL, error) { return proxy(req.URL) },
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, c.Timeouts.Connect)
			defer cancel()
			return c.dial(ctx, network, addr)
		},
		TLSClientConfig:        secure,
		TLSHandshakeTimeout:    c.Timeouts.TLS,
		ResponseHeaderTimeout:  c.Timeouts.Header,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    openbits.MaxConnectionsPerHost,
		MaxIdleConns:           4 * openbits.MaxConnectionsPerHost,
		IdleConnTimeout:        idleTimeout,
		ExpectContinueTimeout:  expectTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ReadBufferSize:         readBuffer,
		ProxyConnectHeader:     http.Header{"User-Agent": {c.Agent}},
		OnProxyConnectResponse: checkConnect,
		// A dialler of our own would otherwise turn HTTP/2 off.
		ForceAttemptHTTP2: !c.http1,
		HTTP2: &http.HTTP2Config{
			SendPingTimeout:  c.Timeouts.Ping,
			PingTimeout:      c.Timeouts.Ping,
			MaxReadFrameSize: maxFrame,
		},
	}, nil
}
