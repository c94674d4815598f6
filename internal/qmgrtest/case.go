// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

// Kind is the kind of evidence that tells of a case.
type Kind string

const (
	// InQueue: a job of a queue file.
	InQueue Kind = "queue"
	// InQueueSlack: behind the end of a queue file, left of an older queue.
	InQueueSlack Kind = "queue_slack"
	// InRow: a job in the tables of a database.
	InRow Kind = "live"
	// InVersion: in long values that no row points to.
	InVersion Kind = "version"
	// InSlack: on emptied pages of a database.
	InSlack Kind = "slack"
	// InLog: in a transaction log of a database.
	InLog Kind = "edb_log"
	// InTransfers: events of the Bits-Client log.
	InTransfers Kind = "bits_client"
	// InAudit: events of the Security and System logs.
	InAudit Kind = "audit"
	// InSysmon: events of Sysmon.
	InSysmon Kind = "sysmon"
	// InPowerShell: events of the PowerShell logs.
	InPowerShell Kind = "powershell"
)

// Behaviours are the short names of what an attacker does with BITS, by the number of docs/hunting.md's table.
var Behaviours = [...]string{
	1: "bitsadmin_download", 2: "powershell_bits", 3: "notify_command", 4: "notify_loop", 5: "address_not_a_name", 6: "odd_domain",
	7: "sharing_host", 8: "odd_destination", 9: "executable_or_extension_change", 10: "odd_creator", 11: "owner_mismatch", 12: "long_life",
	13: "stale_job", 14: "upload", 15: "tls_off", 16: "headers_or_credentials", 17: "lock_screen_image", 18: "renamed_bitsadmin",
	19: "log_cleared", 20: "queue_reset", 21: "volume", 22: "local_copy",
}

// Masquerading is the behaviour of a job that has the name of a known product and differs from it in another part.
const Masquerading = "masquerading"

// Want is a finding that a case must lead to.
type Want struct {
	Number    int // 0: Masquerading
	Behaviour string
	Severity  string // at least
}

func wants(numbers ...int) []Want {
	var list []Want
	for _, n := range numbers {
		list = append(list, Want{n, Behaviours[n], "medium"})
	}
	return list
}

// Case is the evidence of one host, and what must be found in it.
type Case struct {
	Name       string // scenario/generation/kind
	Generation Generation
	Kind       Kind
	Wants      []Want // none: it is benign, and nothing above info may be found
	Job        string // id of the job that it is about; empty: the evidence has none
	Companion  string // id of a benign job beside it, of which nothing above info may be found
	Wrong      string // of masquerading: creator, host or destination
	Computer   string // as events have it
	build      func() Tree
}

// Benign reports whether nothing may be found.
func (c Case) Benign() bool { return len(c.Wants) == 0 }

// Tree builds the evidence. It is always the same.
func (c Case) Tree() Tree { return c.build() }

// Host is the computer's name in the events of cases.
const Host = "WS01.corp.example"

// Cases lists all cases, in an order that does not change.
func Cases() []Case {
	list := jobCases()
	list = append(list, hostCases()...)
	list = append(list, productCases()...)
	return append(list, disguiseCases()...)
}
