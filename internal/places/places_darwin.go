// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package places

import "path/filepath"

// System answers the places of the machine's service.
func System() Places {
	return Places{State: "/Library/Application Support/openbits", Socket: "/var/run/openbits/bits.sock"}
}

// own uses the folder that macOS has for it, unless the XDG variables are set.
func own(env func(string) string, home func() (string, error)) (Places, error) {
	var p Places
	if base := env("XDG_STATE_HOME"); filepath.IsAbs(base) {
		p.State = filepath.Join(base, "openbits")
	} else {
		base, err := userHome(home)
		if err != nil {
			return Places{}, err
		}
		p.State = filepath.Join(base, "Library", "Application Support", "openbits")
	}
	if base := env("XDG_RUNTIME_DIR"); filepath.IsAbs(base) {
		p.Socket = filepath.Join(base, "openbits", "bits.sock")
	} else {
		p.Socket = homeSocket(p.State)
	}
	return p, nil
}

func homeSocket(base string) string { return filepath.Join(base, "bits.sock") }
