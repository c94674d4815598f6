// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"fmt"
	"testing"

	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/server/servertest"
)

// BenchmarkPage lists a page of a hundred jobs among a thousand through the socket. The queue is
// the fake's, so that what is measured is the wire: HTTP, JSON both ways, and the checks.
func BenchmarkPage(b *testing.B) {
	c := connect(b, &servertest.Service{})
	for n := range 1000 {
		create(b, c, newJob(client.NewID(), fmt.Sprint("job ", n), 1))
	}
	b.ReportAllocs()
	for b.Loop() {
		page, err := c.Jobs(b.Context(), api.JobQuery{Limit: 100})
		if err != nil || len(page.Jobs) != 100 {
			b.Fatal(len(page.Jobs), err)
		}
	}
}

// BenchmarkJob reads one job: the smallest call.
func BenchmarkJob(b *testing.B) {
	c := connect(b, &servertest.Service{})
	job := create(b, c, newJob(client.NewID(), "job", 1))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Job(b.Context(), job.ID); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAddFiles adds two thousand files, which is one part of a large job.
func BenchmarkAddFiles(b *testing.B) {
	c := connect(b, &servertest.Service{})
	files := newJob("", "many", 2000).Files
	b.ReportAllocs()
	for b.Loop() {
		j := newJob(client.NewID(), "many", 0)
		job := create(b, c, j)
		if _, err := c.AddFiles(b.Context(), job.ID, 0, files); err != nil {
			b.Fatal(err)
		}
	}
}
