// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package sock

import (
	"os"
	"strconv"
)

// Self is the account of this process, in the form of Peer.UID.
func Self() (string, error) { return strconv.Itoa(os.Geteuid()), nil }
