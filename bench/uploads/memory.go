// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"

	"github.com/openbits/openbits/bench/rig"
)

const (
	// firstPart is acknowledged before the slow part begins, so that each session has its files.
	firstPart = 4 << 10
	// slowPart is the fragment that each client sends slowly and does not finish.
	slowPart = 1 << 20
)

// slowClients has many uploads under way at a time, each in the middle of a fragment.
func slowClients(r *rig.Rig, o options) error {
	s, err := r.StartServe("slow", "--client-sessions", fmt.Sprint(o.sessions+1), "--max-connections", fmt.Sprint(o.sessions+10))
	if err != nil {
		return err
	}
	warm, err := newClient(s.URL, "/warm")
	if err != nil {
		return err
	}
	defer warm.conn.Close()
	before, err := rig.MemoryOf(s.PID)
	if err != nil {
		return err
	}
	clients := make([]*client, o.sessions)
	part := make([]byte, firstPart)
	for n := range clients {
		c, err := newClient(s.URL, fmt.Sprintf("/slow-%d", n))
		if err != nil {
			return err
		}
		defer c.conn.Close()
		clients[n] = c
		if err := c.begin(0, firstPart, firstPart+slowPart); err != nil {
			return err
		}
		if _, err := c.conn.Write(part); err != nil {
			return err
		}
		if _, err := c.answer(); err != nil {
			return err
		}
		if err := c.begin(firstPart, slowPart, firstPart+slowPart); err != nil {
			return err
		}
	}
	for range o.rounds {
		for _, c := range clients {
			if _, err := c.conn.Write(part[:1<<10]); err != nil {
				return err
			}
		}
	}
	after, err := rig.MemoryOf(s.PID)
	if err != nil {
		return err
	}
	per := func(n int64) string {
		return fmt.Sprintf("%.1f KiB", float64(n)/1024/float64(o.sessions))
	}
	fmt.Printf("\n%d slow uploads at a time, each in the middle of a fragment\n\n", o.sessions)
	return rig.Table(os.Stdout, [][]string{
		{"memory of bits serve", "before", "with them", "for each", "highest, for each"},
		{"resident", rig.Bytes(before.RSS), rig.Bytes(after.RSS), per(after.RSS - before.RSS), per(after.Peak - before.RSS)},
		{"its own", rig.Bytes(before.Anon), rig.Bytes(after.Anon), per(after.Anon - before.Anon), ""},
	})
}
