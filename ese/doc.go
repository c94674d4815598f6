// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package ese reads databases of Microsoft's Extensible Storage Engine.
package ese
