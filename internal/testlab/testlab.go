// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package testlab has what downloads are tested and shown with: an origin whose files are
// made up on the fly and whose faults follow a seed, a part that keeps its bytes in memory,
// an authority for certificates, and real servers and proxies that are started for a test.
//
// Nothing here imports package testing, so that a demonstration can use it too.
package testlab

// TB is the part of testing.TB that is needed here.
type TB interface {
	Helper()
	Cleanup(func())
	Logf(format string, args ...any)
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}
