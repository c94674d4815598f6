// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

// umask is empty: on Windows the folder decides who may read a new file.
func umask() string { return "" }
