// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/openbits/openbits/bitsup"
)

// client is one upload over one connection.
type client struct {
	conn    net.Conn
	in      *bufio.Reader
	target  string
	session string
}

func newClient(url, target string) (*client, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		return nil, err
	}
	c := &client{conn: conn, in: bufio.NewReaderSize(conn, 512), target: target}
	if err := c.send("Create-Session", "BITS-Supported-Protocols: "+bitsup.Protocol, 0); err != nil {
		return nil, err
	}
	h, err := c.answer()
	if err != nil {
		return nil, err
	}
	c.session = h.Get("BITS-Session-Id")
	return c, nil
}

// send sends the head of a packet.
func (c *client) send(kind, header string, length int64) error {
	_, err := fmt.Fprintf(c.conn, "BITS_POST %s HTTP/1.1\r\nHost: bench\r\nBITS-Packet-Type: %s\r\nBITS-Session-Id: %s\r\n%s\r\nContent-Length: %d\r\n\r\n",
		c.target, kind, c.session, header, length)
	return err
}

// begin sends the head of a fragment.
func (c *client) begin(first, length, total int64) error {
	return c.send("Fragment", fmt.Sprintf("Content-Range: bytes %d-%d/%d", first, first+length-1, total), length)
}

func (c *client) answer() (http.Header, error) {
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s %v", c.target, resp.Status, resp.Header)
	}
	return resp.Header, nil
}

// finish closes the session.
func (c *client) finish() error {
	if err := c.send("Close-Session", "Pragma: no-cache", 0); err != nil {
		return err
	}
	_, err := c.answer()
	return err
}
