// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows && !plan9

package sink

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/openbits/openbits"
)

func TestKinds(t *testing.T) {
	for errno, want := range map[syscall.Errno]openbits.Kind{
		syscall.ENOSPC:       openbits.KindDiskFull,
		syscall.EDQUOT:       openbits.KindDiskFull,
		syscall.EFBIG:        openbits.KindFileTooLarge,
		syscall.EROFS:        openbits.KindWriteDenied,
		syscall.EACCES:       openbits.KindWriteDenied,
		syscall.EPERM:        openbits.KindWriteDenied,
		syscall.ENOENT:       openbits.KindFolderMissing,
		syscall.ENOTDIR:      openbits.KindFolderMissing,
		syscall.ENODEV:       openbits.KindFolderMissing,
		syscall.EEXIST:       openbits.KindFileExists,
		syscall.EISDIR:       openbits.KindFileExists,
		syscall.ELOOP:        openbits.KindUnsafePath,
		syscall.ENAMETOOLONG: openbits.KindInvalidName,
		syscall.ESTALE:       openbits.KindLocalFile,
		syscall.EIO:          openbits.KindLocalFile,
		syscall.EMFILE:       openbits.KindLocalFile,
	} {
		err := fail("write", "/a/file", fmt.Errorf("around: %w", &os.PathError{Op: "pwrite", Path: "/a/file", Err: errno}))
		e := openbits.AsError(err)
		if e.Kind != want || e.Text == "" || e.Hint == "" || e.Context != openbits.ContextLocalFile || e.File != -1 {
			t.Errorf("%v became %s: %v, hint %q", errno, e.Kind, e, e.Hint)
		}
		if again := fail("publish", "/b", err); again != err {
			t.Errorf("an error that is ready became %v", again)
		}
	}
}
