// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits/hunt/reporttest"
)

// TestTimesketch: each line has what Timesketch's importer asks for, and both forms of the time are the same time.
func TestTimesketch(t *testing.T) {
	all := decode(t, write(t, "timesketch", reporttest.Case()))
	descs := map[string]int{}
	for _, v := range all {
		for _, name := range []string{"message", "datetime", "timestamp_desc", "data_type"} {
			if text, ok := v[name].(string); !ok || text == "" {
				t.Errorf("%v has no %s", v, name)
			}
		}
		at, err := time.Parse("2006-01-02T15:04:05.999999-07:00", v["datetime"].(string))
		stamp, _ := v["timestamp"].(float64)
		if err != nil || at.UnixMicro() != int64(stamp) {
			t.Errorf("%v: %v, %v", v["datetime"], v["timestamp"], err)
		}
		descs[v["timestamp_desc"].(string)]++
	}
	for desc, want := range map[string]int{"BITS Job Created": 7, "BITS Job Transfer Stopped": 1, "BITS Finding": 4, "Event Logged": 1} {
		if descs[desc] != want {
			t.Errorf("%d lines are %q, want %d", descs[desc], desc, want)
		}
	}
	if text := write(t, "timesketch", reporttest.Case()); !strings.Contains(text, `"tag":["bits-critical","T1197"]`) || !strings.Contains(text, `"message":"Updater: created by bitsadmin.exe"`) {
		t.Error("the finding's tags or a moment are missing")
	}
}
