// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package main

import (
	"errors"
	"runtime"
)

func newStage(options) (stage, error) {
	return nil, errors.New("this needs network namespaces and TUN devices, which only Linux has; this is " + runtime.GOOS)
}
