// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// message makes a netlink message of one body.
func message(kind uint16, sequence uint32, body ...byte) []byte {
	e := binary.NativeEndian
	m := e.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(body)))
	m = e.AppendUint16(m, kind)
	m = e.AppendUint16(m, 0)
	m = e.AppendUint32(m, sequence)
	m = e.AppendUint32(m, 4711) // port
	return append(m, body...)
}

func numbers[N uint32 | uint64](all ...N) (b []byte) {
	for _, n := range all {
		b, _ = binary.Append(b, binary.NativeEndian, n)
	}
	return b
}

// attribute makes a struct nlattr with its padding.
func attribute(kind uint16, value ...byte) []byte {
	a := binary.NativeEndian.AppendUint16(nil, uint16(attributeHeader+len(value)))
	a = binary.NativeEndian.AppendUint16(a, kind)
	a = append(a, value...)
	return append(a, make([]byte, -len(a)&3)...)
}

// stats is the body of an answer about an interface.
func stats(index uint32, attributes ...[]byte) []byte {
	body := numbers[uint32](0, index, statsOfLink)
	for _, a := range attributes {
		body = append(body, a...)
	}
	return body
}

func TestLinkBytes(t *testing.T) {
	const sequence, index = 7, 3
	link := attribute(unix.IFLA_STATS_LINK_64, numbers[uint64](10, 20, 3000, 4000, 0, 0)...)
	failed := func(number int) []byte { return numbers(uint32(int32(-number)), 0, 0) }
	for name, test := range map[string]struct {
		answer         []byte
		received, sent int64
		err            error
	}{
		"counters":         {answer: message(unix.RTM_NEWSTATS, sequence, stats(index, link)...), received: 3000, sent: 4000},
		"after padding":    {answer: message(unix.RTM_NEWSTATS, sequence, stats(index, attribute(0), link)...), received: 3000, sent: 4000},
		"after odd size":   {answer: message(unix.RTM_NEWSTATS, sequence, stats(index, attribute(9, 1), link)...), received: 3000, sent: 4000},
		"flagged":          {answer: message(unix.RTM_NEWSTATS, sequence, stats(index, attribute(unix.IFLA_STATS_LINK_64|1<<15, link[4:]...))...), received: 3000, sent: 4000},
		"more than 2^63":   {answer: message(unix.RTM_NEWSTATS, sequence, stats(index, attribute(unix.IFLA_STATS_LINK_64, numbers[uint64](0, 0, 1<<63|5, 1)...))...), received: 5, sent: 1},
		"another question": {answer: message(unix.RTM_NEWSTATS, sequence-1, stats(index, link)...), err: errOtherAnswer},
		"another link":     {answer: message(unix.RTM_NEWSTATS, sequence, stats(index+1, link)...), err: errBadAnswer},
		"another type":     {answer: message(unix.RTM_NEWLINK, sequence, stats(index, link)...), err: errBadAnswer},
		"gone":             {answer: message(unix.NLMSG_ERROR, sequence, failed(int(unix.ENODEV))...), err: errNoLink},
		"old kernel":       {answer: message(unix.NLMSG_ERROR, sequence, failed(int(unix.EOPNOTSUPP))...), err: unix.EOPNOTSUPP},
		"no error":         {answer: message(unix.NLMSG_ERROR, sequence, failed(0)...), err: errBadAnswer},
		"least number":     {answer: message(unix.NLMSG_ERROR, sequence, 0, 0, 0, 0x80), err: errBadAnswer},
		"short error":      {answer: message(unix.NLMSG_ERROR, sequence, 1), err: errBadAnswer},
		"no attribute":     {answer: message(unix.RTM_NEWSTATS, sequence, stats(index)...), err: errBadAnswer},
		"few counters":     {answer: message(unix.RTM_NEWSTATS, sequence, stats(index, attribute(unix.IFLA_STATS_LINK_64, make([]byte, 31)...))...), err: errBadAnswer},
		"attribute of 0":   {answer: message(unix.RTM_NEWSTATS, sequence, stats(index, make([]byte, 8))...), err: errBadAnswer},
		"nothing":          {err: errBadAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			received, sent, err := linkBytes(test.answer, sequence, index)
			if received != test.received || sent != test.sent || !errors.Is(err, test.err) {
				t.Errorf("%d and %d bytes, %v; want %d and %d, %v", received, sent, err, test.received, test.sent, test.err)
			}
		})
	}
	whole := message(unix.RTM_NEWSTATS, sequence, stats(index, link)...)
	for n := range whole {
		if _, _, err := linkBytes(whole[:n], sequence, index); !errors.Is(err, errBadAnswer) {
			t.Errorf("the first %d bytes of an answer: %v", n, err)
		}
	}
}

