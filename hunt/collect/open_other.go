// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package collect

import "os"

// openFlags are for reading alone.
const openFlags = os.O_RDONLY
