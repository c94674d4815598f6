// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/websocket"
)

// chromium is a real browser, driven by its DevTools protocol over loopback.
type chromium struct {
	conn    *websocket.Conn
	mu      sync.Mutex
	next    int
	answers map[int]chan message
	tabs    map[string]*tab // by session
	failed  error
}

// message is a call, an answer or an event of the protocol.
type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     json.RawMessage `json:"error,omitempty"`
}

// tab is a page in it.
type tab struct {
	b        *chromium
	session  string
	loaded   chan struct{}
	requests []string
	console  []string
}

// startBrowser finds Chromium by OPENBITS_CHROMIUM or by its usual names and starts it, or skips the test.
func startBrowser(t *testing.T) *chromium {
	t.Helper()
	program := ""
	for _, name := range []string{os.Getenv("OPENBITS_CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("no Chromium is installed (OPENBITS_CHROMIUM names one)")
	}
	profile, err := os.MkdirTemp("", "chromium") // not t.TempDir: the browser's last processes may still write there
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-background-timer-throttling", "--user-data-dir="+profile,
		"--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-port=0", "--remote-allow-origins=*", "about:blank")
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Skipf("Chromium does not start: %v", err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		_ = os.RemoveAll(profile)
	})
	url, said := "", ""
	listening := regexp.MustCompile(`DevTools listening on (ws://\S+)`)
	for lines := bufio.NewScanner(stderr); url == "" && lines.Scan(); said += lines.Text() + "\n" {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			url = m[1]
		}
	}
	if url == "" {
		t.Skipf("Chromium does not run here: %.500s", said)
	}
	go func() { _, _ = io.Copy(io.Discard, stderr) }()
	conn, err := websocket.Dial(url, "", "http://127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	b := &chromium{conn: conn, answers: map[int]chan message{}, tabs: map[string]*tab{}}
	go b.listen()
	return b
}

func (b *chromium) listen() {
	for {
		var m message
		err := websocket.JSON.Receive(b.conn, &m)
		b.mu.Lock()
		if err != nil {
			b.failed = err
			for _, c := range b.answers {
				close(c)
			}
			b.answers = nil
			b.mu.Unlock()
			return
		}
		if c := b.answers[m.ID]; c != nil {
			delete(b.answers, m.ID)
			c <- m
		} else if p := b.tabs[m.SessionID]; p != nil {
			p.event(m)
		}
		b.mu.Unlock()
	}
}

func (p *tab) event(m message) {
	switch m.Method {
	case "Page.loadEventFired":
		close(p.loaded)
	case "Network.requestWillBeSent":
		var v struct{ Request struct{ URL string } }
		_ = json.Unmarshal(m.Params, &v)
		p.requests = append(p.requests, v.Request.URL)
	case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded":
		p.console = append(p.console, string(m.Params))
	}
}

// call calls a method and waits for its answer.
func (b *chromium) call(t *testing.T, session, method string, params, result any) {
	t.Helper()
	data, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	answer := make(chan message, 1)
	b.mu.Lock()
	if b.failed != nil {
		b.mu.Unlock()
		t.Fatalf("the browser is gone: %v", b.failed)
	}
	b.next++
	id := b.next
	b.answers[id] = answer
	b.mu.Unlock()
	if err := websocket.JSON.Send(b.conn, message{ID: id, SessionID: session, Method: method, Params: data}); err != nil {
		t.Fatal(err)
	}
	m, ok := <-answer
	if !ok || m.Error != nil {
		t.Fatalf("%s: %s", method, m.Error)
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			t.Fatal(err)
		}
	}
}

// open opens a page in a tab of its own and waits until it is loaded.
func (b *chromium) open(t *testing.T, url string) *tab {
	t.Helper()
	var target struct{ TargetID string }
	b.call(t, "", "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call(t, "", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	p := &tab{b: b, session: attached.SessionID, loaded: make(chan struct{})}
	b.mu.Lock()
	b.tabs[p.session] = p
	b.mu.Unlock()
	t.Cleanup(func() { b.call(t, "", "Target.closeTarget", map[string]any{"targetId": target.TargetID}, nil) })
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(t, p.session, domain+".enable", struct{}{}, nil)
	}
	b.call(t, p.session, "Page.navigate", map[string]any{"url": url}, nil)
	select {
	case <-p.loaded:
	case <-t.Context().Done():
		t.Fatal("the page was not loaded")
	}
	return p
}

// happened are the requests of the page and what its console says, up to now.
func (p *tab) happened() (requests, console []string) {
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	return p.requests, p.console
}

// text runs script in the page and answers its value as text.
func (p *tab) text(t *testing.T, script string) string {
	t.Helper()
	var v struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	p.b.call(t, p.session, "Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true, "awaitPromise": true}, &v)
	if v.ExceptionDetails != nil {
		t.Fatalf("%s: %s", script, v.ExceptionDetails)
	}
	return strings.TrimSpace(fmt.Sprint(v.Result.Value))
}
