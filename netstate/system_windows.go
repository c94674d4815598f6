// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netstate

import (
	"context"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// bootID is made of the kernel's count of boots, where it keeps one, and the minute of
// the boot. Windows has no id of a boot; when its clock was set the same boot gets
// another id, which costs a few bytes fetched again and harms nothing.
func bootID() string {
	minute := time.Now().Add(-windows.DurationSinceBoot()).Unix() / 60
	count := uint64(0)
	const path = `SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters`
	if key, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE); err == nil {
		defer key.Close()
		if n, _, err := key.GetIntegerValue("BootId"); err == nil {
			count = n
		}
	}
	return fmt.Sprintf("windows-%d-%d", count, minute)
}

// queryUnbiasedInterruptTime counts 100 ns since boot without the time asleep;
// GetTickCount64, behind DurationSinceBoot, counts milliseconds with it.
var queryUnbiasedInterruptTime = windows.NewLazySystemDLL("kernel32.dll").NewProc("QueryUnbiasedInterruptTime")

func readClocks() clocks {
	c := clocks{
		boot: windows.DurationSinceBoot(),
		wall: time.Duration(time.Now().UnixNano()),
	}
	var ticks uint64
	if ok, _, _ := queryUnbiasedInterruptTime.Call(uintptr(unsafe.Pointer(&ticks))); ok != 0 {
		c.awake = time.Duration(ticks) * 100
	}
	return c
}

// watchClock compares the clocks regularly: programs without a window are not told
// when the clock was set.
func watchClock(ctx context.Context) <-chan struct{} { return tick(ctx, ClockInterval) }
