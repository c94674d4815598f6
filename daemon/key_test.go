// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/testlab"
)

// TestLostKey takes the key to the queue's secrets away. The job fails with that reason, holds nobody up, and
// goes on once its owner has given it the URL again.
func TestLostKey(t *testing.T) {
	origin, err := testlab.StartOrigin(testlab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(origin.Close)
	content := testlab.Content{Seed: 1, Size: 100_000}
	origin.Put("/f", testlab.File{Content: content})
	s := newService(t)
	s.start()
	ctx, out := t.Context(), t.TempDir()
	job := api.NewJob{ID: client.NewID(), Settings: api.NewSettings{AutoComplete: true}, Files: []api.NewFile{
		{URL: origin.URL + "/f?token=secret", Destination: api.Destination{Path: filepath.Join(out, "f")}},
	}}
	if _, _, err := s.Create(ctx, job); err != nil {
		t.Fatal(err)
	}
	s.kill()
	if err := os.Remove(filepath.Join(s.home, "state", "key")); err != nil {
		t.Fatal(err)
	}
	s.start()
	wait := func(want openbits.State) api.Job {
		t.Helper()
		if _, err := s.Resume(ctx, job.ID); err != nil {
			t.Fatal(err)
		}
		jobs, err := s.Wait(ctx, job.ID)
		if err != nil {
			t.Fatal(err)
		}
		if jobs[0].State != want {
			t.Fatalf("the job is %s (%+v), want %s", jobs[0].State, jobs[0].Error, want)
		}
		return jobs[0]
	}
	if j := wait(openbits.StateError); j.Error == nil || j.Error.Code != openbits.KindSecretUnreadable {
		t.Errorf("the job's error is %+v", j.Error)
	}
	if _, err := s.RenewURL(ctx, job.ID, 0, origin.URL+"/f?token=again"); err != nil {
		t.Fatal(err)
	}
	wait(openbits.StateAcknowledged)
	checkFolder(t, out, map[string]testlab.Content{"f": content})
}
