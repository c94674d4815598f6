// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/openbits/openbits"
)

// prepareState makes the state folder and takes its lock, so that one service owns it. The
// lock is the kernel's: it ends with the process, however that ends.
func prepareState(dir string) (*flock.Flock, error) {
	if !filepath.IsAbs(dir) {
		return nil, &openbits.Error{
			Op: "use", Object: "state folder " + dir, Kind: openbits.KindInvalidArgument, Context: openbits.ContextQueueManager, File: -1,
			Text: "the path is relative", Hint: "Give an absolute path.",
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, stateError("make", dir, err)
	}
	if err := checkOwner(dir); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, stateError("lock", dir, err)
	}
	if !ok {
		return nil, &openbits.Error{
			Op: "start", Object: "the service", Kind: openbits.KindServiceRunning, Context: openbits.ContextQueueManager, File: -1,
			Text: "another service owns the state folder " + dir, Hint: `It is running already: "bits list" talks to it.`,
		}
	}
	return lock, nil
}

func stateError(op, dir string, err error) error {
	return &openbits.Error{
		Op: op, Object: "state folder " + dir, Kind: openbits.KindLocalFile, Context: openbits.ContextQueueManager, Err: err, File: -1,
		Hint: "The service needs a folder of its own that it can write; OPENBITS_HOME chooses another place.",
	}
}
