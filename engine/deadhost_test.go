// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

// Jobs whose server is left alone anyway get no place to find that out, and share commits: a long line for a dead
// server costs next to nothing. All of them go on when it is back.
func TestManyJobsForADeadHost(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		const jobs = 500
		w.servers.Trouble("dead.example", enginetest.Fail(openbits.KindConnectFailure, "http://dead.example/"))
		var ids []string
		for i := range jobs {
			url := fmt.Sprintf("http://dead.example/%d", i)
			w.servers.Put(url, enginetest.Page{Body: body(10)})
			ids = append(ids, w.create(at(url, fmt.Sprint("f", i))))
		}
		var commits atomic.Int64
		count := func(*openbits.Change) error { commits.Add(1); return nil }
		w.store.onCommit.Store(&count)
		w.after(time.Hour)
		if n := commits.Load(); n > jobs {
			t.Errorf("%d jobs for a dead server cost %d commits in an hour", jobs, n)
		}
		for _, id := range ids {
			w.is(id, openbits.StateTransientError, openbits.ReasonRetry)
		}
		w.servers.Trouble("dead.example", nil)
		w.after(2 * openbits.MaxRetryDelay)
		for _, id := range ids {
			w.is(id, openbits.StateAcknowledged)
		}
	})
}
