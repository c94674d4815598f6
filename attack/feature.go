// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package attack

import "strings"

// Use says how far this program goes towards a countermeasure.
type Use string

const (
	// Serves: the program does what the countermeasure asks, on the evidence that it reads.
	Serves Use = "serves"
	// Helps: the program finds or hands out what somebody needs who applies the countermeasure.
	Helps Use = "helps"
	// None: the program has nothing for it.
	None Use = "none"
)

// Feature says what of this program serves a countermeasure. It is our own judgement, not MITRE's.
type Feature struct {
	Use  Use
	Text string
}

// The texts say what is there, or why there is nothing.
var features = map[string]Feature{
	"D3-IPCTA":  {Serves, "bits hunt: jobs and transfer events whose remote name is a share (UNC path) or a plain path"},
	"D3-CAA":    {Serves, "bits hunt: transfers that failed (event 61), and jobs kept in error with a server that does not answer"},
	"D3-RPA":    {None, "relaying shows in network flows, not in the evidence that a host keeps of its jobs"},
	"D3-OTF":    {Helps, "bits hunt --format stix or json: the hosts and addresses of findings, for a filter to block"},
	"D3-NTF":    {Helps, "bits hunt --format stix or json: the hosts and addresses of findings, for a filter to block"},
	"D3-CSPP":   {None, "payloads are in neither the database nor the logs"},
	"D3-NTCD":   {Serves, "bits hunt over many hosts: how few of them have a job of the same name, creator and remote host (rarity)"},
	"D3-NTSA":   {Serves, "bits hunt: rules on the URLs, addresses and file names of transfers (events 59, 60, 61, 16403), and others' rules by --sigma"},
	"D3-PHDURA": {Serves, "bits hunt: upload jobs, and the bytes that event 60 counts"},
	"D3-PMAD":   {Serves, "bits hunt: custom headers, stored credentials, certificate checks that are off, HTTPS that may become HTTP"},
	"D3-RTSD":   {None, "a job of BITS is no terminal session; the ontology matches it only because both are network traffic"},
	"D3-UGLPA":  {None, "a job of BITS is no logon of a user somewhere; the ontology matches it only because both are network traffic"},

	"D3-PSA":   {Serves, "bits hunt: notify commands in the database and in events 6, 63 and 64, and command lines that make jobs (Security 4688, Sysmon 1, PowerShell)"},
	"D3-PLA":   {Serves, "bits hunt: children of the BITS service's svchost, the creator of a job, and its parent"},
	"D3-EAL":   {Helps, "bits hunt: names the program and arguments that a notify command starts"},
	"D3-EDL":   {Helps, "bits hunt: names the program and arguments that a notify command starts"},
	"D3-PT":    {Helps, "bits hunt: names the process that BITS started, where a log has it"},
	"D3-FA":    {Helps, "bits hunt: the local name, volume serial and times of every file of a job, also of deleted ones"},
	"D3-FHRA":  {Helps, "bits hunt: the paths to hash; the content of downloads is not part of the evidence"},
	"D3-FEV":   {Helps, "bits hunt: the local names that a job left or would leave"},
	"D3-UA":    {Serves, "bits hunt: rules on addresses, ports, top-level domains, extensions and kinds of remote names"},
	"D3-URA":   {Helps, "bits hunt --format stix or json: URLs to look up; no reputation service is asked"},
	"D3-DNRA":  {Helps, "bits hunt --format stix or json: host names to look up; no reputation service is asked"},
	"D3-DNSDL": {Helps, "bits hunt --format stix or json: host names of findings, for a resolver to deny"},
	"D3-DNSAL": {Helps, "bits hunt: known-good profiles name the hosts that updaters fetch from"},
	"D3-SJA":   {Serves, "bits hunt: every job of the queue, deleted ones and older versions of one too, with timers, states and notify command"},
	"D3-ACH":   {Helps, "bits hunt: jobs that outlive 90 days; the policies themselves are in the registry, which is not read"},
	"D3-UAP":   {Helps, "bits hunt: owner, integrity and security descriptor of each job, and where they do not fit"},
	"D3-SFA":   {Serves, "bits hunt, bits ese check: a queue database that was reset, replaced or damaged, and logs that were cleared"},
}

// FeatureFor finds what serves a countermeasure that Countermeasure knows.
func FeatureFor(id string) (Feature, bool) {
	f, ok := features[strings.ToUpper(id)]
	return f, ok
}
