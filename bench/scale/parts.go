// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/bench/rig"
	"github.com/openbits/openbits/client"
)

const (
	// callers is how many callers add jobs at the same time.
	callers = 8
	// page is how many jobs or files a program asks for at a time, listPage what bits list does.
	page, listPage = 100, 500
)

// fresh looks at a service that has done nothing yet.
func (m *meter) fresh(ctx context.Context) error {
	m.note("start with an empty queue", rig.Millis(m.service.Ready), "from exec to the first call that was answered; the queue was made")
	if err := pause(ctx, settle); err != nil {
		return err
	}
	if err := m.memory("fresh"); err != nil {
		return err
	}
	return m.rest(ctx, "fresh")
}

// work has the service do something and lets it come to rest again.
func (m *meter) work(ctx context.Context) error {
	took, err := m.runSmall(ctx)
	if err != nil {
		return err
	}
	m.note(fmt.Sprintf("a job of %d files of 4 KiB", m.small), rig.Seconds(took), "through the API, without anybody following it")
	if err := pause(ctx, settle); err != nil {
		return err
	}
	return m.memory("after that job")
}

// manyFiles makes one job of many files and pages through it.
func (m *meter) manyFiles(ctx context.Context) error {
	j := api.NewJob{ID: client.NewID(), Name: "many files"}
	for n := range m.files {
		name := "many-" + strconv.Itoa(n)
		j.Files = append(j.Files, api.NewFile{URL: m.silent + "/" + name, Destination: api.Destination{Path: filepath.Join(m.out, name)}})
	}
	start := time.Now()
	if _, _, err := m.service.Client.Create(ctx, j); err != nil {
		return err
	}
	took := time.Since(start)
	m.note(fmt.Sprintf("adding one job of %d files", m.files), rig.Seconds(took), fmt.Sprintf("%.0f files a second, durable", float64(m.files)/took.Seconds()))
	var times []time.Duration
	for q := (api.FileQuery{Limit: page}); ; {
		start := time.Now()
		p, err := m.service.Client.Files(ctx, j.ID, q)
		if err != nil {
			return err
		}
		times = append(times, time.Since(start))
		if q.Cursor = p.Next; q.Cursor == "" {
			break
		}
	}
	m.noteTimes(fmt.Sprintf("a page of %d files of that job", page), times)
	return nil
}

// manyJobs fills the queue.
func (m *meter) manyJobs(ctx context.Context) error {
	start := time.Now()
	errs := make([]error, callers)
	var group sync.WaitGroup
	var n atomic.Int64
	for c := range callers {
		group.Go(func() {
			for k := n.Add(1); k <= int64(m.jobs) && errs[c] == nil; k = n.Add(1) {
				errs[c] = m.addJob(ctx, "job-"+strconv.FormatInt(k, 10))
			}
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	took := time.Since(start)
	m.note(fmt.Sprintf("adding %d jobs of one file", m.jobs), rig.Seconds(took),
		fmt.Sprintf("%.0f jobs a second from %d callers, each durable when it is answered", float64(m.jobs)/took.Seconds(), callers))
	return nil
}

func (m *meter) addJob(ctx context.Context, name string) error {
	_, _, err := m.service.Client.Create(ctx, api.NewJob{ID: client.NewID(), Name: name, Start: true, Files: []api.NewFile{
		{URL: m.silent + "/" + name, Destination: api.Destination{Path: filepath.Join(m.out, name)}},
	}})
	return err
}

// unfinished are the states that bits list asks for.
func unfinished() []openbits.State {
	return slices.DeleteFunc(slices.Clone(openbits.States), openbits.State.Final)
}

// walk pages through the whole queue once, or until stop says so, and answers how long each page took.
func (m *meter) walk(ctx context.Context, limit int, stop func() bool) (times []time.Duration, err error) {
	for q := (api.JobQuery{States: unfinished(), Limit: limit}); ; {
		start := time.Now()
		p, err := m.service.Client.Jobs(ctx, q)
		if err != nil {
			return nil, err
		}
		times = append(times, time.Since(start))
		if q.Cursor = p.Next; q.Cursor == "" || stop() {
			return times, nil
		}
	}
}

func (m *meter) noteTimes(what string, times []time.Duration) {
	m.note(what, fmt.Sprintf("p50 %s, p99 %s", rig.Millis(rig.Median(times)), rig.Millis(rig.Percentile(times, 0.99))), fmt.Sprintf("%d pages", len(times)))
}

func never() bool { return false }

// pages lists the queue while nothing moves.
func (m *meter) pages(ctx context.Context) error {
	for _, limit := range []int{page, listPage} {
		times, err := m.walk(ctx, limit, never)
		if err != nil {
			return err
		}
		m.noteTimes(fmt.Sprintf("a page of %d jobs among %d", limit, m.jobs), times)
	}
	return nil
}

// pagesUnderLoad lists the queue while the job of small files runs.
func (m *meter) pagesUnderLoad(ctx context.Context) error {
	var ended atomic.Bool
	result := make(chan error, 1)
	go func() {
		_, err := m.runSmall(ctx)
		ended.Store(true)
		result <- err
	}()
	var times []time.Duration
	for !ended.Load() {
		more, err := m.walk(ctx, page, ended.Load)
		if err != nil {
			return err
		}
		times = append(times, more...)
	}
	if err := <-result; err != nil {
		return err
	}
	m.noteTimes(fmt.Sprintf("a page of %d jobs while a job of %d files runs", page, m.small), times)
	return nil
}

// list has bits list print the whole queue.
func (m *meter) list(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, m.rig.Bits, "list")
	cmd.Env = append(os.Environ(), m.service.Env()...)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return err
	}
	m.note(fmt.Sprintf("bits list, all %d jobs", m.jobs), rig.Seconds(time.Since(start)), "a process of its own, its output thrown away")
	return nil
}

// restarts stops and starts the service with the full queue.
func (m *meter) restarts(ctx context.Context) error {
	var ends, starts []time.Duration
	for range m.runs {
		began := time.Now()
		if err := m.service.Stop(); err != nil {
			return err
		}
		ends = append(ends, time.Since(began))
		s, err := m.rig.StartService(m.home())
		if err != nil {
			return err
		}
		m.service = s
		starts = append(starts, s.Ready)
		// Its first jobs get their places before it is stopped again.
		if _, err := m.walk(ctx, page, func() bool { return true }); err != nil {
			return err
		}
	}
	span := func(list []time.Duration) string {
		return fmt.Sprintf("median of %d; least %s, most %s", len(list), rig.Millis(slices.Min(list)), rig.Millis(slices.Max(list)))
	}
	m.note(fmt.Sprintf("start with %d queued jobs", m.jobs), rig.Millis(rig.Median(starts)), "from exec to the first call that was answered; "+span(starts))
	m.note(fmt.Sprintf("stop with %d queued jobs", m.jobs), rig.Millis(rig.Median(ends)), "from SIGTERM to the end of the process; "+span(ends))
	return nil
}

// resting looks at the service with the full queue, of which four jobs wait for a server.
func (m *meter) resting(ctx context.Context) error {
	if err := pause(ctx, settle); err != nil {
		return err
	}
	when := fmt.Sprintf("%d jobs queued", m.jobs)
	if err := m.memory(when); err != nil {
		return err
	}
	return m.rest(ctx, when)
}
