// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package attack

import "slices"

// Inference is a set of countermeasures that follow from what a finding is about, and not from what the ontology says of T1197.
type Inference struct {
	About string // process, file, url, schedule, policy, account or database
	Class string // the class of D3FEND that this is an example of
	Why   string
	IDs   []string // of countermeasures
}

var inferences = []Inference{
	{"process", "Process", "the notify command, and the program that made the job, are processes that BITS or an account starts", []string{"D3-PSA", "D3-PLA", "D3-EAL", "D3-EDL", "D3-PT"}},
	{"file", "File", "a download leaves a file under its local name", []string{"D3-FA", "D3-FHRA", "D3-FEV"}},
	{"url", "URL", "the remote name is a URL, whose host is looked up", []string{"D3-UA", "D3-URA", "D3-DNRA", "D3-DNSDL", "D3-DNSAL"}},
	{"schedule", "JobSchedule", "a job that is retried and notified again and again acts like a scheduled one; this is an analogy", []string{"D3-SJA"}},
	{"policy", "ApplicationConfiguration", "the policies JobInactivityTimeout and MaxDownloadTime bound how long a job lives", []string{"D3-ACH"}},
	{"account", "UserAccount", "a job has an owner, and acts with its rights", []string{"D3-UAP"}},
	{"database", "OperatingSystemFile", "jobs are kept in the queue database (qmgr.db, qmgr0.dat), which is a file of the system", []string{"D3-SFA"}},
}

// Inferences lists all, in a fixed order.
func Inferences() []Inference { return slices.Clone(inferences) }

// InferredFrom is the set for what a finding is about, such as "process".
func InferredFrom(about string) (Inference, bool) {
	i := slices.IndexFunc(inferences, func(n Inference) bool { return n.About == about })
	if i < 0 {
		return Inference{}, false
	}
	return inferences[i], true
}
