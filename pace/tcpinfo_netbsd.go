// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

// tcpInfoOption is TCP_INFO of NetBSD's netinet/tcp.h, which golang.org/x/sys does not have.
const tcpInfoOption = 9
