// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package queuetest_test

import (
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/queue/memory"
	"github.com/openbits/openbits/queue/queuetest"
)

// The suite's Store is the engine's, neither more nor less.
var (
	_ engine.Store    = queuetest.Store(nil)
	_ queuetest.Store = engine.Store(nil)
	_ engine.Store    = (*memory.Store)(nil)
)
