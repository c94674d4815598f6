// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/openbits/openbits"
)

// jobDecoder reads a job record section by section.
type jobDecoder struct {
	cursor
	job  *Job
	live bool // what BITS itself would read: unusual values are taken as they are
}

// step reads one section; what does not fit is the cursor's fault.
type step struct {
	section Section
	name    string
	read    func(*jobDecoder)
}

var jobSteps = []step{
	{SectionIdentity, "identity", (*jobDecoder).identity},
	{SectionTexts, "texts", (*jobDecoder).texts},
	{SectionCreator, "creator", (*jobDecoder).creator},
	{SectionFiles, "files", (*jobDecoder).files},
	{SectionErrors, "errors", (*jobDecoder).errors},
	{SectionTimes, "times", (*jobDecoder).times},
	{SectionTimers, "timers", (*jobDecoder).timers},
	{SectionProxy, "proxy and headers", (*jobDecoder).proxy},
	{SectionSecurity, "security flags and limits", (*jobDecoder).security},
	{SectionProgram, "creating program", (*jobDecoder).program},
	{SectionEnd, "end", (*jobDecoder).end},
}

// decodeJob reads the record that begins at the first byte of b, which may go on behind it.
func decodeJob(b []byte, live bool) *Job {
	d := jobDecoder{cursor: cursor{b: b}, job: &Job{}, live: live}
	d.run(SectionIdentity)
	return d.job
}

// decodeRest reads a record of which only the transfer marker and what follows it are left.
func decodeRest(b []byte) *Job {
	d := jobDecoder{cursor: cursor{b: b}, job: &Job{HeadLost: true}}
	d.run(SectionFiles)
	return d.job
}

func (d *jobDecoder) run(first Section) {
	for _, s := range jobSteps {
		if s.section < first || s.section == SectionProgram && d.job.Form == FormLegacy {
			continue
		}
		start := d.at
		s.read(d)
		if !d.ok() && !d.resume(s.section, start) {
			d.job.Place.Cut = fmt.Sprintf("it cannot be read from its %s on: %s", s.name, d.fault)
			if d.short {
				d.job.Place.Cut = fmt.Sprintf("it ends in its %s: %s", s.name, d.fault)
			}
			break
		}
		d.job.Through = s.section
	}
	d.job.Place.Size = d.at
	d.credentials()
	d.settleType()
}

// resume goes on behind a section whose layout is not known, if the next one can be found.
func (d *jobDecoder) resume(s Section, start int) bool {
	at := -1
	switch s {
	case SectionCreator:
		at = d.findDescriptor(start)
	case SectionFiles:
		if from := start + 20; from < len(d.b) {
			at = from + bytes.Index(d.b[from:], transferMarker[:]) + 16
			if at < from+16 {
				at = -1
			}
		}
	case SectionErrors:
		at = d.findTimes(start)
	case SectionTimers, SectionProxy, SectionSecurity:
		if d.short {
			return false
		}
		at = d.findProgram(start)
	case SectionProgram:
		if i := bytes.Index(d.b[start:], d.job.Marker[:]); i >= 0 && d.job.Marker != (GUID{}) {
			at = start + i
		}
	}
	if at < start {
		return false
	}
	d.raw(fmt.Sprintf("section_%d", s), start, at)
	d.job.Unread = append(d.job.Unread, s)
	d.at, d.fault, d.short = at, "", false
	return true
}

// raw keeps bytes whose meaning is not known, when they are not all zero.
func (d *jobDecoder) raw(name string, from, to int) {
	if to = min(to, len(d.b)); from < to && !zero(d.b[from:to]) {
		d.job.Raw = append(d.job.Raw, Raw{Name: name, Offset: from, Bytes: bytes.Clone(d.b[from:to])})
	}
}

// keep reads n bytes whose meaning is not known.
func (d *jobDecoder) keep(name string, n int) {
	from := d.at
	if d.take(name, n) != nil {
		d.raw(name, from, d.at)
	}
}

func (d *jobDecoder) identity() {
	j := d.job
	j.Marker = d.guid("marker")
	k, _ := knownMarker(j.Marker)
	j.Form = k.form
	// Some records of uploads have a second marker: then the word of the type, and the state, are 16 bytes further on.
	if d.u32at(0x1c) > 2 && d.u32at(0x18+16) <= maxState && d.u32at(0x1c+16) <= 2 && d.u32at(0x14+16) <= maxPriority {
		j.Second = d.guid("second marker")
	}
	j.TypeWords[0] = d.u32("word before the priority")
	j.PriorityWord = d.u32("priority")
	j.StateWord = d.u32("state")
	j.TypeWords[1] = d.u32("word after the state")
	j.ID = d.guid("job id")
	if j.PriorityWord < uint32(len(openbits.Priorities)) {
		j.Priority = openbits.Priorities[j.PriorityWord]
	}
	if j.StateWord < uint32(len(openbits.States)) {
		j.State = openbits.States[j.StateWord]
	}
}

