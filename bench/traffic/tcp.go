// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Bulk moves bytes over one connection to the server at address, as fast as it goes, until ctx ends.
func Bulk(ctx context.Context, p Place, address string, upload bool) error {
	conn, err := p.Dial(ctx, "tcp4", address)
	if err != nil {
		return ended(ctx, err)
	}
	// What is still in the socket's buffer when an upload is given up does not go on.
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	request, move := "GET /stream HTTP/1.1\r\nHost: bench\r\n\r\n", conn.Read
	if upload {
		request, move = fmt.Sprintf("PUT /sink HTTP/1.1\r\nHost: bench\r\nContent-Length: %d\r\n\r\n", int64(endless)), conn.Write
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return ended(ctx, err)
	}
	for buffer := make([]byte, 128<<10); ; {
		if _, err := move(buffer); err != nil {
			return ended(ctx, err)
		}
	}
}

// ended is no error when it was to end.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Fetch gets a small file of size bytes, on a new connection each time: one every so often, or as soon as the one before is there.
// What is under way when ctx ends may take until over ends.
func Fetch(ctx, over context.Context, p Place, address string, size int, every time.Duration) []Sample {
	var list []Sample
	repeat(ctx, every, func() {
		t := &http.Transport{DialContext: p.Dial, DisableKeepAlives: true}
		s := Sample{At: p.Now()}
		err := get(over, t, fmt.Sprintf("http://%s/bytes/%d", address, size))
		s.Took, s.Lost = p.Now()-s.At, err != nil
		list = append(list, s)
	})
	return list
}

// pageParts are the sizes of a page's objects in bytes: the page itself, then what it refers to. It is 1 MB in 15 objects.
var pageParts = []int{
	60_000, 250_000, 180_000, 120_000, 90_000, 70_000, 60_000, 45_000, 35_000, 30_000, 20_000, 15_000, 12_000, 8_000, 5_000,
}

// pageConnections is how many connections a browser opens to one server for HTTP/1.1.
const pageConnections = 6

// Web loads a page, reads it for a while, and loads the next.
func Web(ctx, over context.Context, p Place, address string, reading time.Duration) []Sample {
	var list []Sample
	for ctx.Err() == nil {
		s := Sample{At: p.Now()}
		err := page(over, p, address)
		s.Took, s.Lost = p.Now()-s.At, err != nil
		list = append(list, s)
		select {
		case <-ctx.Done():
		case <-time.After(reading):
		}
	}
	return list
}

func page(ctx context.Context, p Place, address string) error {
	t := &http.Transport{DialContext: p.Dial, MaxConnsPerHost: pageConnections, MaxIdleConnsPerHost: pageConnections}
	defer t.CloseIdleConnections()
	part := func(n int) error { return get(ctx, t, fmt.Sprintf("http://%s/bytes/%d", address, pageParts[n])) }
	if err := part(0); err != nil {
		return err
	}
	errs := make([]error, len(pageParts))
	var all sync.WaitGroup
	for n := 1; n < len(pageParts); n++ {
		all.Go(func() { errs[n] = part(n) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func get(ctx context.Context, t *http.Transport, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := t.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// repeat calls f every so often until ctx ends, or at once where f took longer.
func repeat(ctx context.Context, every time.Duration, f func()) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for ctx.Err() == nil {
		f()
		select {
		case <-ctx.Done():
		case <-ticks.C:
		}
	}
}
