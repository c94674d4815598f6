// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package places

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"
)

// System answers the places of the machine's service.
func System() Places {
	return Places{State: `C:\ProgramData\openbits`, Socket: `\\.\pipe\openbits`}
}

// own keeps the queue in %LOCALAPPDATA%, which does not roam.
func own(env func(string) string, home func() (string, error)) (Places, error) {
	base := env("LOCALAPPDATA")
	if !filepath.IsAbs(base) {
		folder, err := userHome(home)
		if err != nil {
			return Places{}, err
		}
		base = filepath.Join(folder, "AppData", "Local")
	}
	state := filepath.Join(base, "openbits", "state")
	return Places{State: state, Socket: homeSocket(filepath.Dir(state))}, nil
}

// homeSocket names a pipe after its folder, since all pipes of a machine share one flat name space.
func homeSocket(base string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(base)))
	return `\\.\pipe\openbits-` + hex.EncodeToString(sum[:8])
}
