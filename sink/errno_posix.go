// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || openbsd

package sink

import "golang.org/x/sys/unix"

func linkNotFollowed() error { return unix.ELOOP }
