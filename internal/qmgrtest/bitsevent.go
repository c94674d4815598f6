// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"strings"
	"time"
)

// Who is the account and the process that a job's events tell of.
type Who struct {
	Account  string // DOMAIN\user
	SID      string
	PID      uint32 // of the program that made the job
	StartKey uint64
}

func bits(at time.Time, id uint16, version byte, fields ...Field) Event {
	return Event{Channel: BitsClient, ID: id, Version: version, Time: at, Data: fields}
}

// Created3 is event 3 in the generation's version: a job was created.
func (j Job) Created3(g Generation, who Who, at time.Time) Event {
	if g.Events.Created == 0 {
		return bits(at, 3, 0, text("string", j.Name), text("string2", who.Account), text("string3", ""))
	}
	fields := []Field{text("jobTitle", j.Name), guid("jobId", j.ID), text("jobOwner", who.Account)}
	if g.Events.Created >= 2 {
		fields = append(fields, text("processPath", j.Creator), number("processId", who.PID))
	}
	if g.Events.Created >= 3 {
		fields = append(fields, size("ClientProcessStartKey", who.StartKey))
	}
	return bits(at, 3, byte(g.Events.Created), fields...)
}

// Completed4 is event 4: the program called Complete.
func (j Job) Completed4(g Generation, who Who, at time.Time) Event {
	fields := []Field{text("User", who.Account), text("jobTitle", j.Name), guid("jobId", j.ID), text("jobOwner", who.Account), size("fileCount", uint64(len(j.Files)))}
	if g.Events.Ended > 0 {
		total := uint64(0)
		for _, f := range j.Files {
			total += f.Transferred
		}
		fields = append(fields, size("bytesTransferred", total), size("bytesTransferredFromPeer", 0))
	}
	return bits(at, 4, byte(g.Events.Ended), fields...)
}

// Cancelled5 is event 5: somebody cancelled the job.
func (j Job) Cancelled5(g Generation, who Who, by string, at time.Time) Event {
	fields := []Field{text("User", by), text("jobTitle", j.Name), guid("jobId", j.ID), text("jobOwner", who.Account), size("fileCount", uint64(len(j.Files)))}
	if g.Events.File {
		return bits(at, 5, 1, append(fields, number("processId", who.PID), size("ClientProcessStartKey", who.StartKey))...)
	}
	return bits(at, 5, 0, fields...)
}

// Notify6 is event 6: the job's notify command was set. Only Windows 11 22H2 and later tell.
func (j Job) Notify6(who Who, at time.Time) Event {
	return bits(at, 6, 0, guid("jobId", j.ID), text("jobOwner", who.Account), text("program", j.Program), text("parameters", j.Arguments))
}

// transfer is what events 59, 60 and 61 begin with.
func (j Job) transfer(f File) []Field {
	return []Field{guid("transferId", NewID("transfer "+j.ID+f.ID)), text("name", j.Name), guid("Id", j.ID), text("url", f.Remote), text("peer", "")}
}

// Started59 is event 59: the transfer of a file began.
func (j Job) Started59(g Generation, f File, at time.Time) Event {
	fields := append(j.transfer(f), filetime("fileTime", f.Modified), size("fileLength", f.Total), size("bytesTotal", f.Total), size("bytesTransferred", 0))
	if g.Events.Ended > 0 {
		fields = append(fields, size("bytesTransferredFromPeer", 0))
	}
	return bits(at, 59, byte(g.Events.Ended), fields...)
}

