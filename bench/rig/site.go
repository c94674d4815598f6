// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Site is a server that takes uploads into a folder.
type Site struct {
	Root string // the folder
	URL  string
	PID  int // of the process that does the work

	cmd *exec.Cmd
}

// Stop ends the server.
func (s *Site) Stop() error { return end(s.cmd) }

var announced = regexp.MustCompile(` on (http://\S+)/`)

// StartServe starts "bits serve" for a new folder, on loopback and with more flags, to be ended by Close.
func (r *Rig) StartServe(name string, flags ...string) (*Site, error) {
	root, err := r.Folder(name)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(r.Dir, name+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s := &Site{Root: root, cmd: exec.Command(r.Bits, append([]string{"serve", root, "--listen", "127.0.0.1:0"}, flags...)...)}
	s.cmd.Stderr = log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	r.onClose(s.Stop)
	s.PID = s.cmd.Process.Pid
	line, err := bufio.NewReader(out).ReadString('\n')
	parts := announced.FindStringSubmatch(line)
	if parts == nil {
		return nil, fmt.Errorf("bits serve says %q (%w)", line, err)
	}
	s.URL = parts[1]
	return s, nil
}

// davConfig is an nginx that takes PUT (ngx_http_dav_module), with the body written once, in the folder where it stays.
const davConfig = `daemon off; master_process off; pid @DIR@/pid; error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off; client_max_body_size 0; client_body_temp_path @DIR@/root/.body;
  proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server { listen 127.0.0.1:@PORT@; root @DIR@/root; location / { dav_methods PUT; } }
}
`

// StartDAV starts an nginx that files can be put to, on loopback, to be ended by Close.
func (r *Rig) StartDAV() (*Site, error) {
	program, err := Find("nginx", "nginx-light")
	if err != nil {
		return nil, err
	}
	dir, err := r.Folder("dav")
	if err != nil {
		return nil, err
	}
	root, err := r.Folder("dav/root")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "config")
	text := strings.NewReplacer("@DIR@", dir, "@PORT@", ports[0]).Replace(davConfig)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	s := &Site{Root: root, URL: "http://127.0.0.1:" + ports[0], cmd: exec.Command(program, "-p", dir, "-c", config, "-e", "stderr")}
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	r.onClose(s.Stop)
	s.PID = s.cmd.Process.Pid
	return s, await(func() error {
		conn, err := net.Dial("tcp", "127.0.0.1:"+ports[0])
		if err != nil {
			return err
		}
		return conn.Close()
	})
}
