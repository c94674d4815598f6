// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"context"
	"testing"

	"github.com/openbits/openbits/queue/queuetest"
	"github.com/openbits/openbits/queue/sqlite"
)

func TestStore(t *testing.T) { conform(t, sqlite.Options{}) }

func TestStoreWithoutWAL(t *testing.T) { conform(t, sqlite.Options{NoWAL: true}) }

func conform(t *testing.T, o sqlite.Options) {
	queuetest.Run(t, func(t *testing.T) queuetest.Open {
		dir := t.TempDir()
		return func() queuetest.Store { return open(t, dir, o) }
	})
}

// open opens a queue that must not be damaged.
func open(t testing.TB, dir string, o sqlite.Options) *sqlite.Store {
	t.Helper()
	s, r, err := sqlite.Open(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if r != nil {
		t.Errorf("recovery %+v", r)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
