// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"fmt"

	"github.com/openbits/openbits"
)

func notFound(object string, file int) error {
	return &openbits.Error{
		Op: "find", Object: object, Kind: openbits.KindNotFound, Context: openbits.ContextQueueManager,
		Text: "there is none", File: file, Hint: "bits list --all shows every job.",
	}
}

func noFile(id string, index int) error {
	return notFound(fmt.Sprintf("file %d of job %s", index, id), index)
}

func idInUse(id string) error {
	return &openbits.Error{
		Op: "create", Object: "job " + id, Kind: openbits.KindIDInUse, Context: openbits.ContextQueueManager,
		Text: "another job has this id", File: -1, Hint: "Choose a new random id (UUID version 4).",
	}
}

func badIndex(f openbits.File) error {
	return &openbits.Error{
		Op: "add", Object: fmt.Sprintf("file %d to job %s", f.Index, f.JobID), Kind: openbits.KindInvalidArgument,
		Context: openbits.ContextQueueManager, Text: "the index is taken or not allowed", File: f.Index,
	}
}

func busy(path string, index int, holder string) error {
	return &openbits.Error{
		Op: "write", Object: path, Kind: openbits.KindDestinationBusy, Context: openbits.ContextQueueManager,
		Text: "job " + holder + " writes this file", File: index,
		Hint: "See it with: bits show " + holder,
	}
}

func invalid(what, text string) error {
	return &openbits.Error{
		Op: "read", Object: what, Kind: openbits.KindInvalidArgument, Context: openbits.ContextQueueManager,
		Text: text, File: -1,
	}
}
