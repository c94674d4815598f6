// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/openbits/openbits/internal/testlab"
)

// Origin is an nginx that serves a folder.
type Origin struct {
	Root   string // the folder
	URL    string // HTTP/1.1; beneath /slow/ at 4 MiB/s for each connection
	TLS    string // HTTPS with HTTP/1.1 alone
	TLS2   string // HTTPS with HTTP/2 offered
	CAFile string // certificate behind both
}

// nginxConfig is for one worker, as the machine's other processors are for the clients. What costs
// a server time and tells nothing of a client is off.
const nginxConfig = `daemon off; worker_processes 1; pid @DIR@/pid; error_log stderr warn; @USER@
events { worker_connections 1024; }
http {
  access_log off; default_type application/octet-stream; sendfile on; tcp_nopush on; keepalive_requests 100000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  ssl_certificate @DIR@/cert.pem; ssl_certificate_key @DIR@/key.pem;
  server { listen 127.0.0.1:@PORT0@; listen 127.0.0.1:@PORT1@ ssl; root @DIR@/root; location /slow/ { alias @DIR@/root/; limit_rate 4m; } }
  server { listen 127.0.0.1:@PORT2@ ssl http2; root @DIR@/root; }
}
`

const (
	// patience is how long a program may take to start or end.
	patience = 20 * time.Second
	// glance is the pause between two looks at whether a foreign program is ready.
	glance = 2 * time.Millisecond
)

// StartNginx starts nginx on loopback, to be ended by Close.
func (r *Rig) StartNginx() (*Origin, error) {
	program, err := Find("nginx", "nginx-light")
	if err != nil {
		return nil, err
	}
	dir, err := r.Folder("nginx")
	if err != nil {
		return nil, err
	}
	if _, err := r.Folder("nginx/root"); err != nil {
		return nil, err
	}
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	o := &Origin{Root: filepath.Join(dir, "root"), CAFile: filepath.Join(dir, "ca.pem")}
	o.URL, o.TLS, o.TLS2 = "http://127.0.0.1:"+ports[0], "https://127.0.0.1:"+ports[1], "https://127.0.0.1:"+ports[2]
	if err := certify(dir, o.CAFile); err != nil {
		return nil, err
	}
	account, err := worker()
	if err != nil {
		return nil, err
	}
	config := strings.NewReplacer("@DIR@", dir, "@USER@", account, "@PORT0@", ports[0], "@PORT1@", ports[1], "@PORT2@", ports[2]).Replace(nginxConfig)
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return nil, err
	}
	cmd := exec.Command(program, "-p", dir, "-c", file, "-e", "stderr")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r.onClose(func() error { return end(cmd) })
	return o, await(func() error {
		conn, err := net.Dial("tcp", "127.0.0.1:"+ports[2])
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

// worker is the directive for whom nginx runs as, where root starts it: nobody and its group.
func worker() (string, error) {
	if os.Getuid() != 0 {
		return "", nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		return "", err
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		return "", err
	}
	return "user " + u.Username + " " + g.Name + ";", nil
}

// Find is the path of a program. Its error names the Debian package that has it.
func Find(program, debian string) (string, error) {
	for _, name := range []string{program, "/usr/sbin/" + program} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed: apt-get install %s", program, debian)
}

// certify writes a certificate for loopback with its key, and the authority that signed it.
func certify(dir, ca string) error {
	authority, err := testlab.NewAuthority("openbits bench")
	if err != nil {
		return err
	}
	cert, key, err := authority.Issue(testlab.Leaf{})
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(ca, []byte(authority.PEM), 0o644),
		os.WriteFile(filepath.Join(dir, "cert.pem"), []byte(cert), 0o644),
		os.WriteFile(filepath.Join(dir, "key.pem"), []byte(key), 0o600),
	)
}

// freePorts finds ports of loopback that nobody listens on, all different.
func freePorts(n int) ([]string, error) {
	var ports []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports, nil
}

// await tries until it works. The programs that are waited for have no event for it.
func await(try func() error) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(glance) {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// end asks a program to end, and insists.
func end(cmd *exec.Cmd) error {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	insist := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer insist.Stop()
	_ = cmd.Wait() // how it ended tells nothing here
	return nil
}
