// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import "hash/fnv"

// encode is the record, with a mark in its security descriptor.
func (j Job) encode(g Generation, mark string) []byte {
	w := &writer{}
	outer, inner := g.markers(j)
	w.raw(outer)
	w.raw(inner)
	second := uint32(0)
	if g.Database {
		second = j.Type // which of the two words is the type is not settled
	}
	w.u32(j.Type, j.Priority, j.State, second)
	id := GUID(j.ID)
	w.raw(id[:])
	for _, s := range []string{j.Name, j.Description, j.Program, j.Arguments, j.Owner} {
		w.text(s)
	}
	w.u32(j.NotifyFlags, j.Elevated, j.Integrity, j.Unknown.AfterIntegrity[0], j.Unknown.AfterIntegrity[1], j.hash(g))
	sd := j.Descriptor.bytes(j, g, mark)
	w.u32(uint32(len(sd)))
	w.raw(sd)
	j.files(w, g)
	j.errors(w, g)
	j.times(w)
	j.proxy(w)
	j.security(w, g)
	if g.Database {
		j.program(w, g)
	}
	w.raw(inner)
	w.raw(outer)
	return w.b
}

// markers are the marker that a record begins and ends with, and the second one within it, if it has one.
func (g Generation) markers(j Job) (outer, inner []byte) {
	if j.Type == Download || g.Upload == [16]byte{} {
		return g.Download[:], nil
	}
	if j.TwoMarkers {
		return g.Upload[:], g.Download[:]
	}
	return g.Upload[:], nil
}

// hash stands for a number that is the same for a SID on all machines. How Windows makes it is not known.
func (j Job) hash(g Generation) uint32 {
	switch {
	case j.SIDHash != 0:
		return j.SIDHash
	case j.Owner == System:
		return g.SIDHash
	}
	h := fnv.New32a()
	h.Write([]byte(j.Owner))
	return h.Sum32()
}

func (j Job) files(w *writer, g Generation) {
	w.raw(transferMarker[:])
	w.u32(uint32(len(j.Files)))
	for _, f := range j.Files {
		if g.Database {
			id := GUID(f.ID)
			w.raw(id[:])
		} else {
			w.raw(f.Bytes(g))
		}
	}
	w.raw(transferMarker[:])
}

func (j Job) errors(w *writer, g Generation) {
	w.u32(uint32(len(j.Errors)))
	for _, e := range j.Errors {
		w.u32(0, e.Code, 1, e.Context, e.Kind)
		w.zero(g.Entry - 21)
		if e.State == nil {
			w.u8(0)
			continue
		}
		w.u8(1)
		w.u32(uint32(len(e.State)))
		for _, u := range e.State {
			w.u16(u)
		}
	}
}

func (j Job) times(w *writer) {
	w.u32(j.TransientErrors, j.RetryDelay, j.NoProgress)
	w.time(j.Created)
	w.time(j.Modified)
	w.time(j.Modified2)
	w.time(j.Completed)
	w.u8(0)
	w.u32(j.Pending)
	for _, t := range j.Timers {
		if t.Start.IsZero() && t.Deadline.IsZero() {
			w.u8(0)
			continue
		}
		w.u8(1)
		w.time(t.Start)
		w.time(t.Deadline)
	}
}

func (j Job) proxy(w *writer) {
	w.u32(j.ProxyUsage)
	w.optional(j.ProxyList)
	w.optional(j.ProxyBypass)
	w.u8(0)
	w.u32(j.ACLFlags)
	w.zero(3)
	if j.Headers == nil {
		w.u8(0)
		return
	}
	blob := j.Headers.bytes()
	w.u8(1)
	w.u32(j.Headers.Plain, 0, uint32(len(blob)))
	w.raw(blob)
}

// security writes the flags of HTTP, the limits, and what follows them.
func (j Job) security(w *writer, g Generation) {
	w.raw([]byte{4: 1, 14: 1, 23: 0})
	w.u32(j.Security, 0, j.MaxDownload, j.Unknown.AfterLife[0], j.Unknown.AfterLife[1])
	if !g.Cost {
		return
	}
	w.u32(j.CostPolicy, j.Unknown.AfterCost)
	w.zero(22)
	w.u8(j.Unknown.AfterCost26)
	w.zero(15)
	w.u8(1 - j.Unknown.Fresh)
}

// program writes who made the job and how it asks.
func (j Job) program(w *writer, g Generation) {
	session := g.Session
	if j.Unknown.Session != "" {
		session = j.Unknown.Session
	}
	id := GUID(session)
	w.raw(id[:])
	if j.Package == "" {
		w.u8(1)
	} else {
		w.u8(0)
		w.optional(j.Package)
		w.optional(j.Application)
		w.u8(1)
		w.u32(j.Unknown.PackageWord)
	}
	w.raw(id[:])
	w.zero(21)
	w.text(j.Creator)
	w.u32(3, 0x12, 3, 0x13)
	w.text(j.Method)
	w.raw(j.Unknown.AfterMethod[:])
	w.text(j.Service)
	w.u8(0)
}
