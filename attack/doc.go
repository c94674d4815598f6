// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package attack holds what ATT&CK and D3FEND say of the abuse of BITS jobs, technique T1197: facts that findings refer to and
// "bits explain" prints.
//
//	t, _ := attack.Technique("T1197")
//	for _, m := range t.Countermeasures() {
//		c, _ := attack.Countermeasure(m.ID)
//		fmt.Println(m.Rank, c.ID(), c.Label(), c.Tactic, m.Via())
//	}
//
// Facts of three kinds are kept apart:
//
//   - what D3FEND's ontology says (table.go, which attack/gen makes of the ontology's file): classes, relations to digital artifacts, and the
//     countermeasures of T1197 that follow from artifacts that both have to do with;
//   - what ATT&CK says, with its version ([Facts]);
//   - what is our own: countermeasures inferred from what a finding is about ([Inference]), because the ontology knows no BITS job, queue
//     database or notify command, and which feature of this program serves a countermeasure ([Feature]).
//
// Names and definitions are MITRE's; NOTICE.md has their licences. Nothing here changes while a program runs; what is answered must
// not be changed by the caller.
package attack
