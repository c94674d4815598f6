// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"fmt"
	"slices"
	"strings"
)

// Masks that matter to whoever may touch a job.
const (
	maskFull     = 0xf003f // what BITS gives: all rights of a key, as the registry has them
	maskTakeOver = 0x000d0000
)

// The accounts that BITS itself names in the list of every job, beside its owner.
const (
	sidAnonymous   = "S-1-5-7"
	sidNetwork     = "S-1-5-2" // up to Windows 7
	sidAdmins      = "S-1-5-32-544"
	sidRemote      = "S-1-5-32-580"
	sidAllPackages = "S-1-15-2-1"
	sidEveryone    = "S-1-1-0"
	sidAllUsers    = "S-1-5-11"
	sidUsers       = "S-1-5-32-545"
	sidGuests      = "S-1-5-32-546"
)

// Odd says, in words, how the job's descriptor differs from what BITS itself writes for its owner (see docs/formats/qmgr.md). It is
// empty where nothing differs, and where only a part of the descriptor was found.
func (j *Job) Odd() []string {
	d := j.Descriptor
	if d == nil || !j.Has(SectionCreator) {
		return nil
	}
	var odd []string
	say := func(format string, args ...any) { odd = append(odd, fmt.Sprintf(format, args...)) }
	if d.Fault != "" {
		say("it cannot be read whole: %s", d.Fault)
	}
	if d.Owner != "" && j.Owner != "" && !strings.EqualFold(d.Owner, j.Owner) {
		say("it belongs to %s, but the job to %s", d.Owner, j.Owner)
	}
	switch {
	case d.Owner == "":
		say("it has no owner")
	case d.Group == "":
		say("it has no group")
	case d.Group != d.Owner && !strings.HasPrefix(d.Group, "S-1-5-21-"):
		say("its group is %s", d.Group)
	}
	if d.DACL == nil {
		say("it has no access list, so that everybody may change the job")
	} else {
		odd = append(odd, j.oddEntries()...)
	}
	if d.HasLabel && j.Integrity != d.Label {
		say("its mandatory label is %s, but the creator's level was %s", IntegrityName(d.Label), IntegrityName(j.Integrity))
	}
	if !d.HasLabel && d.Fault == "" {
		say("it has no mandatory label")
	}
	if d.SACL != nil {
		for _, e := range d.SACL.Entries {
			if e.Type != aceLabel {
				say("its system list has an entry of type 0x%x for %s", e.Type, e.SID)
			}
		}
	}
	return odd
}

// oddEntries looks at the entries of the access list.
func (j *Job) oddEntries() []string {
	var odd []string
	owner := j.Owner
	usual := []string{owner, sidAdmins, sidRemote, sidAllPackages}
	denied := false
	for _, e := range j.Descriptor.DACL.Entries {
		switch {
		case e.Type == aceDeny && e.SID == sidAnonymous:
			denied = true
		case e.Type == aceDeny && e.SID == sidNetwork && j.Form == FormLegacy:
		case e.Type == aceDeny:
			odd = append(odd, fmt.Sprintf("it denies %s to %s", e.rights(), sidName(e.SID)))
		case e.Type != aceAllow:
			odd = append(odd, fmt.Sprintf("its access list has an entry of type 0x%x for %s", e.Type, sidName(e.SID)))
		case !slices.Contains(usual, e.SID):
			text := fmt.Sprintf("it allows %s to %s", e.rights(), sidName(e.SID))
			if e.Mask&maskTakeOver != 0 {
				text += ", who may take the job over"
			}
			odd = append(odd, text)
		case e.Mask != maskFull:
			odd = append(odd, fmt.Sprintf("it allows %s, not all, to %s", e.rights(), sidName(e.SID)))
		}
	}
	if !denied && j.Form == FormESE {
		odd = append(odd, "it does not deny access to anonymous callers")
	}
	return odd
}

// sidName is a SID with what it stands for, where that is known.
func sidName(sid string) string {
	name := map[string]string{
		sidAnonymous: "anonymous", sidEveryone: "everyone", sidAllUsers: "all users", sidUsers: "all users", sidGuests: "guests",
		"S-1-5-18": "SYSTEM", "S-1-5-19": "LOCAL SERVICE", "S-1-5-20": "NETWORK SERVICE",
	}[sid]
	if name == "" {
		return sid
	}
	return fmt.Sprintf("%s (%s)", sid, name)
}