const maxPriority, maxState, maxType = 3, 8, 2

// settleType decides what kind of job it is. Which of two words has the type is not settled by any sample: the one that
// is not zero is taken.
func (d *jobDecoder) settleType() {
	j := d.job
	if j.HeadLost || j.Through < SectionIdentity {
		return
	}
	k, known := knownMarker(j.Marker)
	word := max(j.TypeWords[0], j.TypeWords[1])
	switch {
	case word > maxType:
		j.TypeFrom = "unknown"
	case word > 0:
		j.Type, j.TypeFrom = openbits.JobTypes[word], "words"
	case known && k.upload:
		j.Type, j.TypeFrom = openbits.TypeUpload, "marker"
	case known && strings.HasSuffix(k.generation, "download"):
		j.Type, j.TypeFrom = openbits.TypeDownload, "marker"
	default:
		j.Type, j.TypeFrom = openbits.TypeDownload, "default"
	}
}

func (d *jobDecoder) texts() {
	j := d.job
	j.Name = d.text("name")
	j.Description = d.text("description")
	j.Program = d.text("notify program")
	j.Parameters = d.text("notify parameters")
	j.Owner = d.text("owner")
}

// maxDescriptor bounds the search for the end of a descriptor: an ACL has at most 64 KiB, and there are two.
const maxDescriptor = 2<<16 + 1024

func (d *jobDecoder) creator() {
	j := d.job
	j.NotifyFlags = d.u32("notify flags")
	j.Elevated = d.u32("elevation")
	j.Integrity = d.u32("integrity level")
	d.keep("after_integrity", 8)
	j.OwnerHash = d.u32("number of the owner")
	size := d.u32("size of the security descriptor")
	if d.ok() && size > maxDescriptor {
		d.fail("security descriptor", "it cannot have %d bytes", size)
		return
	}
	start := d.at
	b := d.take("security descriptor", int(size))
	if b == nil {
		if d.short { // what there is of it
			j.DescriptorRaw = bytes.Clone(d.b[start:])
			j.Descriptor = parseDescriptor(j.DescriptorRaw)
		}
		return
	}
	j.DescriptorRaw = bytes.Clone(b)
	j.Descriptor = parseDescriptor(j.DescriptorRaw)
	if len(d.b)-d.at >= 16 && !d.peek(transferMarker) {
		d.fail("transfer marker", "it does not follow the security descriptor")
	}
}

// findDescriptor finds the transfer marker behind a creator section whose layout is not known, and the security descriptor that ends
// there: its size, as the four bytes before it state it, leads to the marker. It is -1 when there is no marker.
func (d *jobDecoder) findDescriptor(start int) int {
	j := d.job
	j.Elevated, j.Integrity, j.OwnerHash, j.Descriptor, j.DescriptorRaw = 0, 0, 0, nil, nil
	i := bytes.Index(d.b[start:min(len(d.b), start+maxDescriptor)], transferMarker[:])
	if i < 0 {
		return -1
	}
	end := start + i
	for at := start; at+4+20 <= end; at++ {
		if d.u32at(at) == uint32(end-at-4) && d.b[at+4] == 1 && d.b[at+5] == 0 && d.b[at+7]&0x80 != 0 {
			j.DescriptorRaw = bytes.Clone(d.b[at+4 : end])
			j.Descriptor = parseDescriptor(j.DescriptorRaw)
			break
		}
	}
	return end
}

// timesSane looks whether the three numbers and four times of SectionTimes are at a place.
func (d *jobDecoder) timesSane(at int) bool {
	c := d.trial(at)
	c.u32("transient errors")
	c.u32("retry delay")
	c.u32("no-progress timeout")
	created, modified, again, completed := c.time("created"), c.time("modified"), c.time("modified again"), c.time("completed")
	return c.ok() && believable(created) && believable(modified) && (again.IsZero() || believable(again)) &&
		(completed.IsZero() || believable(completed)) && !created.After(modified.Add(time.Minute))
}

