// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"

	"github.com/openbits/openbits"
)

var (
	errNotFolder = errors.New("it is not a folder")
	// errNotPlain: something other than a regular file stands under a name, such as a link.
	errNotPlain = errors.New("a link, folder or device stands under the name")
	errLinked   = errors.New("the part file has a second name (a hard link)")
	errForeign  = errors.New("the part file belongs to another account")
	errSwapped  = errors.New("the part file is not the one that was written")
)

// fail makes the error of an operation on a file out of what the system said.
func fail(op, object string, err error) error {
	var ready *openbits.Error
	if errors.As(err, &ready) {
		return err
	}
	kind, text := classify(err)
	return &openbits.Error{
		Op: op, Object: object, Kind: kind, Context: openbits.ContextLocalFile,
		Text: text, Hint: hints[kind], File: -1, Err: err,
	}
}

// classify finds the kind of an error and the user's words for it.
func classify(err error) (openbits.Kind, string) {
	switch {
	case errors.Is(err, errNotFolder):
		return openbits.KindFolderMissing, "what stands in the folder's place is not a folder"
	case errors.Is(err, errNotPlain), errors.Is(err, errLinked), errors.Is(err, errForeign), errors.Is(err, errSwapped):
		return openbits.KindUnsafePath, err.Error()
	}
	if kind, text := classifySystem(err); kind != "" {
		return kind, text
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return openbits.KindFileExists, "something stands under that name already"
	case errors.Is(err, fs.ErrNotExist):
		return openbits.KindFolderMissing, "the folder does not exist"
	case errors.Is(err, fs.ErrPermission):
		return openbits.KindWriteDenied, "access is denied"
	default:
		return openbits.KindLocalFile, "the disk answered: " + cause(err)
	}
}

// cause is the innermost text, without the paths and calls that package os adds.
func cause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

var hints = map[openbits.Kind]string{
	openbits.KindDiskFull:      "Free space on that volume; the transfer then goes on by itself.",
	openbits.KindFolderMissing: "Bring the folder or its volume back; the transfer then goes on by itself.",
	openbits.KindFileTooLarge:  "Choose a folder on a volume that takes larger files, or raise the limit on file sizes (ulimit -f).",
	openbits.KindFileExists:    "Move the file away, choose another name, or use --overwrite.",
	openbits.KindWriteDenied:   "Choose a folder that you may write to, or change its rights.",
	openbits.KindInvalidName:   "Choose another name for the file.",
	openbits.KindUnsafePath:    "Remove what stands under that name, or choose another folder.",
	openbits.KindLocalFile:     "Look for the disk in the system's log, then resume the job.",
}

// folderError is the error of opening the folder of path, or path itself.
func folderError(op, path string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return &openbits.Error{
			Op: op, Object: path, Kind: openbits.KindWriteDenied, Context: openbits.ContextLocalFile,
			Text: "the folder cannot be entered", Hint: hints[openbits.KindWriteDenied], File: -1, Err: err,
		}
	}
	return fail(op, path, err)
}

// otherFolder: the path leads to another folder than the one that was recorded.
func otherFolder(op string, p openbits.Place) error {
	return &openbits.Error{
		Op: op, Object: p.Path(), Kind: openbits.KindFolderMissing, Context: openbits.ContextLocalFile,
		Text: "another volume is mounted in the folder's place, or the folder was made anew",
		Hint: "Mount the volume again, or cancel the job and start it anew for the folder that is there now.", File: -1,
	}
}

// makeFolder is the hint for a folder that is missing.
func makeFolder(path string) string {
	if runtime.GOOS == "windows" {
		return fmt.Sprintf(`Make it first: mkdir "%s".`, path)
	}
	return fmt.Sprintf("Make it first: mkdir -p '%s'.", strings.ReplaceAll(path, "'", `'\''`))
}
