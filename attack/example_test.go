// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package attack_test

import (
	"fmt"

	"github.com/openbits/openbits/attack"
)

func ExampleTechnique() {
	t, _ := attack.Technique("T1197")
	fmt.Println(t.ID(), t.Label())
	for _, m := range t.Countermeasures()[:3] {
		c, _ := attack.Countermeasure(m.ID)
		fmt.Println(m.Rank, c.ID(), c.Label(), c.Tactic, m.Via())
	}
	// Output:
	// T1197 BITS Jobs
	// 1 D3-IPCTA IPC Traffic Analysis Detect exact
	// 2 D3-CAA Connection Attempt Analysis Detect ancestor
	// 3 D3-RPA Relay Pattern Analysis Detect ancestor
}