// Stopped60 is event 60: the transfer of a file ended well. With an error it is event 61, a warning.
func (j Job) Stopped60(g Generation, f File, hr uint32, at time.Time) Event {
	fields := append(j.transfer(f), number("hr", hr), filetime("fileTime", f.Modified), size("fileLength", f.Total),
		size("bytesTotal", f.Total), size("bytesTransferred", f.Transferred), text("proxy", ""), size("peerProtocolFlags", 0))
	if g.Events.Ended > 0 {
		fields = append(fields, size("bytesTransferredFromPeer", 0), number("AdditionalInfoHr", 0), number("PeerContextInfo", 0),
			size("bandwidthLimit", UnknownSize), boolean("ignoreBandwidthLimitsOnLan", false))
	}
	e := bits(at, 60, byte(g.Events.Ended), fields...)
	if hr != 0 {
		e.ID, e.Level = 61, 3
	}
	return e
}

// NotifyFailed is event 63 (the notify program answered an error) or 64 (it could not be started).
func (j Job) NotifyFailed(id uint16, hr uint32, at time.Time) Event {
	url := ""
	if len(j.Files) > 0 {
		url = j.Files[0].Remote
	}
	e := bits(at, id, 0, guid("Job", j.ID), text("Url", url), text("Pgm", strings.TrimSpace(j.Program+" "+j.Arguments)), number("hr", hr))
	e.Level = 3
	return e
}

// Added16403 is event 16403: a file was added to the job. It alone has the local name; Windows 10 21H1 and later tell.
func (j Job) Added16403(f File, who Who, at time.Time) Event {
	return bits(at, 16403, 0, text("User", who.Account), text("jobTitle", j.Name), guid("jobId", j.ID), text("jobOwner", who.Account),
		size("fileCount", 1), text("RemoteName", f.Remote), text("LocalName", f.Local), number("processId", who.PID), size("ClientProcessStartKey", who.StartKey))
}

// Credentials is event 203 (stored credentials were accepted) or 204 (refused).
func (j Job) Credentials(id uint16, f File, who Who, at time.Time) Event {
	_, rest, _ := strings.Cut(f.Remote, "://")
	host, _, _ := strings.Cut(rest, "/")
	return bits(at, id, 0, text("server", host), guid("job", j.ID), text("url", f.Remote), text("scheme", "Basic"), text("user", who.Account))
}

// Reset is event 16391, 16392 or 16393: the queue could not be read, and BITS began with an empty one.
func Reset(id uint16, hr uint32, at time.Time) Event {
	e := bits(at, id, 0, number("ErrorCode", hr))
	e.Level = 2
	return e
}

// Expired16389 is event 16389: the job was cancelled because nothing happened for days.
func (j Job) Expired16389(who Who, days uint32, at time.Time) Event {
	return bits(at, 16389, 0, guid("Id", j.ID), text("Title", j.Name), text("Owner", who.Account), number("DayCount", days))
}

// Life is the events of a job from its creation to its completion, or, in a state of error, to its first failure, as the generation
// tells them.
func (j Job) Life(g Generation, who Who) []Event {
	at := j.Created
	next := func() time.Time {
		at = at.Add(time.Second)
		return at
	}
	list := []Event{j.Created3(g, who, at)}
	if g.Events.File {
		for _, f := range j.Files {
			list = append(list, j.Added16403(f, who, next()))
		}
	}
	if g.Events.Notify && j.Program != "" {
		list = append(list, j.Notify6(who, next()))
	}
	failed := j.State == Error || j.State == TransientError
	for _, f := range j.Files {
		list = append(list, j.Started59(g, f, next()))
		if failed {
			code := uint32(0x80072efd)
			if len(j.Errors) > 0 {
				code = j.Errors[0].Code
			}
			list = append(list, j.Stopped60(g, f, code, next()))
			continue
		}
		list = append(list, j.Stopped60(g, f, 0, next()))
	}
	if j.Program != "" {
		list = append(list, j.NotifyFailed(64, 0x80070002, next()))
		if failed {
			list = append(list, j.NotifyFailed(64, 0x80070002, next().Add(time.Duration(j.RetryDelay)*time.Second)))
		}
	} else if !failed {
		list = append(list, j.Completed4(g, who, next()))
	}
	return list
}
