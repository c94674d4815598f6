// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
)

func TestTransport(t *testing.T) {
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		in   *openbits.Transport
		want string
	}{
		{nil, `null`},
		{
			&openbits.Transport{Foreign: openbits.Unknown, Capacity: openbits.Unknown, Window: openbits.Unknown, Queue: time.Second},
			`{"mode":"","rival":"","since":null,"interface":"","handle":"","connections":0,"rate":0,"foreign":null,"capacity":null,"window":null,"base":null,"queue":null,"notes":[]}`,
		},
		{
			&openbits.Transport{
				Mode: openbits.TransportYielding, Rival: openbits.RivalHost, Since: at, Interface: "eth0", Handle: "receive window", Connections: 2,
				Rate: 3, Foreign: 4, Capacity: 5, Window: 6, Base: 40200 * time.Microsecond, Queue: 3100 * time.Microsecond, Notes: []string{"a", "b"},
			},
			`{"mode":"yielding","rival":"this_computer","since":"2026-11-23T10:00:00Z","interface":"eth0","handle":"receive window","connections":2,"rate":3,"foreign":4,"capacity":5,"window":6,"base":0.0402,"queue":0.0031,"notes":["a","b"]}`,
		},
		{
			&openbits.Transport{Base: time.Second},
			`{"mode":"","rival":"","since":null,"interface":"","handle":"","connections":0,"rate":0,"foreign":0,"capacity":0,"window":0,"base":1,"queue":0,"notes":[]}`,
		},
	} {
		got, err := json.Marshal(JobOf(openbits.Job{Transport: c.in}).Transport)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
}