func FuzzLinkBytes(f *testing.F) {
	link := attribute(unix.IFLA_STATS_LINK_64, numbers[uint64](1, 2, 3, 4)...)
	f.Add(message(unix.RTM_NEWSTATS, 1, stats(2, attribute(0), link)...), uint32(1), uint32(2))
	f.Add(message(unix.NLMSG_ERROR, 1, numbers[uint32](1<<32-19)...), uint32(1), uint32(2))
	f.Add(message(unix.RTM_NEWSTATS, 1, stats(2, make([]byte, 4))...), uint32(1), uint32(2))
	f.Fuzz(func(t *testing.T, answer []byte, sequence, index uint32) {
		received, sent, err := linkBytes(answer, sequence, index)
		if received < 0 || sent < 0 || err != nil && (received != 0 || sent != 0) {
			t.Errorf("%d and %d bytes, %v", received, sent, err)
		}
	})
}

func TestProcFiles(t *testing.T) {
	const dev = "Inter-|   Receive    |  Transmit\n face |bytes    packets|bytes\n    lo: 100 2 0 0 0 0 0 0 200 9\n" +
		"  eth0:4414 27251 0 0 0 0 0 0 86 1\nveth1: 1 2 3\n bad0: x 0 0 0 0 0 0 0 1\n"
	for _, test := range []struct {
		text, iface    string
		received, sent int64
	}{
		{dev, "eth0", 4414, 86},
		{dev, "lo", 100, 200},
		{dev, "eth", -1, -1},
		{dev, "", -1, -1},
		{dev, "veth1", -1, -1},
		{dev, "bad0", -1, 1},
		{"", "eth0", -1, -1},
	} {
		if received, sent := interfaceBytes([]byte(test.text), test.iface); received != test.received || sent != test.sent {
			t.Errorf("%q moved %d and %d bytes, want %d and %d", test.iface, received, sent, test.received, test.sent)
		}
	}
	const snmp = "Ip: Forwarding\nIp: 1\nTcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens\nTcp: 1 200 120000 -1 5174 12\nUdp: 1\n"
	if got := activeOpens([]byte(snmp)); got != 5174 {
		t.Errorf("%d active opens", got)
	}
	for _, broken := range []string{"", "Tcp: ", "Tcp: 1 2", "Tcp: 1 200 120000 -1 x"} {
		if got := activeOpens([]byte(broken)); got != -1 {
			t.Errorf("%q has %d active opens", broken, got)
		}
	}
}

// sources are the two ways in which the counters of a link are read.
func sources(tb testing.TB) map[string]*linuxCounters {
	tb.Helper()
	all := map[string]*linuxCounters{
		"netlink": openHostCounters().(*linuxCounters),
		"proc":    {files: openProcFiles()},
	}
	if all["netlink"].link == nil {
		tb.Log("the kernel does not answer by netlink here")
		delete(all, "netlink")
	}
	return all
}

// TestCounters: what is sent over loopback is counted, both as sent and as received, and so is the connection.
func TestCounters(t *testing.T) {
	for name, c := range sources(t) {
		t.Run(name, func(t *testing.T) {
			before, ok := c.read("lo")
			if !ok || before.opens < 0 {
				t.Fatalf("this computer's counters are %+v, %v", before, ok)
			}
			const size = 1 << 20
			overLoopback(t, size)
			c.opened = c.opened.Add(-opensTime) // as if a tick had passed
			after, ok := c.read("lo")
			if !ok || after.received-before.received < size || after.sent-before.sent < size || after.opens <= before.opens {
				t.Errorf("%d bytes were sent over one connection; the counters went from %+v to %+v, %v", size, before, after, ok)
			}
			if got, ok := c.read("nowhere0"); ok {
				t.Errorf("an interface that is not there has %+v", got)
			}
			if _, ok := c.read("lo"); !ok {
				t.Error("after a question about another interface there is no answer")
			}
		})
	}
}

