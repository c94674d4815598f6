// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/openbits/openbits/evtx"
)

var alice = Who{Account: `CORP\alice`, SID: "S-1-5-21-1111111111-2222222222-3333333333-1001", PID: 7680, StartKey: 4222124650659842}

// shapes reads a log and tells of each kind of event its fields, with their types.
func shapes(t *testing.T, b []byte) map[string][]string {
	t.Helper()
	log, err := evtx.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for e, err := range log.Events() {
		if err != nil {
			t.Error(err)
			continue
		}
		if e.State != evtx.Whole {
			continue
		}
		var fields []string
		for _, f := range e.Fields() {
			fields = append(fields, fmt.Sprintf("%s %s", f.Name, f.Value.Type()))
		}
		s := e.System
		got[fmt.Sprintf("%s %s %s %d v%d level %d", s.Provider, strings.ToLower(strings.Trim(fmt.Sprint(s.ProviderGUID), "{}")), s.Channel, s.ID, s.Version, s.Level)] = fields
	}
	return got
}

// TestEventsAsReal: events have the provider, channel, version, level, names and types of the same events in real logs.
func TestEventsAsReal(t *testing.T) {
	j := NewJob("name", alice.SID, start, NewFile("https://files.example/a", `C:\a`, 10, start))
	server := GenerationOf("server2019")
	for name, list := range map[string]map[string]Event{
		"evtx/bits_client_bitsadmin_https_jpg.evtx": {
			"Bits-Client/Operational 3 v2": j.Created3(server, alice, start), "Bits-Client/Operational 59 v1": j.Started59(server, j.Files[0], start),
			"Bits-Client/Operational 60 v1": j.Stopped60(server, j.Files[0], 0, start), "Bits-Client/Operational 4 v1": j.Completed4(server, alice, start),
		},
		"evtx/negative_log_cleared_104_1102.evtx": {
			"System 104 v0": Cleared104(alice, BitsClient.Name, start), "Security 1102 v0": Cleared1102(alice, start),
		},
		"evtx/powershell_800_4103_4104_start_bitstransfer.evtx": {
			"4103 v1": Command4103(alice, "Start-BitsTransfer", start, [2]string{"Source", "https://files.example/a"}),
			"4104 v1": Script4104("Start-BitsTransfer", start), "800": Command800(alice, "a", "b", start),
		},
		"evtx/sysmon_bitsadmin_download.evtx": {"Sysmon/Operational 1 v5": Process{Who: alice}.Sysmon1(start)},
		"evtx/sysmon_atomic_red_team.evtx":    {"Sysmon/Operational 3 v5": Sysmon3("files.example", "203.0.113.7", 443, start)},
		"evtx/sysmon_desktopimgdownldr.evtx":  {"Sysmon/Operational 11 v2": Sysmon11(`C:\a`, start)},
	} {
		real := shapes(t, corpus(t, name))
		for key, e := range list {
			for _, b := range Logs("host.example", 1, e) {
				for k, fields := range shapes(t, b) {
					if want, ok := real[k]; !ok {
						t.Errorf("%s: built %q, which is not among %q", key, k, slices.Sorted(maps.Keys(real)))
					} else if !slices.Equal(fields, want) {
						t.Errorf("%s:\nbuilt %q\nreal  %q", key, fields, want)
					}
				}
			}
		}
	}
}
