// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"testing"

	"github.com/openbits/openbits/hunt/evidence"
)

func TestLookalikes(t *testing.T) {
	for name, want := range map[string]string{
		"Edge Component Updater":       "",
		"Téléchargement":               "",
		"Edge\u00a0Component Updater":  "",
		"Edge Сomponent Updater":       "Edge Component Updater",
		"Edge Compo\u200bnent Updater": "Edge Component Updater",
		"Ｅdge Component Updater":       "Edge Component Updater",
	} {
		if got := lookalikeOf(name); got != want {
			t.Errorf("%q looks like %q, not %q", name, got, want)
		}
	}
}

// TestHeadless: the creator of a record whose beginning was overwritten, and with it the job's name and id, stands for the name.
func TestHeadless(t *testing.T) {
	all, err := profiles()
	if err != nil {
		t.Fatal(err)
	}
	j := evidence.Job{
		Creator: &evidence.Creator{Path: `C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`}, Evidence: evidence.Place{Layer: evidence.Slack, Cut: "beginning"},
		Files: []evidence.File{{URL: "http://msedge.b.tlu.dl.delivery.mp.microsoft.com/a"}},
	}
	s := state{Job: &j, source: "job"}
	if f := fitOf(all, s.records()[0]); f.partly != "edge-components" {
		t.Errorf("it fits %+v", f)
	}
	j.Name = "x"
	if f := fitOf(all, s.records()[0]); f.partly != "" || f.known != "" {
		t.Errorf("one of another name fits %+v", f)
	}
}
