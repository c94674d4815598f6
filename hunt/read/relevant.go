// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package read

import (
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
)

// Channels that this package reads.
const (
	ChannelBITS       = "Microsoft-Windows-Bits-Client/Operational"
	ChannelSysmon     = "Microsoft-Windows-Sysmon/Operational"
	ChannelPowerShell = "Microsoft-Windows-PowerShell/Operational"
	ChannelDefender   = "Microsoft-Windows-Windows Defender/Operational"
	ChannelSecurity   = "Security"
	ChannelSystem     = "System"
)

// taker decides whether an event of a kind has to do with BITS by itself.
type taker func(e *evidence.Event) bool

func always(*evidence.Event) bool { return true }

// takers are the channels, in lower case, and in them the events that may have to do with BITS; 0 stands for all others.
var takers = map[string]map[int]taker{
	"microsoft-windows-bits-client/operational":      bitsTakers(),
	"microsoft-windows-bits-client/analytic":         {0: always},
	"security":                                       {1102: always, 1100: always, 4688: speaks, 4656: downloader, 4663: downloader, 5145: downloader, 4697: speaks, 4698: speaks},
	"system":                                         {104: always, 7036: service, 7040: service, 7045: service, 7030: service, 7031: service, 7034: service},
	"microsoft-windows-sysmon/operational":           {0: speaks, 11: temporary, 15: temporary, 23: temporary, 26: temporary},
	"microsoft-windows-powershell/operational":       {0: speaks},
	"powershellcore/operational":                     {0: speaks},
	"windows powershell":                             {0: speaks},
	"microsoft-windows-windows defender/operational": {1116: defender, 1117: defender, 1118: defender, 1119: defender, 1121: speaks, 1122: speaks},
	"microsoft-windows-taskscheduler/operational":    {0: speaks},
	"microsoft-windows-wmi-activity/operational":     {0: speaks},
	"microsoft-windows-applocker/exe and dll":        {0: speaks},
	"microsoft-windows-applocker/msi and script":     {0: speaks},
	"microsoft-windows-eventlog/operational":         {0: speaks},
}

// noise are events of BITS that say nothing of a job: cost and roaming, start and stop of the client, waits.
var noise = []int{34, 37, 209, 213, 308, 310, 311, 312}

func bitsTakers() map[int]taker {
	m := map[int]taker{0: always}
	for _, id := range noise {
		m[id] = nil
	}
	return m
}

// lookup finds who decides about an event; nil: it is of no interest.
func lookup(channel string, id int) taker {
	ids := takers[strings.ToLower(channel)]
	if t, ok := ids[id]; ok {
		return t
	}
	return ids[0]
}

// Channel reports whether events of a channel may be of interest by themselves.
func Channel(channel string) bool {
	return takers[strings.ToLower(channel)] != nil || channel == "ForwardedEvents"
}

func isBITS(channel string) bool {
	return strings.HasPrefix(strings.ToLower(channel), "microsoft-windows-bits-client/")
}

// A text is only looked at closely when it has one of these, in which each of words is but the class ids.
var stems = []string{"bits", "qmgr", "background", "desktopimg", `network\downloader`, "/lockscreenurl"}

// words are what a command, a script or a path says that has to do with BITS: its tools, its modules, its files
// and its log.
var words = []string{
	"bitsadmin", "bitstransfer", "-bitsfile", "desktopimgdownldr", "backgroundcopy", "bitsproxy", "qmgrprxy", `network\downloader`,
	"qmgr.db", "qmgr0.dat", "qmgr1.dat", "-s bits", "bits-client", "/lockscreenurl", "microsoft bits/", `windows\bits`, `services\bits`, "bitsperf", "bitsmgr",
	"background intelligent transfer", "bitsinject",
}

// classes are the class ids of BITS for programs.
var classes = []string{
	"4991d34b-80a1-4291-83b6-3328366b9097", "f087771f-d74f-4c1a-bb8a-e16aca9124ea", "6d18ad12-bde3-4393-b311-099c346e6df9",
	"03ca98d6-ff5d-49b8-abc6-03dd84127020", "659cdea7-489e-11d9-a9cd-000d56965251", "bb6df56b-cace-11dc-9992-0019b93a3a84",
	"1ecca34c-e88a-44e3-8d6a-8921bde9e452", "4bd3e4e1-7bd4-4a2b-9964-496400de5193",
}

// speaks takes an event of which any value speaks of BITS.
func speaks(e *evidence.Event) bool {
	for i := range e.Data {
		if Mentions(e.Data[i].Value) {
			return true
		}
	}
	return false
}

// Mentions reports whether a text speaks of BITS.
func Mentions(text string) bool {
	if len(text) < 4 {
		return false
	}
	text = strings.ToLower(text)
	if len(text) >= 36 && strings.Count(text, "-") >= 4 && anyOf(text, classes) {
		return true
	}
	return anyOf(text, stems) && (anyOf(text, words) || controls(text))
}

func anyOf(text string, list []string) bool {
	for _, w := range list {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// controls reports whether a command, in lower case, is about the service BITS: sc, net, Get-Service and their like.
func controls(text string) bool {
	named := false
	for _, f := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n\"',;()", r) }) {
		if f == "bits" {
			named = true
		}
	}
	if !named {
		return false
	}
	for _, tool := range []string{"sc ", "sc.exe", "net ", "net.exe", "net1", "-service", "svchost", "startservice", "stopservice"} {
		if strings.Contains(text, tool) {
			return true
		}
	}
	return false
}

// downloader takes an access to BITS's own folder.
func downloader(e *evidence.Event) bool {
	for _, name := range []string{"ObjectName", "RelativeTargetName", "ShareLocalPath"} {
		if v := strings.ToLower(e.Field(name)); strings.Contains(v, `network\downloader`) || strings.Contains(v, "qmgr") {
			return true
		}
	}
	return false
}

// service takes an event of the service manager about BITS: by its name in any language, as its key is in it, too.
func service(e *evidence.Event) bool {
	for _, d := range e.Data {
		v := strings.ToLower(d.Value)
		if v == "bits" || strings.Contains(v, "background intelligent transfer") {
			return true
		}
		if strings.HasPrefix(v, "4200490054005300") && (len(v) == 16 || strings.HasPrefix(v[16:], "0000") || strings.HasPrefix(v[16:], "2f00")) { // "BITS" or "BITS/4" in UTF-16
			return true
		}
	}
	return false
}

// temporary takes a file of BITS itself (BITxxxx.tmp), beside what speaks takes.
func temporary(e *evidence.Event) bool {
	return isTemporary(e.Field("TargetFilename")) || speaks(e)
}

func isTemporary(p string) bool {
	p = strings.ToLower(p)
	base := p[strings.LastIndexAny(p, `\/`)+1:]
	mid, ok := strings.CutPrefix(base, "bit")
	if !ok {
		return false
	}
	mid, ok = strings.CutSuffix(mid, ".tmp")
	return ok && mid != "" && len(mid) <= 8 && strings.Trim(mid, "0123456789abcdef") == ""
}

func defender(e *evidence.Event) bool {
	return strings.Contains(strings.ToLower(e.Field("Threat Name")), "bits") || speaks(e)
}
