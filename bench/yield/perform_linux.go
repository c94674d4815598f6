// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"github.com/openbits/openbits/bench/netlab"
	"github.com/openbits/openbits/bench/traffic"
)

// perform plays the scenario to its end.
func (v *evening) perform(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	errs := make(chan error, len(v.scenario.acts)+len(v.backgrounds)+1)
	launch := func(f func(context.Context) error) {
		all.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				errs <- err
				stop()
			}
		})
	}
	launch(v.probe)
	for _, b := range v.backgrounds {
		launch(func(ctx context.Context) error {
			if err := wait(ctx, v.clock, b.at); err != nil {
				return err
			}
			return b.run(ctx)
		})
	}
	for n, a := range v.scenario.acts {
		launch(func(ctx context.Context) error {
			if err := wait(ctx, v.clock, a.from); err != nil {
				return err
			}
			return v.act(ctx, n, a)
		})
	}
	err := wait(ctx, v.clock, v.scenario.end)
	stop()
	all.Wait()
	select {
	case cause := <-errs:
		return cause
	default:
		return err
	}
}

// probe pings during the whole run.
func (v *evening) probe(ctx context.Context) error {
	conn, err := v.lab.Client.Dial(ctx, "udp4", netip.AddrPortFrom(netlab.ProbeServer, probePort).String(), netlab.Socket{})
	if err != nil {
		return err
	}
	defer conn.Close()
	v.ping = traffic.Ping(ctx, conn, v.clock.Now, pingEvery)
	return nil
}

// act plays a foreground.
func (v *evening) act(over context.Context, n int, a act) error {
	host := v.lab.Client
	if v.otherHost {
		host = v.lab.Other
	}
	place := traffic.Place{Now: v.clock.Now, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		s := netlab.Socket{}
		if network == "tcp4" && v.scenario.upload {
			s.Congestion = v.foreground
		}
		return host.Dial(ctx, network, address, s)
	}}
	ctx, stop := context.WithTimeout(over, a.to-v.clock.Now())
	defer stop()
	server := netip.AddrPortFrom(netlab.ForegroundServer, 80).String()
	switch a.kind {
	case bulk:
		return traffic.Bulk(ctx, place, server, v.scenario.upload)
	case fetch:
		v.acts[n] = traffic.Fetch(ctx, over, place, server, 100_000, fetchEvery(v.spec.Down))
	case web:
		v.acts[n] = traffic.Web(ctx, over, place, server, second)
	case voice, video:
		media := traffic.Voice()
		if a.kind == video {
			media = traffic.Video(videoRate(v.spec.Up))
		}
		conn, err := place.Dial(ctx, "udp4", v.voices.LocalAddr().String())
		if err != nil {
			return err
		}
		defer conn.Close()
		v.acts[n], v.ups[n] = media.Talk(ctx, conn, v.voices, v.clock.Now)
	}
	return nil
}
