// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package memory_test

import (
	"testing"

	"github.com/openbits/openbits/queue/memory"
	"github.com/openbits/openbits/queue/queuetest"
)

func TestStore(t *testing.T) {
	queuetest.Run(t, func(*testing.T) queuetest.Open {
		store := memory.New()
		return func() queuetest.Store {
			store = store.Reopen()
			return store
		}
	})
}

func TestCrash(t *testing.T) {
	before := memory.New()
	after := before.Reopen()
	if _, err := before.CountJobs(t.Context()); err == nil {
		t.Error("a store of before the crash still answers")
	}
	if _, err := after.CountJobs(t.Context()); err != nil {
		t.Error(err)
	}
	if err := before.Close(); err != nil {
		t.Error(err)
	}
	if _, err := after.CountJobs(t.Context()); err != nil {
		t.Errorf("closing the old store closed the new one: %v", err)
	}
}
