// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

// TestProgressOfAYieldingJob: whoever follows a job is told once that it gives way, and to whom, and hears of its
// progress all the same.
func TestProgressOfAYieldingJob(t *testing.T) {
	var said bytes.Buffer
	a := &app{Stdio: Stdio{Err: &said}, env: func(string) string { return "" }}
	size := int64(1000)
	j := api.Job{ID: slowID, Name: "slow", State: openbits.StateTransferring, BytesTotal: &size, FilesTotal: 1}
	p := newProgress(a, j)
	now := time.Now()
	j.Reason = &api.Reason{Code: openbits.ReasonYielding, Text: "it gives way to others on the network"}
	for i := range 40 {
		j.BytesDone = int64(i * 10)
		p.update(api.Update{Kind: openbits.UpdateProgress, Jobs: []api.Job{j}}, now.Add(time.Duration(i)*time.Second))
	}
	text := said.String()
	if strings.Count(text, "bits: slow: it gives way to others on the network\n") != 1 || strings.Contains(text, "waiting") {
		t.Errorf("it said %q", text)
	}
	if !strings.Contains(text, "bits: 10% of 1000 B, 10 B/s, 1:") {
		t.Errorf("it said nothing of progress: %q", text)
	}
}