// findTimes looks for the times within a few kilobytes.
func (d *jobDecoder) findTimes(from int) int {
	for at := from; at < min(len(d.b), from+4096); at++ {
		if d.timesSane(at) {
			return at
		}
	}
	return -1
}

// Sizes of the fixed part of an error.
const errorSize, longErrorSize = 21, 25

func (d *jobDecoder) errors() {
	start := d.at
	n := d.u32("number of errors")
	if n == 0 || !d.ok() {
		return
	}
	for _, size := range [...]int{errorSize, longErrorSize} {
		c := d.trial(d.at)
		if list := readErrors(c, int(n), size); c.ok() && (d.timesSane(c.at) || len(c.b) == c.at) {
			d.job.Errors, d.at = list, c.at
			return
		}
	}
	c := d.trial(d.at)
	list := readErrors(c, int(n), errorSize)
	if c.short || d.live && c.ok() {
		d.job.Errors, d.at, d.fault, d.short = list, c.at, c.fault, c.short
		return
	}
	d.at = start
	d.fail("errors", "%d entries of 21 or 25 bytes do not lead to times", n)
}

// readErrors reads n errors whose fixed part has the given size.
func readErrors(c *cursor, n, size int) []JobError {
	var list []JobError
	for i := 0; i < n && c.ok(); i++ {
		e := JobError{Size: size}
		e.Words[0], e.Code = c.u32("word of an error"), c.u32("code of an error")
		e.Words[1], e.Context = c.u32("word of an error"), c.u32("context of an error")
		e.Words[2] = c.u32("word of an error")
		c.take("rest of an error", size-errorSize)
		if c.u8("state of an error") != 0 {
			units := c.u32("size of an error's state")
			e.State = c.take("state of an error", 2*int(min(units, 1<<20)))
		}
		if c.ok() {
			list = append(list, e)
		}
	}
	return list
}

func (d *jobDecoder) times() {
	j := d.job
	if !d.live && len(d.b)-d.at >= 44 && !d.timesSane(d.at) {
		d.fail("times", "they make no sense")
		return
	}
	j.TransientErrors = d.u32("transient errors")
	j.RetryDelay = d.u32("retry delay")
	j.NoProgressTimeout = d.u32("no-progress timeout")
	j.Created = d.time("created")
	j.Modified = d.time("modified")
	j.Modified2 = d.time("modified again")
	j.Completed = d.time("completed")
}

func (d *jobDecoder) timers() {
	j := d.job
	d.keep("before_pending", 1)
	j.Pending = d.u32("pending notification")
	for _, kind := range [...]string{TimerInactivity, TimerNoProgress, TimerNotification, TimerRetry} {
		if d.flag(kind + " timer") {
			t := Timer{Kind: kind, Start: d.time(kind + " timer"), Deadline: d.time(kind + " timer")}
			if !d.live && d.ok() && !(believable(t.Start) && believable(t.Deadline)) {
				d.fail(kind+" timer", "its times make no sense")
			}
			if d.ok() {
				j.Timers = append(j.Timers, t)
			}
		}
	}
}

// endSearch is how far behind what is known of a record its closing marker is looked for.
const endSearch = 256

// end reads the closing marker.
func (d *jobDecoder) end() {
	if d.job.HeadLost {
		at := d.at
		for d.at-at < endSearch && d.at < len(d.b) {
			if k, ok := d.nextMarker(); ok {
				d.raw("before_end", at, d.at)
				d.job.Marker = k
				d.at += 16
				return
			}
			d.at++
		}
		d.at = at
		d.fail("closing marker", "there is none that is known")
		return
	}
	if k, ok := d.nextMarker(); ok && k != d.job.Marker && sameEnd(k, d.job.Marker) {
		d.job.Marker = k
		d.job.Place.Cut = "the beginning of its marker was overwritten; its closing marker tells what it was"
	}
	if !d.peek(d.job.Marker) {
		if i := bytes.Index(d.b[d.at:], d.job.Marker[:]); i >= 0 {
			d.raw("before_end", d.at, d.at+i)
			d.at += i
		}
	}
	d.marker("closing marker", d.job.Marker)
}

// nextMarker is the marker of a job that comes next, if it is known.
func (d *jobDecoder) nextMarker() (GUID, bool) {
	if len(d.b)-d.at < 16 {
		return GUID{}, false
	}
	k, ok := knownMarker(GUID(d.b[d.at : d.at+16]))
	return k.marker, ok
}

// sameEnd reports whether two markers end with the same eight bytes.
func sameEnd(a, b GUID) bool { return [8]byte(a[8:]) == [8]byte(b[8:]) }
