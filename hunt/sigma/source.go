// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// view says what names the fields of an event have.
type view int

const (
	asLogged  view = iota
	asProcess      // those of Sysmon's process creation, for event 4688 of the Security log
	views
)

// source is a kind of events: a channel, in lower case, and its event ids; none: all.
type source struct {
	channel string
	ids     []int
	view    view
}

const (
	sysmon     = "microsoft-windows-sysmon/operational"
	security   = "security"
	powershell = "microsoft-windows-powershell/operational"
	classic    = "windows powershell"
)

// Categories of openbits' own log sources.
const (
	Jobs     = "bits_job" // the jobs of BITS and their files, whatever evidence they come from
	LogFiles = "bits_log" // event logs, each as a whole
)

// categories are the log sources of Sigma's taxonomy by category, with product windows.
var categories = map[string][]source{
	"process_creation":          {{sysmon, []int{1}, asLogged}, {security, []int{4688}, asProcess}},
	"file_change":               {{sysmon, []int{2}, asLogged}},
	"network_connection":        {{sysmon, []int{3}, asLogged}},
	"sysmon_status":             {{sysmon, []int{4, 16}, asLogged}},
	"process_termination":       {{sysmon, []int{5}, asLogged}},
	"driver_load":               {{sysmon, []int{6}, asLogged}},
	"image_load":                {{sysmon, []int{7}, asLogged}},
	"create_remote_thread":      {{sysmon, []int{8}, asLogged}},
	"raw_access_thread":         {{sysmon, []int{9}, asLogged}},
	"process_access":            {{sysmon, []int{10}, asLogged}},
	"file_event":                {{sysmon, []int{11}, asLogged}},
	"registry_add":              {{sysmon, []int{12}, asLogged}},
	"registry_delete":           {{sysmon, []int{12}, asLogged}},
	"registry_set":              {{sysmon, []int{13}, asLogged}},
	"registry_rename":           {{sysmon, []int{14}, asLogged}},
	"registry_event":            {{sysmon, []int{12, 13, 14}, asLogged}},
	"create_stream_hash":        {{sysmon, []int{15}, asLogged}},
	"pipe_created":              {{sysmon, []int{17, 18}, asLogged}},
	"wmi_event":                 {{sysmon, []int{19, 20, 21}, asLogged}},
	"dns_query":                 {{sysmon, []int{22}, asLogged}},
	"file_delete":               {{sysmon, []int{23, 26}, asLogged}},
	"clipboard_capture":         {{sysmon, []int{24}, asLogged}},
	"process_tampering":         {{sysmon, []int{25}, asLogged}},
	"file_block_executable":     {{sysmon, []int{27}, asLogged}},
	"file_block_shredding":      {{sysmon, []int{28}, asLogged}},
	"file_executable_detected":  {{sysmon, []int{29}, asLogged}},
	"sysmon_error":              {{sysmon, []int{255}, asLogged}},
	"ps_module":                 {{powershell, []int{4103}, asLogged}},
	"ps_script":                 {{powershell, []int{4104}, asLogged}},
	"ps_classic_start":          {{classic, []int{400, 800}, asLogged}},
	"ps_classic_provider_start": {{classic, []int{600}, asLogged}},
	"ps_classic_script":         {{classic, []int{800}, asLogged}},
}

