// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"

	"golang.org/x/sys/unix"
)

const (
	// statsHeader is the size of struct if_stats_msg (linux/if_link.h): family, three bytes of padding, index, filter.
	statsHeader = 12
	// statsOfLink is IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64): the interface's own counters and nothing else.
	statsOfLink = 1 << (unix.IFLA_STATS_LINK_64 - 1)
	// attributeHeader is the size of struct nlattr.
	attributeHeader = 4
	// attributeKind masks out the flags that may be in an attribute's type (NLA_TYPE_MASK).
	attributeKind = 1<<14 - 1
)

var (
	// errNoLink says that the counters of an interface cannot be told now: it is not there, or was not before.
	errNoLink = errors.New("no such interface")
	// errOtherAnswer says that a message answers another question.
	errOtherAnswer = errors.New("answer to another question")
	errBadAnswer   = errors.New("cannot read the kernel's answer")
)

// linkCounters asks for the counters of single interfaces by rtnetlink(7), RTM_GETSTATS (Linux 4.7). That needs no privilege, and costs
// the same with any number of interfaces. The socket belongs to the network namespace that it was opened in.
type linkCounters struct {
	fd       int
	sequence uint32
	request  []byte
	answer   []byte
	indices  map[string]uint32 // of the interfaces that were read
}

func openLinkCounters() (*linkCounters, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	// Nobody but the kernel is spoken to.
	if err := unix.Connect(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	c := &linkCounters{
		fd: fd, indices: make(map[string]uint32),
		request: make([]byte, unix.SizeofNlMsghdr+statsHeader), answer: make([]byte, 4<<10),
	}
	runtime.AddCleanup(c, func(fd int) { _ = unix.Close(fd) }, fd)
	return c, nil
}

// read answers errNoLink while the interface is not there, and once when another one has its name: that one counts from zero.
func (c *linkCounters) read(iface string) (received, sent int64, err error) {
	index, err := c.index(iface)
	if err != nil {
		delete(c.indices, iface)
		return 0, 0, err
	}
	before, known := c.indices[iface]
	c.indices[iface] = index
	if known && before != index {
		return 0, 0, errNoLink
	}
	received, sent, err = c.ask(index)
	runtime.KeepAlive(c)
	return received, sent, err
}

// index finds an interface by its name. It takes no lock in the kernel, and much less time than to ask for the counters.
func (c *linkCounters) index(iface string) (uint32, error) {
	request, err := unix.NewIfreq(iface)
	if err != nil {
		return 0, errNoLink // no interface has such a name
	}
	switch err := unix.IoctlIfreq(c.fd, unix.SIOCGIFINDEX, request); {
	case errors.Is(err, unix.ENODEV):
		return 0, errNoLink
	case err != nil:
		return 0, err
	}
	return request.Uint32(), nil
}

// ask sends the question and takes the answer, which is there when the question was sent.
func (c *linkCounters) ask(index uint32) (received, sent int64, err error) {
	c.sequence++
	putQuestion(c.request, c.sequence, index)
	if err := again(func() error { _, err := unix.Write(c.fd, c.request); return err }); err != nil {
		return 0, 0, err
	}
	for {
		var n int
		err := again(func() (err error) { n, err = unix.Read(c.fd, c.answer); return err })
		if err != nil {
			return 0, 0, err
		}
		received, sent, err = linkBytes(c.answer[:n], c.sequence, index)
		if !errors.Is(err, errOtherAnswer) {
			return received, sent, err
		}
	}
}

// again repeats a call that a signal interrupted.
func again(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// putQuestion writes a struct nlmsghdr and a struct if_stats_msg.
func putQuestion(request []byte, sequence, index uint32) {
	clear(request)
	e := binary.NativeEndian
	e.PutUint32(request[0:], uint32(len(request)))
	e.PutUint16(request[4:], unix.RTM_GETSTATS)
	e.PutUint16(request[6:], unix.NLM_F_REQUEST)
	e.PutUint32(request[8:], sequence)
	e.PutUint32(request[unix.SizeofNlMsghdr+4:], index)
	e.PutUint32(request[unix.SizeofNlMsghdr+8:], statsOfLink)
}

// linkBytes reads what the kernel answers: a struct nlmsghdr, and after it a struct if_stats_msg with attributes, or an error.
func linkBytes(answer []byte, sequence, index uint32) (received, sent int64, err error) {
	e := binary.NativeEndian
	if len(answer) < unix.SizeofNlMsghdr {
		return 0, 0, fmt.Errorf("%w: %d bytes", errBadAnswer, len(answer))
	}
	size, kind := e.Uint32(answer[0:]), e.Uint16(answer[4:])
	if e.Uint32(answer[8:]) != sequence {
		return 0, 0, errOtherAnswer
	}
	if size < unix.SizeofNlMsghdr || uint64(size) > uint64(len(answer)) {
		return 0, 0, fmt.Errorf("%w: %d bytes of %d", errBadAnswer, len(answer), size)
	}
	body := answer[unix.SizeofNlMsghdr:size]
	switch kind {
	case unix.NLMSG_ERROR:
		return 0, 0, kernelError(body)
	case unix.RTM_NEWSTATS:
		if len(body) < statsHeader || e.Uint32(body[4:]) != index {
			return 0, 0, fmt.Errorf("%w: of another interface", errBadAnswer)
		}
		return statsBytes(body[statsHeader:])
	}
	return 0, 0, fmt.Errorf("%w: it is of type %d", errBadAnswer, kind)
}

// kernelError reads a struct nlmsgerr, which begins with a negative error number.
func kernelError(body []byte) error {
	if len(body) < 4 {
		return fmt.Errorf("%w: an error without a number", errBadAnswer)
	}
	number := int32(binary.NativeEndian.Uint32(body))
	switch {
	case number >= 0 || number == math.MinInt32:
		return fmt.Errorf("%w: error %d", errBadAnswer, number)
	case unix.Errno(-number) == unix.ENODEV:
		return errNoLink
	}
	return unix.Errno(-number)
}

// statsBytes finds struct rtnl_link_stats64 among the attributes: packets received and sent, then bytes received and sent, eight bytes each.
func statsBytes(attributes []byte) (received, sent int64, err error) {
	e := binary.NativeEndian
	for len(attributes) >= attributeHeader {
		size, kind := int(e.Uint16(attributes[0:])), e.Uint16(attributes[2:])&attributeKind
		if size < attributeHeader || size > len(attributes) {
			break
		}
		if kind == unix.IFLA_STATS_LINK_64 {
			stats := attributes[attributeHeader:size]
			if len(stats) < 4*8 {
				break
			}
			return int64(e.Uint64(stats[16:]) & math.MaxInt64), int64(e.Uint64(stats[24:]) & math.MaxInt64), nil
		}
		attributes = attributes[min((size+3)&^3, len(attributes)):]
	}
	return 0, 0, fmt.Errorf("%w: there are no counters in it", errBadAnswer)
}
