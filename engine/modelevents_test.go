// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"time"

	"pgregory.net/rapid"
)

func (m *modelState) Restart(*rapid.T) { m.alive(); m.setPlan(nil); m.restart() }

func (m *modelState) Crash(*rapid.T) {
	m.alive()
	m.setPlan(nil)
	m.tally.crashes++
	m.crash()
	m.revive(false, m.rng)
}

func (m *modelState) PowerCut(*rapid.T) {
	m.alive()
	m.setPlan(nil)
	m.tally.powerCuts++
	m.crash()
	m.revive(true, m.rng)
}

// CrashSoon plans a crash at one of the next operations.
func (m *modelState) CrashSoon(rt *rapid.T) {
	m.alive()
	n := rapid.IntRange(1, 40).Draw(rt, "operation")
	after := rapid.Bool().Draw(rt, "after")
	m.setPlan(func(diskOp, string) *strike {
		if n--; n != 0 {
			return nil
		}
		return &strike{crash: true, after: after}
	})
}

func (m *modelState) Pass(rt *rapid.T) {
	m.alive()
	time.Sleep(time.Duration(rapid.IntRange(1, 20_000).Draw(rt, "milliseconds")) * time.Millisecond)
}

func (m *modelState) PassOn(rt *rapid.T) { m.Pass(rt) }

func (m *modelState) Rest(*rapid.T) { m.rest() }

// NewVersion changes a file of the origin.
func (m *modelState) NewVersion(rt *rapid.T) {
	if len(m.paths) == 0 {
		rt.Skip("no file is served yet")
	}
	m.origin.Change(m.paths[rapid.IntRange(0, len(m.paths)-1).Draw(rt, "path")], rapid.Int64Range(-5_000, 5_000).Draw(rt, "grow"))
}