// TestOpensSeldom: the connections are counted at every second tick at most.
func TestOpensSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openHostCounters().(*linuxCounters)
		if _, ok := c.read("lo"); !ok {
			t.Skip("there are no counters here")
		}
		const stale = -2
		c.opens = stale
		for _, again := range []bool{false, false, true, false} {
			got, ok := c.read("lo")
			if read := got.opens != stale; !ok || read != again {
				t.Errorf("after %v the count is %d, %v; it was to be read anew: %v", time.Since(c.opened), got.opens, ok, again)
			}
			c.opens = stale
			time.Sleep(TickInterval)
		}
	})
}

func overLoopback(t *testing.T, size int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = conn.Write(make([]byte, size))
		_ = conn.Close()
	}()
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	if n, err := io.Copy(io.Discard, far); n != size || err != nil {
		t.Fatalf("%d bytes arrived: %v", n, err)
	}
}

// TestCountersOfComingLink: an interface that vanishes has no counters, and one that comes instead is another.
func TestCountersOfComingLink(t *testing.T) {
	n := newNamespace(t)
	var all map[string]*linuxCounters
	n.do(t, func() error { all = sources(t); return nil })
	ask := func(when string, want bool) {
		t.Helper()
		for name, c := range all {
			// The counters are those of the namespace that they were opened in, whatever thread asks.
			if got, ok := c.read("pace0"); ok != want {
				t.Errorf("%s: %s: %+v, %v", when, name, got, ok)
			}
		}
	}
	ask("before", false)
	n.ip(t, "link add pace0 type veth peer name pace1")
	ask("there", true)
	n.ip(t, "link del pace0")
	ask("gone", false)
	n.ip(t, "link add pace0 type veth peer name pace1")
	ask("there again", true)
	n.ip(t, "link del pace0")
	n.ip(t, "link add pace0 type veth peer name pace1")
	delete(all, "proc") // cannot tell
	ask("another one", false)
	ask("the same", true)
}

// TestCountersWithoutNetlink: when the kernel does not answer the files are read instead, however many interfaces there are.
func TestCountersWithoutNetlink(t *testing.T) {
	n := newNamespace(t)
	var c *linuxCounters
	n.do(t, func() error { c = openHostCounters().(*linuxCounters); return nil })
	if c.link == nil {
		t.Skip("the kernel does not answer by netlink here")
	}
	var commands strings.Builder
	for i := range 40 {
		fmt.Fprintf(&commands, "link add a-long-name-%d type veth peer name b-long-name-%d\n", i, i)
	}
	n.batch(t, commands.String()+"link add pace0 type veth peer name pace1\n")
	c.link.answer = c.link.answer[:20] // no answer fits
	for range mostFailures - 1 {
		if got, ok := c.read("pace0"); !ok || c.link == nil {
			t.Errorf("after a failure: %+v, %v; netlink is given up: %v", got, ok, c.link == nil)
		}
	}
	if got, ok := c.read("pace0"); !ok || c.link != nil {
		t.Errorf("%+v, %v; netlink is still used: %v", got, ok, c.link != nil)
	}
	if len(c.files.text(c.files.dev)) < 8<<10 {
		t.Error("the file is too small to test with")
	}
}

func BenchmarkCounters(b *testing.B) {
	for _, others := range []int{0, 300} {
		n := newNamespace(b)
		var commands strings.Builder
		for i := range others / 2 {
			fmt.Fprintf(&commands, "link add v%d type veth peer name w%d\n", i, i)
		}
		n.batch(b, commands.String())
		for _, name := range []string{"netlink", "proc"} {
			b.Run(fmt.Sprintf("%s/interfaces=%d", name, others+1), func(b *testing.B) {
				n.do(b, func() error {
					c := sources(b)[name]
					if c == nil {
						return nil
					}
					b.ReportAllocs()
					for b.Loop() {
						if _, _, ok := c.bytes("lo"); !ok {
							return errNoLink
						}
					}
					return nil
				})
			})
		}
		b.Run(fmt.Sprintf("opens/interfaces=%d", others+1), func(b *testing.B) {
			n.do(b, func() error {
				files := openProcFiles()
				for b.Loop() {
					files.opens()
				}
				return nil
			})
		})
	}
}
