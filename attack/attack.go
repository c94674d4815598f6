// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package attack

import "strings"

// Version is the version of ATT&CK that facts and findings refer to.
const Version = "18.1"

// Reference is something that ATT&CK gives an identifier and a name.
type Reference struct{ ID, Name string }

// Facts are what ATT&CK itself, at Version, says of a technique, without its text.
type Facts struct {
	Version    string // of the technique
	Modified   string // day, as ATT&CK has it
	STIX       string // identifier of its STIX object
	Platforms  []string
	Tactics    []Tactic
	Mitigation []Reference
	Detection  Strategy
	CAR        []Reference // analytics of MITRE's Cyber Analytics Repository
	Related    []string    // techniques that its abuse goes with, by identifier: see Technique
	Later      Edition     // what a later version of ATT&CK says otherwise
}

// Strategy is a detection strategy with its analytic.
type Strategy struct {
	Reference
	Analytic string
	Sources  []string // log sources that it names
	Tunables []string // what it leaves to whoever uses it
}

// Edition is what another version of ATT&CK says of a technique.
type Edition struct {
	Attack   string   // version of ATT&CK
	Version  string   // of the technique
	Modified string   // day
	Tactics  []string // short names
	Note     string
}

// FactsOf are ATT&CK's facts of a technique. Only T1197 has them here.
func FactsOf(id string) (Facts, bool) {
	if !strings.EqualFold(id, "T1197") {
		return Facts{}, false
	}
	return Facts{
		Version:    "1.5",
		Modified:   "2025-10-24",
		STIX:       "attack-pattern--c8e87b83-edbb-48d4-9295-4974897525b7",
		Platforms:  []string{"Windows"},
		Tactics:    []Tactic{{"TA0003", "Persistence"}, {"TA0005", "Defense Evasion"}},
		Mitigation: []Reference{{"M1018", "User Account Management"}, {"M1028", "Operating System Configuration"}, {"M1037", "Filter Network Traffic"}},
		Detection: Strategy{
			Reference: Reference{"DET0098", "Detect abuse of Windows BITS Jobs for download, execution and persistence"},
			Analytic:  "AN0274",
			Sources:   []string{"Security 4688", "Sysmon 3, 22", "PowerShell 4103-4106", "System 7036"},
			Tunables: []string{
				"TimeWindow", "ExpectedUpdateHosts", "SuspiciousCliSwitches", "NotifyCmdBlockList", "UserContext", "ExternalNetCIDRs",
				"JobLifetimeThreshold",
			},
		},
		CAR:     []Reference{{"CAR-2021-05-004", "BITS Job Persistence"}, {"CAR-2021-05-005", "BITSAdmin Download File"}},
		Related: []string{"T1036.003", "T1036.005", "T1048", "T1059.001", "T1070.001", "T1105", "T1218", "T1564.004"},
		Later: Edition{
			Attack: "19", Version: "2.0", Modified: "2026-04-15", Tactics: []string{"execution", "persistence", "stealth"},
			Note: "ATT&CK 19 split Defense Evasion into Stealth and Defense Impairment; rules that are tagged with either are accepted",
		},
	}, true
}
