// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package qmgr reads the queue of Windows' Background Intelligent Transfer Service: qmgr.db (an ESE database, since Windows
// 10 1607) and qmgr0.dat and qmgr1.dat (before), told apart by what is in them. docs/formats/qmgr.md is the specification
// that it follows.
package qmgr
