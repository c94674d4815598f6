// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !pacetrace

package pace

// trace does nothing; trace_on.go, built with -tags pacetrace, writes each tick to a file.
func trace(*Controller, Sample, int) {}
