// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

// MachineEvent is something that happened to the computer under the service.
type MachineEvent string

const (
	// MachineOnline: a network came up, or another one is used now.
	MachineOnline MachineEvent = "online"
	// MachineOffline: the last network went away.
	MachineOffline MachineEvent = "offline"
	// MachineWoke: the computer slept and woke up.
	MachineWoke MachineEvent = "woke"
	// MachineClockSet: the wall clock was set.
	MachineClockSet MachineEvent = "clock_set"
)
