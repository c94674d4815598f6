// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netlab

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// device is the name of the TUN device in each namespace.
const device = "wan0"

// openTUN makes a TUN device in the namespace and returns its descriptor, which does not block.
func (n *Namespace) openTUN() (fd int, err error) {
	err = n.Do(func() error {
		fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != nil {
			return fmt.Errorf("cannot open /dev/net/tun: %w", err)
		}
		request, err := unix.NewIfreq(device)
		if err != nil {
			return err
		}
		// Whole IP packets without a header, and no offloading: a packet is what the wire would carry.
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
			_ = unix.Close(fd)
			return fmt.Errorf("cannot make a TUN device: %w", err)
		}
		return nil
	})
	return fd, err
}
