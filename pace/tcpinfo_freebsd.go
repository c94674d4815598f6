// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "golang.org/x/sys/unix"

const tcpInfoOption = unix.TCP_INFO
