// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

func TestDownloadPublishes(t *testing.T) {
	r := newRig(t, nil)
	var names []string
	for i := range 40 {
		name := fmt.Sprintf("f%d.bin", i)
		r.origin.Put("/"+name, testlab.File{Content: testlab.Content{Seed: uint64(i), Size: int64(i * i * 1000)}})
		names = append(names, name)
	}
	j := r.create(r.job(names))
	j = r.awaitState(j.ID, openbits.StateAcknowledged)
	if j.FilesDone != 40 || j.BytesDone != j.BytesTotal || j.FilesFailed != 0 {
		t.Errorf("the job ended with %+v", j)
	}
	for i, name := range names {
		r.holds(name, testlab.Content{Seed: uint64(i), Size: int64(i * i * 1000)})
	}
	r.only(names...)
}

// TestURLKeepsItsSecrets: what is redacted where it is shown must still be sent to the server.
func TestURLKeepsItsSecrets(t *testing.T) {
	r := newRig(t, nil)
	content := testlab.Content{Seed: 1, Size: 10}
	r.origin.Put("/f.bin", testlab.File{Content: content})
	n := r.job([]string{"f.bin"})
	n.Files[0].URL += "?token=secret"
	j := r.create(n)
	r.awaitState(j.ID, openbits.StateAcknowledged)
	r.holds("f.bin", content)
	if got := r.origin.Requests()[0].Query; got != "token=secret" {
		t.Errorf("the server was asked with the query %q", got)
	}
	if n.Files[0].URL != r.origin.URL+"/f.bin?token=secret" {
		t.Errorf("the caller's request was changed to %s", n.Files[0].URL)
	}
}
