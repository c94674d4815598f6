// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/places"
	"github.com/openbits/openbits/internal/sock"
	"github.com/openbits/openbits/server"
	"github.com/openbits/openbits/server/servertest"
)

// The ids of the jobs of a yielding service.
const (
	slowID  = "51000000-0000-4000-8000-000000000000"
	freeID  = "f4ee0000-0000-4000-8000-000000000000"
	waitsID = "4a170000-0000-4000-8000-000000000000"
)

// yieldingService has a job "slow" that gives way to other programs, a foreground job "free", and one that waits.
func yieldingService() (*servertest.Service, error) {
	svc, ctx := &servertest.Service{}, context.Background()
	for _, j := range []struct {
		id, name string
		priority openbits.Priority
	}{{slowID, "slow", openbits.PriorityNormal}, {freeID, "free", openbits.PriorityForeground}, {waitsID, "waits", openbits.PriorityLow}} {
		_, _, err := svc.Create(ctx, openbits.NewJob{
			ID: j.id, Name: j.name, Type: openbits.TypeDownload, Priority: j.priority, Settings: openbits.DefaultSettings(), Start: true,
			Files: []openbits.NewFile{{URL: "http://example.org/" + j.name, Folder: "/tmp", Name: j.name}},
		})
		if err != nil {
			return nil, err
		}
	}
	since := time.Now().Add(-90 * time.Second)
	svc.Move(slowID, openbits.StateTransferring, "")
	svc.Move(freeID, openbits.StateTransferring, "")
	svc.Carry(slowID, 12<<10, &openbits.Transport{
		Mode: openbits.TransportYielding, Rival: openbits.RivalHost, Since: since, Interface: "eth0", Handle: "receive window",
		Connections: 2, Rate: 12 << 10, Foreign: 2 << 20, Capacity: 5 << 19, Window: 3000, Base: 40200 * time.Microsecond, Queue: 3100 * time.Microsecond,
		Notes: []string{"the first thing is missing", "the second thing is missing"},
	}, &openbits.Reason{
		Code: openbits.ReasonYielding, Text: "it gives way to other programs on this computer", Since: since, Hint: "It speeds up by itself.",
	})
	svc.Carry(freeID, 1<<20, &openbits.Transport{
		Mode: openbits.TransportUngoverned, Foreign: openbits.Unknown, Capacity: openbits.Unknown, Window: openbits.Unknown, Connections: 1, Rate: 1 << 20,
	}, nil)
	return svc, nil
}

// yielding is a service without a network, some of whose jobs give way.
func yielding(ts *testscript.TestScript, _ bool, _ []string) {
	svc, err := yieldingService()
	ts.Check(err)
	s, err := server.New(svc, server.Options{Version: "test"})
	ts.Check(err)
	l, err := sock.Listen(places.In(ts.Getenv(places.Home)).Socket)
	ts.Check(err)
	go func() { _ = s.Serve(l) }()
	ts.Defer(func() { _ = s.Shutdown(context.Background()) })
}
