// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package term

import "os"

// watchSize tells nothing: Windows has no signal for it. The next frame finds out.
func watchSize() (resized <-chan os.Signal, stop func()) { return nil, func() {} }
