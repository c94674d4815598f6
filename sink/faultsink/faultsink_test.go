// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package faultsink_test

import (
	"testing"

	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/sink"
	"github.com/openbits/openbits/sink/faultsink"
	"github.com/openbits/openbits/sink/sinktest"
)

var _ engine.Sink = (*faultsink.Faulty)(nil)

func TestWithoutFaults(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) engine.Sink {
		s := sink.New(sink.Options{})
		t.Cleanup(func() { _ = s.Close() })
		return faultsink.New(s)
	})
}