// services are the log sources by service, with product windows: their channels.
var services = map[string][]string{
	"application":           {"application"},
	"applocker":             {"microsoft-windows-applocker/exe and dll", "microsoft-windows-applocker/msi and script", "microsoft-windows-applocker/packaged app-deployment", "microsoft-windows-applocker/packaged app-execution"},
	"appxdeployment-server": {"microsoft-windows-appxdeploymentserver/operational"},
	"bits-client":           {"microsoft-windows-bits-client/operational"},
	"capi2":                 {"microsoft-windows-capi2/operational"},
	"certificateservicesclient-lifecycle-system": {"microsoft-windows-certificateservicesclient-lifecycle-system/operational"},
	"codeintegrity-operational":                  {"microsoft-windows-codeintegrity/operational"},
	"dhcp":                                       {"microsoft-windows-dhcp-server/operational"},
	"diagnosis-scripted":                         {"microsoft-windows-diagnosis-scripted/operational"},
	"dns-client":                                 {"microsoft-windows-dns client events/operational", "microsoft-windows-dns-client/operational"},
	"dns-server":                                 {"dns server"},
	"driver-framework":                           {"microsoft-windows-driverframeworks-usermode/operational"},
	"firewall-as":                                {"microsoft-windows-windows firewall with advanced security/firewall"},
	"ldap":                                       {"microsoft-windows-ldap-client/debug"},
	"lsa-server":                                 {"microsoft-windows-lsa/operational"},
	"ntlm":                                       {"microsoft-windows-ntlm/operational"},
	"openssh":                                    {"openssh/operational"},
	"powershell":                                 {powershell, "powershellcore/operational"},
	"powershell-classic":                         {classic},
	"printservice-admin":                         {"microsoft-windows-printservice/admin"},
	"printservice-operational":                   {"microsoft-windows-printservice/operational"},
	"security":                                   {security},
	"security-mitigations":                       {"microsoft-windows-security-mitigations/kernel mode", "microsoft-windows-security-mitigations/user mode"},
	"shell-core":                                 {"microsoft-windows-shell-core/operational"},
	"smbclient-connectivity":                     {"microsoft-windows-smbclient/connectivity"},
	"smbclient-security":                         {"microsoft-windows-smbclient/security"},
	"sysmon":                                     {sysmon},
	"system":                                     {"system"},
	"taskscheduler":                              {"microsoft-windows-taskscheduler/operational"},
	"terminalservices-localsessionmanager":       {"microsoft-windows-terminalservices-localsessionmanager/operational"},
	"windefend":                                  {"microsoft-windows-windows defender/operational"},
	"wmi":                                        {"microsoft-windows-wmi-activity/operational"},
}

// sources are the kinds of events that a rule is for; none: it is for no log of Windows that is known.
func (l LogSource) sources() []source {
	if l.Product != "" && l.Product != "windows" {
		return nil
	}
	byCategory, known := categories[l.Category]
	switch {
	case l.Category != "" && !known:
		return nil
	case l.Service == "":
		return byCategory
	}
	var list []source
	for _, channel := range services[l.Service] {
		if l.Category == "" {
			list = append(list, source{channel: channel})
		}
		for _, s := range byCategory { // both at once: what both mean
			if s.channel == channel {
				list = append(list, s)
			}
		}
	}
	return list
}

// processNames are the names that event 4688 has for what Sysmon calls otherwise.
var processNames = map[string]string{
	"newprocessname": "Image", "newprocessid": "ProcessId", "processid": "ParentProcessId", "parentprocessname": "ParentImage",
	"subjectlogonid": "LogonId", "mandatorylabel": "IntegrityLevel",
}

// integrityNames are the levels behind the mandatory labels of event 4688.
var integrityNames = map[string]string{
	"S-1-16-0": "Untrusted", "S-1-16-4096": "Low", "S-1-16-8192": "Medium", "S-1-16-8448": "MediumPlus", "S-1-16-12288": "High", "S-1-16-16384": "System",
}

func integrityName(label string) string {
	if name, ok := integrityNames[strings.ToUpper(label)]; ok {
		return name
	}
	return label
}

// Log is a log source of Sigma and the events that it stands for.
type Log struct {
	Name   string // "category: x" or "service: x", with product windows
	Events []string
}

// Logs lists the log sources that are known, by name, for documentation.
func Logs() []Log {
	var list []Log
	for _, name := range slices.Sorted(maps.Keys(categories)) {
		l := Log{Name: "category: " + name}
		for _, s := range categories[name] {
			ids := make([]string, len(s.ids))
			for i, id := range s.ids {
				ids[i] = strconv.Itoa(id)
			}
			l.Events = append(l.Events, s.channel+" "+strings.Join(ids, ", "))
		}
		list = append(list, l)
	}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		list = append(list, Log{Name: "service: " + name, Events: services[name]})
	}
	return list
}
