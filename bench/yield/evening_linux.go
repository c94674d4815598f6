// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/openbits/openbits/bench/link"
	"github.com/openbits/openbits/bench/netlab"
	"github.com/openbits/openbits/bench/traffic"
)

// evening is one run under way.
type evening struct {
	*theatre
	evidence
	lab      *netlab.Lab
	spec     link.Spec
	scenario scenario
	dir      string
	clock    netlab.Clock

	servers     []*http.Server
	packets     []net.PacketConn
	voices      net.PacketConn // the far end of calls
	backgrounds []*background
}

const (
	callPort  = 9000
	probePort = 9001
	pingEvery = 20 * time.Millisecond
)

// open starts servers and readies the backgrounds.
func (v *evening) open(p *peer) (err error) {
	v.evidence.spec = v.spec
	v.acts = make([][]traffic.Sample, len(v.scenario.acts))
	v.ups = make([][]traffic.Sample, len(v.scenario.acts))
	if err := v.serve(netlab.ForegroundServer, 80, v.foreground, nil); err != nil {
		return err
	}
	for _, a := range []netip.Addr{netlab.BackgroundServer, netlab.SecondServer} {
		if err := v.serve(a, 80, v.theatre.background, nil); err != nil {
			return err
		}
		if err := v.serve(a, 443, v.theatre.background, &v.certificate); err != nil {
			return err
		}
	}
	if v.voices, err = v.listenPacket(netlab.ForegroundServer, callPort); err != nil {
		return err
	}
	echo, err := v.listenPacket(netlab.ProbeServer, probePort)
	if err != nil {
		return err
	}
	go traffic.Echo(echo)
	if p == nil {
		return nil
	}
	if err := v.engage(*p, v.lab.Client, netlab.BackgroundServer, v.scenario.background); err != nil {
		return err
	}
	if v.scenario.second > 0 {
		return v.engage(*p, v.lab.Other, netlab.SecondServer, v.scenario.second)
	}
	return nil
}

func (v *evening) serve(a netip.Addr, port uint16, congestion string, certificate *tls.Certificate) error {
	l, err := v.lab.Server.Listen(netip.AddrPortFrom(a, port).String(), netlab.Socket{Congestion: congestion})
	if err != nil {
		return err
	}
	v.servers = append(v.servers, traffic.Serve(l, certificate, v.scheme == "h2"))
	return nil
}

func (v *evening) listenPacket(a netip.Addr, port uint16) (net.PacketConn, error) {
	c, err := v.lab.Server.ListenPacket(netip.AddrPortFrom(a, port).String())
	if err == nil {
		v.packets = append(v.packets, c)
	}
	return c, err
}

// engage readies a background that starts at a time.
func (v *evening) engage(p peer, n *netlab.Namespace, server netip.Addr, at time.Duration) error {
	dir := filepath.Join(v.dir, fmt.Sprint(len(v.backgrounds)))
	o := order{bits: v.rig.Bits, dir: filepath.Join(dir, "files"), ca: v.ca, upload: v.scenario.upload, priority: v.priority}
	mbit := v.spec.Down
	if o.upload {
		mbit = v.spec.Up
	}
	// More than the link can carry in a run, so that no transfer ends before.
	size := int64(mbit * 1e6 / 8 * (v.scenario.end.Seconds() + 2))
	base := "http://" + server.String()
	if v.scheme != "http" {
		base = "https://" + server.String()
	}
	for k := range v.connections {
		o.urls = append(o.urls, fmt.Sprintf("%s/file/%d/part%d.bin", base, size, k))
	}
	o.sink, o.source = base+"/sink", filepath.Join(dir, "source")
	commands, err := p.commands(o)
	if err != nil {
		return err
	}
	b := &background{peer: p, order: o, commands: commands, namespace: n, at: at, home: filepath.Join(dir, "home")}
	v.backgrounds = append(v.backgrounds, b)
	if err := b.furnish(dir, size); err != nil {
		return err
	}
	if p.own {
		return b.startService(v.daemon)
	}
	return nil
}

// close ends servers and backgrounds.
func (v *evening) close() {
	for _, b := range v.backgrounds {
		b.close()
	}
	for _, s := range v.servers {
		_ = s.Close()
	}
	for _, c := range v.packets {
		_ = c.Close()
	}
}

var errEarly = errors.New("the background ended before the run was over")

// nobody is the account that backgrounds run as, without any capability.
const nobody = 65534

func give(path string) error { return os.Chown(path, nobody, nobody) }
