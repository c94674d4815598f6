// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink_test

import (
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/sink"
)

var _ engine.Sink = (*sink.Sink)(nil)
