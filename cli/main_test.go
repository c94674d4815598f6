// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// TestSecondSignal: timeout(1) signals the program and its group, which is one wish; a second Ctrl-C is another one.
func TestSecondSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signals := make(chan os.Signal)
		stops, quits := 0, 0
		go obey(signals, func(os.Signal) { stops++ }, func() { quits++ })
		signals <- os.Interrupt
		signals <- os.Interrupt
		synctest.Wait()
		if stops != 1 || quits != 0 {
			t.Errorf("two signals at once: stopped %d times, quit %d times; want 1 and 0", stops, quits)
		}
		time.Sleep(time.Second)
		signals <- os.Interrupt
		synctest.Wait()
		if stops != 1 || quits != 1 {
			t.Errorf("a signal a second later: stopped %d times, quit %d times; want 1 and 1", stops, quits)
		}
	})
}
