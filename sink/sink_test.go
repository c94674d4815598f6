// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink_test

import (
	"testing"

	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/sink"
	"github.com/openbits/openbits/sink/sinktest"
)

var _ engine.Sink = (*sink.Sink)(nil)

func TestSink(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) engine.Sink { return newSink(t) })
}

func TestSources(t *testing.T) {
	sinktest.RunSources(t, func(t *testing.T) engine.Sources { return newSink(t) })
}

func newSink(t testing.TB) *sink.Sink {
	s := sink.New(sink.Options{})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
