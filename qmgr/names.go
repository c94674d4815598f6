// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"fmt"
	"strconv"
)

// bit names one bit of a word.
type bit struct {
	mask uint32
	name string
}

// namesOf names the bits that are set; those without a name are given together in hex.
func namesOf(word uint32, bits []bit) []string {
	var names []string
	for _, b := range bits {
		if word&b.mask != 0 {
			names, word = append(names, b.name), word&^b.mask
		}
	}
	if word != 0 {
		names = append(names, fmt.Sprintf("0x%x", word))
	}
	return names
}

// Bits of SetNotifyFlags (bits.h and its later editions).
var notifyBits = []bit{
	{0x01, "transferred"},
	{0x02, "error"},
	{0x04, "disable"},
	{0x08, "modification"},
	{0x10, "file_transferred"},
	{0x20, "ranges_transferred"},
}

// NotifyFlagNames names the bits of SetNotifyFlags: transferred, error, disable, modification, file_transferred,
// ranges_transferred; others in hex.
func NotifyFlagNames(word uint32) []string { return namesOf(word, notifyBits) }

// Bits of IBackgroundCopyJobHttpOptions::SetSecurityFlags (bits2_5.h).
const (
	SecurityCRLCheck         = 0x001
	SecurityIgnoreCN         = 0x002
	SecurityIgnoreDate       = 0x004
	SecurityIgnoreUnknownCA  = 0x008
	SecurityIgnoreUsage      = 0x010
	SecurityRedirectReport   = 0x100
	SecurityRedirectDisallow = 0x200
	SecurityHTTPSToHTTP      = 0x800
)

var securityBits = []bit{
	{SecurityCRLCheck, "crl_check"},
	{SecurityIgnoreCN, "ignore_cn"},
	{SecurityIgnoreDate, "ignore_date"},
	{SecurityIgnoreUnknownCA, "ignore_unknown_ca"},
	{SecurityIgnoreUsage, "ignore_usage"},
	{SecurityRedirectReport, "redirect_report"},
	{SecurityRedirectDisallow, "redirect_disallow"},
	{SecurityHTTPSToHTTP, "allow_https_to_http"},
}

// SecurityFlagNames names the bits of SetSecurityFlags: crl_check, ignore_cn, ignore_date, ignore_unknown_ca, ignore_usage,
// redirect_report, redirect_disallow, allow_https_to_http; others in hex.
func SecurityFlagNames(word uint32) []string { return namesOf(word, securityBits) }

// Bits of SetFileACLFlags (bits3_0.h).
var aclBits = []bit{{1, "owner"}, {2, "group"}, {4, "dacl"}, {8, "sacl"}}

// ACLFlagNames names the bits of SetFileACLFlags: owner, group, dacl, sacl; others in hex.
func ACLFlagNames(word uint32) []string { return namesOf(word, aclBits) }

// Bits of BITS_COST_STATE (bits5_0.h).
var costBits = []bit{
	{0x01, "unrestricted"},
	{0x02, "capped_usage_unknown"},
	{0x04, "below_cap"},
	{0x08, "near_cap"},
	{0x10, "overcap_charged"},
	{0x20, "overcap_throttled"},
	{0x40, "usage_based"},
	{0x80, "roaming"},
	{0x40000000, "ignore_congestion"},
	{0x80000000, "internet"},
}

// CostPolicyNames names the bits of a transfer policy (BITS_COST_STATE); others in hex.
func CostPolicyNames(word uint32) []string { return namesOf(word, costBits) }

// IntegrityName names an integrity level ([MS-DTYP] 2.4.2.4): untrusted, low, medium, medium_plus, high, system, protected;
// else the RID in hex.
func IntegrityName(rid uint32) string {
	switch rid {
	case 0:
		return "untrusted"
	case 0x1000:
		return "low"
	case 0x2000:
		return "medium"
	case 0x2100:
		return "medium_plus"
	case 0x3000:
		return "high"
	case 0x4000:
		return "system"
	case 0x5000:
		return "protected"
	}
	return fmt.Sprintf("0x%x", rid)
}

func nameOf(word uint32, names ...string) string {
	if word < uint32(len(names)) {
		return names[word]
	}
	return strconv.FormatUint(uint64(word), 10)
}

// ProxyUsageName names BG_JOB_PROXY_USAGE: preconfig, none, override, autodetect; else the number.
func ProxyUsageName(word uint32) string {
	return nameOf(word, "preconfig", "none", "override", "autodetect")
}

// DriveTypeName names what GetDriveType answers: unknown, no_root, removable, fixed, network, cdrom, ramdisk; else the number.
func DriveTypeName(word uint32) string {
	return nameOf(word, "unknown", "no_root", "removable", "fixed", "network", "cdrom", "ramdisk")
}

// ErrorContextName names BG_ERROR_CONTEXT: none, unknown, general_queue_manager, queue_manager_notification, local_file,
// remote_file, general_transport, remote_application, server_certificate; else the number.
func ErrorContextName(word uint32) string {
	return nameOf(word, "none", "unknown", "general_queue_manager", "queue_manager_notification", "local_file", "remote_file",
		"general_transport", "remote_application", "server_certificate")
}

// PendingName names a pending notification: "", transferred, error; else the number.
func PendingName(word uint32) string { return nameOf(word, "", "transferred", "error") }

// windowsBuilds names builds of Windows that keep the queue in a database. A build between two is called by the one before.
var windowsBuilds = []struct {
	build uint32
	name  string
}{
	{10240, "Windows 10 1507"},
	{10586, "Windows 10 1511"},
	{14393, "Windows 10 1607 or Server 2016"},
	{15063, "Windows 10 1703"},
	{16299, "Windows 10 1709"},
	{17134, "Windows 10 1803"},
	{17763, "Windows 10 1809 or Server 2019"},
	{18362, "Windows 10 1903"},
	{18363, "Windows 10 1909"},
	{19041, "Windows 10 2004"},
	{19042, "Windows 10 20H2"},
	{19043, "Windows 10 21H1"},
	{19044, "Windows 10 21H2"},
	{19045, "Windows 10 22H2"},
	{20348, "Windows Server 2022"},
	{22000, "Windows 11 21H2"},
	{22621, "Windows 11 22H2"},
	{22631, "Windows 11 23H2"},
	{25398, "Windows Server 23H2"},
	{26100, "Windows 11 24H2 or Server 2025"},
	{26200, "Windows 11 25H2"},
}

// WindowsName names a build of Windows; "" for 0 and builds before 10240.
func WindowsName(build uint32) string {
	name := ""
	for _, w := range windowsBuilds {
		switch {
		case build == w.build:
			return w.name
		case build > w.build:
			name = fmt.Sprintf("Windows build %d, after %s", build, w.name)
		}
	}
	return name
}
