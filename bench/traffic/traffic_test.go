// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// here is a place on loopback.
func here() Place {
	start := time.Now()
	return Place{Dial: (&net.Dialer{}).DialContext, Now: func() time.Duration { return time.Since(start) }}
}

// serve serves Handler; seen is called for each request.
func serve(t *testing.T, seen func(*http.Request)) (address string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen(r)
		Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func TestFetch(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var requests atomic.Int32
	address := serve(t, func(*http.Request) {
		if requests.Add(1) == 3 {
			stop()
		}
	})
	list := Fetch(ctx, t.Context(), here(), address, 100_000, time.Millisecond)
	if len(list) != 3 {
		t.Fatalf("%d fetches, want 3: the last may end when it is over", len(list))
	}
	for n, s := range list {
		if s.Lost || s.Took <= 0 || n > 0 && s.At < list[n-1].At+list[n-1].Took {
			t.Errorf("fetch %d: %+v after %+v, want one after the other", n, s, list[max(0, n-1)])
		}
	}
}

func TestFetchThatIsGivenUp(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	address := serve(t, func(*http.Request) { stop() })
	list := Fetch(ctx, ctx, here(), address, endless, time.Millisecond)
	if len(list) != 1 || !list[0].Lost {
		t.Errorf("%+v, want one that is lost", list)
	}
}

func TestWeb(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var requests atomic.Int32
	connections := make(chan string, 100)
	address := serve(t, func(r *http.Request) {
		connections <- r.RemoteAddr
		if int(requests.Add(1)) == len(pageParts) {
			stop()
		}
	})
	if list := Web(ctx, t.Context(), here(), address, time.Hour); len(list) != 1 || list[0].Lost {
		t.Errorf("%+v, want one page", list)
	}
	close(connections)
	different := map[string]bool{}
	for c := range connections {
		different[c] = true
	}
	if n := int(requests.Load()); n != 15 || len(different) > pageConnections {
		t.Errorf("%d objects over %d connections", n, len(different))
	}
	sum := 0
	for _, size := range pageParts {
		sum += size
	}
	if sum != 1_000_000 {
		t.Errorf("the page has %d bytes", sum)
	}
}

func TestBulk(t *testing.T) {
	for _, upload := range []bool{false, true} {
		ctx, stop := context.WithCancel(t.Context())
		var method atomic.Value
		address := serve(t, func(r *http.Request) {
			method.Store(r.Method)
			stop()
		})
		if err := Bulk(ctx, here(), address, upload); err != nil {
			t.Errorf("upload %v: %v", upload, err)
		}
		if got := method.Load(); (got == http.MethodPut) != upload {
			t.Errorf("upload %v used %v", upload, got)
		}
	}
	if err := Bulk(t.Context(), here(), "127.0.0.1:1", false); err == nil {
		t.Error("no error without a server")
	}
}

// lossy drops the first packet of every second frame.
type lossy struct {
	net.Conn
	writes int
	enough func()
}

func (l *lossy) Write(b []byte) (int, error) {
	l.writes++
	if l.writes == 40 {
		l.enough()
	}
	if l.writes%4 == 1 {
		return len(b), nil
	}
	return l.Conn.Write(b)
}

func TestTalk(t *testing.T) {
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	conn, err := net.Dial("udp4", server.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	// Two packets a frame.
	down, up := Media{Frame: 1000, Every: time.Millisecond, Packet: 600}.Talk(ctx, &lossy{conn, 0, stop}, server, here().Now)
	lost := 0
	for n, s := range up {
		if s.Lost {
			lost++
		}
		if s.Lost != (n%2 == 0) {
			t.Errorf("frame %d: %+v", n, s)
		}
	}
	if len(up) != 20 || lost != 10 {
		t.Errorf("%d frames, %d lost; want 20 and half of them", len(up), lost)
	}
	if len(down) == 0 {
		t.Error("nothing was sent to the client")
	}
	for _, s := range down {
		if s.Lost || s.Took < 0 {
			t.Errorf("a frame to the client: %+v", s)
		}
	}
}

func TestPing(t *testing.T) {
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go Echo(server)
	conn, err := net.Dial("udp4", server.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for n, s := range Ping(ctx, &lossy{conn, 0, stop}, here().Now, time.Millisecond) {
		if s.Lost != (n%4 == 0) {
			t.Errorf("ping %d: %+v", n, s)
		}
	}
}

func TestMedia(t *testing.T) {
	if v := Voice(); v.Frame+headers != 200 {
		t.Errorf("a packet of a phone call has %d bytes", v.Frame+headers)
	}
	v := Video(2e6)
	if rate := float64(v.Frame*8) / v.Every.Seconds(); rate < 1.99e6 || rate > 2e6 {
		t.Errorf("a video call has %g bit/s", rate)
	}
}

func TestHandlerServesFiles(t *testing.T) {
	address := serve(t, func(*http.Request) {})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/file/5000000000/a.bin", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Range", "bytes=4999999990-")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || len(data) != 10 || response.StatusCode != http.StatusPartialContent || response.Header.Get("ETag") == "" || response.Header.Get("Last-Modified") == "" {
		t.Errorf("%d bytes, %v: %v %v", len(data), err, response.Status, response.Header)
	}
}
