// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package engine is the heart of the service: it decides which jobs run, moves
// them through their states, retries, recovers and publishes. It imports package
// openbits alone and reaches the world through the interfaces in ports.go.
package engine
