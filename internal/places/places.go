// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package places knows where a service keeps its queue and where it listens.
package places

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/openbits/openbits"
)

// Places are the folder of a service's queue and the address of its socket.
type Places struct {
	State  string // absolute path of a folder, which may not exist yet
	Socket string // absolute path of a unix socket; name of a pipe on Windows
}

// Home is the environment variable that, when it is not empty, names the folder that holds everything.
const Home = "OPENBITS_HOME"

// Default answers the places of the calling user's own service.
func Default() (Places, error) { return find(os.Getenv, os.UserHomeDir) }

// find is Default with the environment as a parameter.
func find(env func(string) string, home func() (string, error)) (Places, error) {
	if base := env(Home); base != "" {
		if !filepath.IsAbs(base) {
			return Places{}, &openbits.Error{
				Op: "use", Object: fmt.Sprintf("%s=%s", Home, base), Kind: openbits.KindInvalidArgument,
				Context: openbits.ContextNone, Text: "the path is relative", File: -1,
				Hint: "Set " + Home + " to an absolute path, or unset it.",
			}
		}
		return In(base), nil
	}
	return own(env, home)
}

// In answers the places of a service that has the folder at an absolute path for itself.
func In(base string) Places {
	base = filepath.Clean(base)
	return Places{State: filepath.Join(base, "state"), Socket: homeSocket(base)}
}

// userHome is the calling user's home folder.
func userHome(home func() (string, error)) (string, error) {
	path, err := home()
	if err == nil && filepath.IsAbs(path) {
		return path, nil
	}
	return "", &openbits.Error{
		Op: "find", Object: "your home folder", Kind: openbits.KindInvalidArgument, Context: openbits.ContextNone,
		Text: "it is not set or not absolute", Err: err, File: -1,
		Hint: "Set HOME, or set " + Home + " to the folder that openbits may use.",
	}
}
