// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Of getiopolicy_np(3) and sys/resource.h (sys/resource_private.h for the call): a throttled thread's requests wait while those of
// others are under way.
const (
	iopolGet         = 0
	iopolSet         = 1
	iopolTypeDisk    = 0
	iopolScopeThread = 1
	iopolThrottle    = 3
)

// iopolParam is struct _iopol_param_t.
type iopolParam struct{ scope, kind, policy int32 }

// idly runs do on a thread whose disk access is throttled meanwhile. The policy belongs to the thread, so the goroutine stays on it
// until the policy is what it was. Without the C library this is how setiopolicy_np does it.
func idly(do func()) {
	runtime.LockOSThread()
	p := iopolParam{scope: iopolScopeThread, kind: iopolTypeDisk}
	before, err := p.call(iopolGet)
	lowered := false
	if err == nil && before != iopolThrottle {
		p.policy = iopolThrottle
		_, err = p.call(iopolSet)
		lowered = err == nil
	}
	do()
	if lowered {
		p.policy = before
		if _, err := p.call(iopolSet); err != nil {
			return // still locked: the thread ends with its goroutine and serves nobody else
		}
	}
	runtime.UnlockOSThread()
}

func (p *iopolParam) call(command uintptr) (int32, error) {
	if _, _, errno := unix.Syscall(unix.SYS_IOPOLICYSYS, command, uintptr(unsafe.Pointer(p)), 0); errno != 0 {
		return 0, errno
	}
	return p.policy, nil
}

// setDiskPriority lets a file that is not in the background any more be cached again.
func setDiskPriority(f *os.File, background bool) {
	if !background {
		_, _ = unix.FcntlInt(f.Fd(), unix.F_NOCACHE, 0)
	}
}

// startWritingRange and awaitRange do nothing: there is no call for it but those that wait for everything.
func startWritingRange(*os.File, int64, int64) error { return nil }

func awaitRange(*os.File, int64, int64) error { return nil }

// forget has what follows pass the cache by (fcntl(2), F_NOCACHE): what is in it cannot be dropped.
func forget(f *os.File, _, _ int64) { _, _ = unix.FcntlInt(f.Fd(), unix.F_NOCACHE, 1) }
