// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/sock"
	"github.com/openbits/openbits/server"
	"github.com/openbits/openbits/server/servertest"
)

// A program asks for a download, waits until it is whole, looks at it before anybody else
// can, and publishes it. Here the service is a fake that runs beside it; without the first
// three lines the zero Client would talk to the user's own service.
func Example() {
	ctx := context.Background()
	socket, stop := serveFake(map[string]string{"https://example.org/hello.txt": "hello, world"})
	defer stop()
	c := &client.Client{Socket: socket}
	defer c.Close()

	job, created, err := c.Create(ctx, api.NewJob{
		ID:   client.NewID(), // keep it: with the same id the call can be repeated
		Name: "a greeting",
		Files: []api.NewFile{{
			URL:         "https://example.org/hello.txt",
			Destination: api.Destination{Path: "/srv/www/hello.txt"},
		}},
		Start: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("created:", created)

	jobs, err := c.Wait(ctx, job.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("state:", jobs[0].State)

	content, err := c.Open(ctx, job.ID, 0)
	if err != nil {
		log.Fatal(err)
	}
	text, err := io.ReadAll(content)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("content: %s\n", text)
	if err := content.Close(); err != nil {
		log.Fatal(err)
	}

	job, err = c.Complete(ctx, job.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("state:", job.State)
	// Output:
	// created: true
	// state: transferred
	// content: hello, world
	// state: acknowledged
}

func ExampleClient_AllJobs() {
	ctx := context.Background()
	socket, stop := serveFake(nil)
	defer stop()
	c := &client.Client{Socket: socket}
	defer c.Close()
	for _, name := range []string{"one", "two"} {
		if _, _, err := c.Create(ctx, api.NewJob{ID: client.NewID(), Name: name}); err != nil {
			log.Fatal(err)
		}
	}
	for job, err := range c.AllJobs(ctx, api.JobQuery{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(job.Name, job.State)
	}
	// Output:
	// two suspended
	// one suspended
}

// serveFake runs a fake service on a socket of its own.
func serveFake(content map[string]string) (socket string, stop func()) {
	folder, err := os.MkdirTemp("", "bits")
	if err != nil {
		log.Fatal(err)
	}
	socket = filepath.Join(folder, "bits.sock")
	l, err := sock.Listen(socket)
	if err != nil {
		log.Fatal(err)
	}
	s, err := server.New(&servertest.Service{Content: content}, server.Options{Version: "example"})
	if err != nil {
		log.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	return socket, func() {
		_ = s.Shutdown(context.Background())
		_ = os.RemoveAll(folder)
	}
}
