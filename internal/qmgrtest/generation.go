// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

// Generation is a generation of Windows as far as BITS' files and events differ.
type Generation struct {
	Key      string // short name, such as "win10-22h2"
	Name     string
	Database bool   // the queue is qmgr.db; else qmgr0.dat
	Build    uint32 // of Windows

	Download [16]byte // marker of job records
	Upload   [16]byte // marker of upload jobs; zero: the same
	Cost     bool     // records go on after the maximum download time
	Entry    int      // bytes of an error entry: 21, or 25

	Padded bool // 8 zero bytes follow the version of a queue file, and a checksum its end

	Session  string // GUID that ends the known part of a database's record
	Update   uint32 // of the database's format
	Reserved int    // reserved tags on each page
	Short    bool   // long values have 32-bit ids; false: 64-bit ones
	SIDHash  uint32 // for SYSTEM

	Events Events
}

// Events says which events of the Bits-Client log a generation writes, and how.
type Events struct {
	Log     bool // there is an event log in this format
	Created int  // version of event 3: 0 title and owner, 1 with the id, 2 with the process, 3 with its start key
	Ended   int  // version of events 4, 5 and 59 to 61
	File    bool // 16403: a file was added
	Notify  bool // 6: a notify command was set
}

// The markers of job records; see docs/formats/qmgr.md.
var (
	markXP     = marker("74e70c81d2bbcc489e47862e8d58f3c6")
	markVista  = marker("101370c83653b34183e581557f361b87")
	mark7      = marker("93362035a00c104a84f3b17e7b499cd7")
	mark8      = marker("8c93ea64030f6840b46ff97fe51d4dcd")
	mark81     = marker("b346ed3d3b10f944bc2fe8378bd31986")
	mark1031   = marker("385c71031f28ca4098139de91a5a84d1")
	mark1031Up = marker("d81ed368d534e14f892394abcbf4c1cf")
	mark1032   = marker("a15609e143afc94292e66f9856eba7f6")
	mark1032Up = marker("d057568f2c013e4ead2cf4a5d7656faf")
)

const (
	session19045 = "7befb604-85b2-4191-b7bd-c5f5a263cb7b"
	session22000 = "60262afb-bfa5-4382-a0a6-f1837f9ca0a4"
)

// Generations lists all that can be built, oldest first. Where no sample is at hand, the layout is that of the nearest generation
// with one: the queue files before Windows 7 are laid out as that of Windows 7, those of 8 and 8.1 as that of Windows 10 1511.
var Generations = []Generation{
	{Key: "xp", Name: "Windows XP x64 and Server 2003", Download: markXP, Entry: 21, SIDHash: 0x5aee41ac},
	{Key: "vista", Name: "Windows Vista", Download: markVista, Entry: 21, SIDHash: 0x5aee41ac, Events: Events{Log: true}},
	{Key: "win7", Name: "Windows 7", Download: mark7, Entry: 21, SIDHash: 0x5aee41ac, Events: Events{Log: true}},
	{Key: "win8", Name: "Windows 8", Download: mark8, Cost: true, Entry: 21, SIDHash: 0xf364cc6f, Events: Events{Log: true, Ended: 1}},
	{Key: "win81", Name: "Windows 8.1 and Server 2012 R2", Download: mark81, Cost: true, Entry: 21, SIDHash: 0xf364cc6f, Events: Events{Log: true, Ended: 1}},
	{
		Key: "win10-1511", Name: "Windows 10 1511", Download: mark81, Cost: true, Entry: 21, Padded: true, SIDHash: 0xf364cc6f, Build: 10586,
		Events: Events{Log: true, Created: 2, Ended: 1},
	},
	database("win10-1709", "Windows 10 1709", 16299, Generation{
		Download: mark1031, Upload: mark1031Up, Entry: 25, Session: session19045, Update: 110, Short: true, Events: Events{Log: true, Created: 2, Ended: 1},
	}),
	database("server2019", "Windows Server 2019", 17763, Generation{
		Download: mark1032, Upload: mark1032Up, Session: session19045, Update: 110, Short: true, Events: Events{Log: true, Created: 2, Ended: 1},
	}),
	database("win10-22h2", "Windows 10 22H2", 19045, Generation{
		Download: mark1032, Upload: mark1032Up, Session: session19045, Update: 110,
		Events: Events{Log: true, Created: 3, Ended: 1, File: true},
	}),
	database("win11-21h2", "Windows 11 21H2", 22000, Generation{
		Download: mark1032, Upload: mark1032Up, Session: session22000, Update: 200,
		Events: Events{Log: true, Created: 3, Ended: 1, File: true},
	}),
	database("win11-22h2", "Windows 11 22H2", 22621, Generation{
		Download: mark1032, Upload: mark1032Up, Session: session22000, Update: 200,
		Events: Events{Log: true, Created: 3, Ended: 1, File: true, Notify: true},
	}),
	database("win11-24h2", "Windows 11 24H2", 26100, Generation{
		Download: mark1032, Upload: mark1032Up, Session: session22000, Update: 300, Reserved: 1,
		Events: Events{Log: true, Created: 3, Ended: 1, File: true, Notify: true},
	}),
	database("server2025", "Windows Server 2025", 26100, Generation{
		Download: mark1032, Upload: mark1032Up, Session: session22000, Update: 300, Reserved: 1,
		Events: Events{Log: true, Created: 3, Ended: 1, File: true, Notify: true},
	}),
}

func database(key, name string, build uint32, g Generation) Generation {
	g.Key, g.Name, g.Build, g.Database, g.Cost, g.SIDHash = key, name, build, true, true, 0x6788cef2
	if g.Entry == 0 {
		g.Entry = 21
	}
	return g
}

// GenerationOf finds a generation by its key, and panics when there is none.
func GenerationOf(key string) Generation {
	for _, g := range Generations {
		if g.Key == key {
			return g
		}
	}
	panic("qmgrtest: no generation " + key)
}
