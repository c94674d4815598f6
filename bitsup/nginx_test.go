// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits/bitsup"
)

const nginxConfig = `daemon off; master_process off; pid DIR/pid; error_log stderr error;
events { worker_connections 64; }
http {
  access_log off; client_max_body_size 16m; client_body_temp_path body;
  proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server { listen LISTEN; location / { proxy_pass http://BEHIND; proxy_set_header Host $host; proxy_http_version 1.1; proxy_request_buffering BUFFERING; } }
}
`

// TestBehindNginx: the protocol passes through a real nginx, which reads whole fragments before it sends them on, or does not.
func TestBehindNginx(t *testing.T) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("nginx is not installed")
	}
	for _, buffering := range []string{"on", "off"} {
		t.Run("request buffering "+buffering, func(t *testing.T) {
			s := newSite(t, bitsup.Options{MaxFragment: 1 << 20})
			address := startNginx(t, program, s.http.Listener.Addr().String(), buffering)
			content := strings.Repeat("0123456789abcdef", 3<<20/16)
			w := dial(t, address)
			id := w.create("/a%20b")
			w.send(request("/a%20b", "", "BITS-Packet-Type: Ping", "Content-Length: 0")).want(t, 200)
			const step = 1 << 20
			w.fragment("/a%20b", id, 0, len(content), content[:step]).want(t, 200, step)
			w.fragment("/a%20b", id, 0, len(content), content[:step]).want(t, 416, step)
			w.fragment("/a%20b", id, step, len(content), content[step:]).want(t, 413)
			w.fragment("/a%20b", id, step, len(content), content[step:2*step]).want(t, 200, 2*step)
			s.restart() // nginx connects anew
			address = startNginx(t, program, s.http.Listener.Addr().String(), buffering)
			w = dial(t, address)
			w.fragment("/a%20b", id, 2*step, len(content), content[2*step:]).want(t, 200, len(content))
			w.close("/a%20b", id).want(t, 200)
			s.is("a b", content)
			g := w.send(plainPacket("Cancel-Session", "/a%20b", "{unknown}")).want(t, 500)
			if g.headers.Get("BITS-Error-Code") != "0x8020001F" || g.headers.Get("BITS-Error") != "0x8020001F" {
				t.Errorf("nginx has changed the answer:\n%s", g.head)
			}
		})
	}
}

func startNginx(t *testing.T, program, behind, buffering string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "config")
	text := strings.NewReplacer("DIR", dir, "LISTEN", address, "BEHIND", behind, "BUFFERING", buffering).Replace(nginxConfig)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-p", dir, "-c", config, "-e", "stderr")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	// nginx does not say when it is ready: it is tried until it is.
	for began := time.Now(); ; {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return address
		}
		if time.Since(began) > hung {
			t.Fatal(err)
		}
	}
}
