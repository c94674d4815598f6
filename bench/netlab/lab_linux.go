// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netlab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits/bench/link"
)

// Lab is two clients and a server with a link between them.
type Lab struct {
	Client, Other, Server *Namespace
	// Notes are shortcomings of this machine that a reader of the results should know of.
	Notes []string

	devices []int // of client, other and server
	stop    int
	down    *lane
	up      *lane
	running sync.WaitGroup
}

// Check tells what this machine lacks for a laboratory, nil if nothing.
func Check() error {
	if os.Geteuid() != 0 {
		return errors.New("network namespaces need root\nhint: run it with sudo, or as root in a container with --privileged")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		return errors.New("the program ip is not installed\nhint: apt-get install iproute2")
	}
	f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("cannot open the TUN driver: %w\nhint: modprobe tun; in a container: --device /dev/net/tun --cap-add NET_ADMIN --cap-add SYS_ADMIN", err)
	}
	return f.Close()
}

// New makes a laboratory without a link.
func New() (*Lab, error) {
	l := &Lab{stop: -1}
	for _, n := range []**Namespace{&l.Client, &l.Other, &l.Server} {
		var err error
		if *n, err = NewNamespace(); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	servers := []netip.Addr{ForegroundServer, BackgroundServer, SecondServer, ProbeServer}
	err := errors.Join(l.furnish(l.Client, Client), l.furnish(l.Other, Other), l.furnish(l.Server, servers...))
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// furnish gives a namespace its device, addresses, a route to everywhere, and the settings of an ordinary Linux
// machine, whatever this one has.
func (l *Lab) furnish(n *Namespace, addresses ...netip.Addr) error {
	fd, err := n.openTUN()
	if err != nil {
		return err
	}
	l.devices = append(l.devices, fd)
	for _, s := range [][2]string{
		{"ipv6/conf/all/disable_ipv6", "1"}, // no packets but those of the measurement
		{"ipv4/tcp_no_metrics_save", "1"},   // no connection learns from the one before
		{"ipv4/tcp_rmem", "4096 131072 6291456"},
		{"ipv4/tcp_wmem", "4096 16384 4194304"},
		{"ipv4/ping_group_range", "0 2147483647"},
	} {
		if err := n.Set(s[0], s[1]); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := n.Set("ipv4/tcp_congestion_control", "cubic"); err != nil {
		l.note("programs use this machine's default congestion control, as cubic is not to be had for namespaces (sysctl net.ipv4.tcp_allowed_congestion_control)")
	}
	var script strings.Builder
	fmt.Fprintf(&script, "link set lo up\nlink set %s mtu 1500 txqueuelen 1000 up\n", device)
	for _, a := range addresses {
		fmt.Fprintf(&script, "addr add %s/32 dev %s\n", a, device)
	}
	fmt.Fprintf(&script, "route add default dev %s\n", device)
	return n.Run(script.String(), "ip", "-batch", "-")
}

func (l *Lab) note(text string) {
	for _, n := range l.Notes {
		if n == text {
			return
		}
	}
	l.Notes = append(l.Notes, text)
}

// Connect starts the link. From then on it carries packets, until Close.
func (l *Lab) Connect(clock Clock, down, up link.Config) error {
	stop, err := newStop()
	if err != nil {
		return err
	}
	client, other, server := l.devices[0], l.devices[1], l.devices[2]
	l.stop = stop
	l.down = newLane(clock, down, false, client, other)
	l.up = newLane(clock, up, true, server)
	for _, f := range []func(){
		l.down.deliver, l.up.deliver,
		func() { collect(server, stop, l.down) },
		func() { collect(client, stop, l.up) },
		func() { collect(other, stop, l.up) },
	} {
		l.running.Go(f)
	}
	return nil
}

// Logs are what happened on the link, to be read after Disconnect.
func (l *Lab) Logs() (down, up []link.Bin) { return l.down.line.Log.Bins(), l.up.line.Log.Bins() }

// Late is how late the link handed packets over: the time that 99 of 100 of them did not exceed, in the worse
// direction.
func (l *Lab) Late() time.Duration { return max(l.down.lateness(0.99), l.up.lateness(0.99)) }

// Disconnect ends the link.
func (l *Lab) Disconnect() {
	if l.stop < 0 {
		return
	}
	raise(l.stop)
	l.down.close()
	l.up.close()
	l.running.Wait()
	_ = unix.Close(l.stop)
	l.stop = -1
}

// Close ends the link, the programs in the namespaces, and the namespaces.
func (l *Lab) Close() error {
	l.Disconnect()
	var err error
	for _, fd := range l.devices {
		err = errors.Join(err, unix.Close(fd))
	}
	l.devices = nil
	for _, n := range []**Namespace{&l.Client, &l.Other, &l.Server} {
		if *n != nil {
			(*n).Close()
			*n = nil
		}
	}
	return err
}

// CheckCongestion tells whether the kernel has a congestion control, nil if it has.
func CheckCongestion(name string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, name); err != nil {
		return fmt.Errorf("this kernel has no congestion control %s: %w\nhint: modprobe tcp_%s, or choose another with -cc and -bgcc", name, err, name)
	}
	return nil
}
