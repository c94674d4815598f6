// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

func TestDownloadUnderFakeClock(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", slow(100_000, 10*time.Second))
		id := w.create(files(1))
		w.is(id, openbits.StateTransferring)
		w.after(11 * time.Second)
		w.is(id, openbits.StateAcknowledged, openbits.ReasonCompleted)
		w.holds("f0", body(100_000))
		w.published("f0")
	})
}

// TestURLIsKept: the query of a URL is part of it, however the service redacts URLs elsewhere.
func TestURLIsKept(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		url := site + "get?file=a&token=s3cret"
		w.servers.Put(url, enginetest.Page{Body: body(100)})
		id := w.create(at(url, "a"))
		w.is(id, openbits.StateAcknowledged)
		if got := w.fileOf(id, 0).URL; got != url {
			t.Errorf("the file's URL became %q", got)
		}
	})
}
