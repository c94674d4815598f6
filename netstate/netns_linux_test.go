// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netstate

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits"
)

// TestNamespace runs the real System in a network namespace of its own, where it
// takes a pair of virtual links up and down.
func TestNamespace(t *testing.T) {
	if os.Getenv("OPENBITS_NETSTATE_CHILD") != "" {
		inNamespace(t)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestNamespace$", "-test.v")
	cmd.Env = append(os.Environ(), "OPENBITS_NETSTATE_CHILD=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 { // root of a user namespace may do it as well
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	text := string(out)
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EACCES):
		t.Skipf("this account may not make a network namespace: %v", err)
	case err != nil:
		t.Fatalf("%v\n%s", err, text)
	case strings.Contains(text, "--- SKIP"):
		t.Skipf("no virtual links in this kernel: %s", text)
	}
}

func inNamespace(t *testing.T) {
	s := New()
	ctx, cancel := context.WithCancel(t.Context())
	events := s.Watch(ctx)
	if s.Online() {
		t.Fatal("online in an empty namespace")
	}
	if err := addVeth("ob0", "ob1"); err != nil {
		t.Skipf("cannot make virtual links: %v", err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect := func(want openbits.MachineEvent, online bool) {
		t.Helper()
		if got := <-events; got != want {
			t.Fatalf("event %q, want %q", got, want)
		}
		if s.Online() != online {
			t.Fatalf("Online() = %v after %q", !online, want)
		}
	}
	must(addAddress("ob0", netip.MustParsePrefix("192.0.2.7/24")))
	must(setUp("ob0", true))
	must(setUp("ob1", true))
	expect(openbits.MachineOnline, true) // its own network
	must(addDefaultRoute("ob0", netip.MustParseAddr("192.0.2.1")))
	expect(openbits.MachineOnline, true) // a way out
	must(setUp("ob1", false))
	expect(openbits.MachineOffline, false) // no carrier any more
	must(setUp("ob1", true))
	expect(openbits.MachineOnline, true)
	cancel()
	for range events { // ends when both sockets let go
	}
}

// The rest speaks rtnetlink, since ip(8) need not be installed.

func addVeth(name, peer string) error {
	// The peer is described like a link: an empty struct ifinfomsg, then attributes.
	inner := append(make([]byte, unix.SizeofIfInfomsg), attribute(unix.IFLA_IFNAME, []byte(peer+"\x00"))...)
	const vethInfoPeer = 1 // VETH_INFO_PEER of linux/veth.h
	info := append(attribute(unix.IFLA_INFO_KIND, []byte("veth")),
		attribute(unix.IFLA_INFO_DATA, attribute(vethInfoPeer, inner))...)
	body := append(make([]byte, unix.SizeofIfInfomsg), attribute(unix.IFLA_IFNAME, []byte(name+"\x00"))...)
	body = append(body, attribute(unix.IFLA_LINKINFO, info)...)
	return request(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, body)
}

func setUp(name string, up bool) error {
	body := make([]byte, unix.SizeofIfInfomsg)
	index, err := indexOf(name)
	if err != nil {
		return err
	}
	binary.NativeEndian.PutUint32(body[4:], index)
	if up {
		binary.NativeEndian.PutUint32(body[8:], unix.IFF_UP)
	}
	binary.NativeEndian.PutUint32(body[12:], unix.IFF_UP) // which flags to change
	return request(unix.RTM_NEWLINK, 0, body)
}

func addAddress(name string, p netip.Prefix) error {
	index, err := indexOf(name)
	if err != nil {
		return err
	}
	body := make([]byte, unix.SizeofIfAddrmsg)
	body[0], body[1] = unix.AF_INET, byte(p.Bits())
	binary.NativeEndian.PutUint32(body[4:], index)
	body = append(body, attribute(unix.IFA_LOCAL, p.Addr().AsSlice())...)
	body = append(body, attribute(unix.IFA_ADDRESS, p.Addr().AsSlice())...)
	return request(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL, body)
}

func addDefaultRoute(name string, gateway netip.Addr) error {
	index, err := indexOf(name)
	if err != nil {
		return err
	}
	body := make([]byte, unix.SizeofRtMsg)
	body[0], body[4], body[5], body[7] = unix.AF_INET, unix.RT_TABLE_MAIN, unix.RTPROT_BOOT, unix.RTN_UNICAST
	body = append(body, attribute(unix.RTA_GATEWAY, gateway.AsSlice())...)
	body = append(body, attribute(unix.RTA_OIF, binary.NativeEndian.AppendUint32(nil, index))...)
	return request(unix.RTM_NEWROUTE, unix.NLM_F_CREATE, body)
}

func indexOf(name string) (uint32, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return 0, err
	}
	return uint32(i.Index), nil
}

func attribute(kind uint16, value []byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// request sends one message and waits for the kernel's answer.
func request(kind, flags int, body []byte) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	header := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(body)))
	header = binary.NativeEndian.AppendUint16(header, uint16(kind))
	header = binary.NativeEndian.AppendUint16(header, uint16(flags|unix.NLM_F_REQUEST|unix.NLM_F_ACK))
	header = append(header, make([]byte, 8)...) // sequence and port
	if err := unix.Sendto(fd, append(header, body...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	buf := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, buf, 0)
	if err != nil {
		return err
	}
	if n < unix.SizeofNlMsghdr+4 {
		return errors.New("short answer")
	}
	if code := int32(binary.NativeEndian.Uint32(buf[unix.SizeofNlMsghdr:])); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}
