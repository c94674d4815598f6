// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package testlab

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

const (
	// PeerUser and PeerPassword are what proxies ask for.
	PeerUser     = "user"
	PeerPassword = "pass"

	// peerStart is how long a peer may take until its port answers.
	peerStart = 20 * time.Second
	// peerStop is how long a peer may take to end by itself.
	peerStop = 5 * time.Second
	// peerTries is how often a peer is started on another port, should somebody take the first.
	peerTries = 3
)

// Peer is a real server or proxy that runs for one test, on a free port of loopback, with a
// configuration and a folder of its own. As root it runs as nobody.
type Peer struct {
	Name string
	Addr string // host:port
	URL  string // of an origin, without a slash at the end; of a proxy with user and password where it wants them
	TLS  string // of an origin that has it: the URL for HTTPS
	CA   string // PEM certificate behind TLS
	Root string // folder whose files an origin serves
	Dir  string // configuration and logs

	port    int
	tlsPort int
	backend *Peer
	cmd     *exec.Cmd
	ended   chan struct{}
}

// OriginPeers and ProxyPeers are the names that StartPeer knows.
var (
	OriginPeers = []string{"nginx", "apache", "lighttpd", "caddy", "python", "busybox", "haproxy", "varnish"}
	ProxyPeers  = []string{"squid", "tinyproxy", "microsocks", "danted"}
)

// StartPeer starts the peer of that name and ends it with the test. The test is skipped
// when the peer's program is not installed.
func StartPeer(tb TB, name string) *Peer {
	tb.Helper()
	s, ok := specs[name]
	if !ok {
		tb.Fatalf("no peer is called %q", name)
	}
	program := s.find()
	if program == "" {
		tb.Skipf("%s is not installed (Debian package %s)", name, s.debian)
	}
	p := &Peer{Name: name}
	if s.backend != "" {
		p.backend = StartPeer(tb, s.backend)
	}
	var err error
	for range peerTries {
		if err = p.start(s, program); err == nil {
			tb.Cleanup(p.stop)
			return p
		}
		p.stop()
	}
	tb.Fatalf("cannot start %s: %v", name, err)
	return nil
}

// Put writes a file that the peer serves, and answers its path in the URL. The file gets the
// time modified, since servers make their validators of it.
func (p *Peer) Put(name string, c Content, modified time.Time) (string, error) {
	file := filepath.Join(p.Root, name)
	// A new file beside the old one: who is reading the old one goes on reading it.
	if err := c.WriteFile(file + ".new"); err != nil {
		return "", err
	}
	if err := os.Chtimes(file+".new", modified, modified); err != nil {
		return "", err
	}
	return "/" + name, os.Rename(file+".new", file)
}

func (p *Peer) start(s spec, program string) error {
	dir, err := os.MkdirTemp("", "openbits-"+p.Name+"-")
	if err != nil {
		return err
	}
	p.Dir, p.Root = dir, filepath.Join(dir, "root")
	if p.backend != nil {
		p.Root = p.backend.Root
	}
	for _, name := range []string{"root", "dav"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			return err
		}
	}
	if p.port, err = freePort(); err != nil {
		return err
	}
	p.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port))
	p.URL = fmt.Sprintf(s.url, p.Addr)
	if s.tls {
		if err := p.secure(); err != nil {
			return err
		}
	}
	config := filepath.Join(dir, "config")
	if err := os.WriteFile(config, []byte(s.config(p)), 0o644); err != nil {
		return err
	}
	if s.extra != nil {
		if err := os.WriteFile(filepath.Join(dir, "extra"), []byte(s.extra(p)), 0o644); err != nil {
			return err
		}
	}
	return p.run(exec.Command(program, s.args(p, config)...))
}

// secure makes a certificate and a port for HTTPS.
func (p *Peer) secure() error {
	authority, err := NewAuthority("openbits " + p.Name)
	if err != nil {
		return err
	}
	cert, key, err := authority.Issue(Leaf{})
	if err != nil {
		return err
	}
	if p.tlsPort, err = freePort(); err != nil {
		return err
	}
	p.TLS, p.CA = fmt.Sprintf("https://127.0.0.1:%d", p.tlsPort), authority.PEM
	if err := os.WriteFile(filepath.Join(p.Dir, "cert.pem"), []byte(cert), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(p.Dir, "key.pem"), []byte(key), 0o644)
}

// run starts the program and waits until its port answers.
func (p *Peer) run(cmd *exec.Cmd) error {
	log, err := os.Create(filepath.Join(p.Dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.Dir, log, log
	cmd.Env = append(os.Environ(), "HOME="+p.Dir, "XDG_CONFIG_HOME="+p.Dir, "XDG_DATA_HOME="+p.Dir)
	if err := isolate(cmd, p.Dir); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd, p.ended = cmd, make(chan struct{})
	go func() { _ = cmd.Wait(); close(p.ended) }()
	for end := time.Now().Add(peerStart); time.Now().Before(end); {
		if conn, err := net.DialTimeout("tcp", p.Addr, time.Second); err == nil {
			return conn.Close()
		}
		select {
		case <-p.ended:
			text, _ := os.ReadFile(log.Name())
			return fmt.Errorf("it ended (%v): %s", cmd.ProcessState, text)
		case <-time.After(10 * time.Millisecond): // a foreign program has no event for it
		}
	}
	return fmt.Errorf("its port does not answer within %v", peerStart)
}

// stop ends the peer and removes its folder.
func (p *Peer) stop() {
	if p.cmd != nil {
		terminate(p.cmd)
		select {
		case <-p.ended:
		case <-time.After(peerStop):
		}
		kill(p.cmd)
		<-p.ended
		p.cmd = nil
	}
	if p.Dir != "" {
		_ = os.RemoveAll(p.Dir)
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
