// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package demo shows what a job survives: it starts an origin on loopback and a real
// service, lets it fetch real files, kills the service half-way, starts it again, and checks every byte.
// It tells what happened in plain words, with the numbers that were measured.
package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/testlab"
)

// Service is a process that runs the service.
type Service interface {
	PID() int
	Socket() string
	// Kill ends it without warning, as kill -9 does, and returns when it is gone.
	Kill() error
	// Stop ends it in order, and returns when it is gone.
	Stop() error
}

// Options are what a demonstration needs.
type Options struct {
	Out   io.Writer
	Start func(ctx context.Context, home string) (Service, error) // starts a service and returns when it answers

	Big   int64 // size of the one large file; 0: 48 MiB
	Small int   // number of small files; 0: 40
	Rate  int64 // bytes per second of the origin; 0: 12 MiB
}

// Result is what was measured.
type Result struct {
	Files         int
	Content       int64 // bytes of all files
	Fetched       int64 // bytes that the origin sent
	Kills         int
	HeldAtKill    int64 // bytes that the job had when the service was killed
	NamedAtKill   int   // files that stood under their names then
	Took          time.Duration
	Verified      int // files whose digest was found right on the disk
	FirstService  int // process id
	SecondService int
}

type demo struct {
	Options
	origin  *testlab.Origin
	content map[string]testlab.Content // by name
	home    string
	folder  string
	result  Result
}

// Run runs the demonstration. It returns an error when any file is not as it should be.
func Run(ctx context.Context, o Options) (Result, error) {
	d := &demo{Options: o, content: map[string]testlab.Content{}}
	if d.Big == 0 {
		d.Big = 48 << 20
	}
	if d.Small == 0 {
		d.Small = 40
	}
	if d.Rate == 0 {
		d.Rate = 12 << 20
	}
	home, err := os.MkdirTemp("", "bits")
	if err != nil {
		return d.result, err
	}
	defer func() { _ = os.RemoveAll(home) }()
	// The service names folders without symbolic links.
	if d.home, err = filepath.EvalSymlinks(home); err != nil {
		return d.result, err
	}
	d.folder = filepath.Join(d.home, "files")
	if err := os.Mkdir(d.folder, 0o700); err != nil {
		return d.result, err
	}
	return d.result, d.run(ctx)
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.Out, format+"\n", args...) }

func (d *demo) run(ctx context.Context) error {
	if err := d.startOrigin(); err != nil {
		return err
	}
	defer d.origin.Close()
	service, err := d.Start(ctx, d.home)
	if err != nil {
		return err
	}
	defer func() { _ = service.Stop() }()
	d.result.FirstService = service.PID()
	d.say("2. A service runs as process %d, with a home of its own: %s.", service.PID(), d.home)

	began := time.Now()
	c := &client.Client{Socket: service.Socket()}
	defer func() { _ = c.Close() }()
	job, _, err := c.Create(ctx, d.job())
	if err != nil {
		return err
	}
	d.say("3. It got one job: fetch all %d files and check the SHA-256 digest of each.", d.result.Files)
	if err := d.killHalfWay(ctx, c, job.ID, service); err != nil {
		return err
	}
	again, err := d.Start(ctx, d.home)
	if err != nil {
		return err
	}
	defer func() { _ = again.Stop() }()
	d.result.SecondService = again.PID()
	d.say("5. A new service was started, process %d. It went on by itself.", again.PID())
	ended, err := c.Wait(ctx, job.ID)
	if err != nil {
		return err
	}
	d.result.Took = time.Since(began)
	if state := ended[0].State; state != openbits.StateAcknowledged {
		return fmt.Errorf("the job ended as %s: %s", state, reason(ended[0]))
	}
	return d.verify()
}

func reason(j api.Job) string {
	switch {
	case j.Error != nil:
		return j.Error.Text
	case j.Reason != nil:
		return j.Reason.Text
	}
	return "no reason was given"
}

func (d *demo) startOrigin() (err error) {
	if d.origin, err = testlab.StartOrigin(testlab.Options{Rate: d.Rate}); err != nil {
		return err
	}
	d.put("big.bin", d.Big)
	for i := range d.Small {
		// From 1 to 64 KiB, one of them empty.
		d.put(fmt.Sprintf("small-%02d.bin", i), int64(i*i*1579%(64<<10)))
	}
	d.say("1. An origin serves %d files on %s, %s in all, at %s.", d.result.Files, d.origin.URL, size.Bytes(d.result.Content), size.Rate(d.Rate))
	return nil
}

func (d *demo) put(name string, length int64) {
	content := testlab.Content{Seed: uint64(len(d.content)) + 1, Size: length}
	d.content[name] = content
	d.origin.Put("/"+name, testlab.File{Content: content})
	d.result.Files++
	d.result.Content += length
}

func (d *demo) job() api.NewJob {
	job := api.NewJob{
		ID: client.NewID(), Name: "demo", Priority: openbits.PriorityNormal, Start: true,
		Settings: api.NewSettings{AutoComplete: true},
	}
	for _, name := range d.names() {
		job.Files = append(job.Files, api.NewFile{
			URL:         d.origin.URL + "/" + name,
			Destination: api.Destination{Path: filepath.Join(d.folder, name)},
			Digest:      api.NewDigest{Algorithm: "sha256", Expected: d.content[name].SHA256()},
		})
	}
	return job
}

// killHalfWay kills the service as soon as half of all bytes are there.
func (d *demo) killHalfWay(ctx context.Context, c *client.Client, id string, service Service) error {
	for u, err := range c.Watch(ctx, client.WatchOptions{Job: id}) {
		if err != nil {
			return err
		}
		for _, j := range u.Jobs {
			switch {
			case j.ID != id:
			case client.Settled(j):
				return fmt.Errorf("the job was %s before the service could be killed: %s", j.State, reason(j))
			case j.BytesDone >= d.result.Content/2:
				d.result.HeldAtKill = j.BytesDone
				return d.kill(service)
			}
		}
	}
	return fmt.Errorf("the event stream ended")
}

func (d *demo) kill(service Service) error {
	if err := service.Kill(); err != nil {
		return err
	}
	d.result.Kills++
	named, err := d.checkNamed()
	if err != nil {
		return err
	}
	d.result.NamedAtKill = named
	d.say("4. At %s (%d%%) that service was killed without warning. %d files stood under their names, every one whole;",
		size.Bytes(d.result.HeldAtKill), d.result.HeldAtKill*100/d.result.Content, named)
	d.say("   what had come of the others was hidden.")
	return nil
}
