// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/openbits/openbits"
)

// Folder checks that path is an absolute path of an existing folder in which this process may make files,
// and answers its true path, without symbolic links, with its identity.
//
// Kinds: invalid_argument (relative, not a folder, a circle of links), folder_missing, write_denied.
func (s *Sink) Folder(ctx context.Context, path string) (openbits.Folder, error) {
	const op = "use folder"
	if err := ctx.Err(); err != nil {
		return openbits.Folder{}, err
	}
	refuse := func(kind openbits.Kind, text, hint string, err error) (openbits.Folder, error) {
		return openbits.Folder{}, &openbits.Error{
			Op: op, Object: path, Kind: kind, Context: openbits.ContextLocalFile, Text: text, Hint: hint, File: -1, Err: err,
		}
	}
	switch {
	case strings.ContainsRune(path, 0):
		return refuse(openbits.KindInvalidArgument, "the path contains a NUL byte", "Name another folder.", nil)
	case !filepath.IsAbs(path):
		return refuse(openbits.KindInvalidArgument, "the path is not absolute", "Give the folder's full path.", nil)
	case runtime.GOOS == "windows" && strings.HasPrefix(filepath.ToSlash(path), "//./"):
		return refuse(openbits.KindInvalidArgument, "the path is that of a device", "Name a folder on a drive.", nil)
	}
	real, err := filepath.EvalSymlinks(path)
	var now os.FileInfo
	if err == nil {
		now, err = os.Lstat(real)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse(openbits.KindFolderMissing, "the folder does not exist", makeFolder(path), err)
	case errors.Is(err, fs.ErrPermission):
		return refuse(openbits.KindWriteDenied, "a folder on the way may not be entered", hints[openbits.KindWriteDenied], err)
	case err != nil:
		return refuse(openbits.KindInvalidArgument, "the path does not lead to a folder: "+cause(err), "Name another folder.", err)
	case !now.IsDir():
		return refuse(openbits.KindInvalidArgument, "it is not a folder", "Name the folder that is to hold the file.", nil)
	}
	d, err := s.folders.acquire(openbits.Folder{Path: real})
	if err != nil {
		return openbits.Folder{}, folderError(op, path, err)
	}
	defer s.folders.release(d)
	if err := d.writable(); err != nil {
		return openbits.Folder{}, fail(op, path, err)
	}
	return openbits.Folder{Path: real, ID: d.id.String(), Volume: d.volume.id}, nil
}
