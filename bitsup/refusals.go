// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"errors"
	"io/fs"
	"net/http"
)

// noRoom is for a full disk and a used-up quota: a transient error, as both may get room again.
func noRoom(why string) *refusal { return refuse(http.StatusInternalServerError, codeDiskFull, why) }

// diskRefusal says in the protocol's words what went wrong on the disk, and in the log what the client need not know.
func (s *Server) diskRefusal(doing string, err error) *refusal {
	switch {
	case errors.Is(err, errIsFolder):
		return invalid(err.Error())
	case errors.Is(err, errExists), errors.Is(err, errNotFile), errors.Is(err, errLink):
		return refuse(http.StatusForbidden, codeDenied, err.Error())
	case errors.Is(err, errFolder):
		return refuse(http.StatusNotFound, codeNoFolder, err.Error())
	case errors.Is(err, errVanished), errors.Is(err, errShort):
		return noSession()
	}
	s.options.Log.Error("the disk failed", "doing", doing, "error", err)
	switch {
	case full(err):
		return noRoom("the disk is full")
	case tooLarge(err):
		return refuse(http.StatusInternalServerError, codeTooLarge, "the file system takes no file of that size")
	case errors.Is(err, fs.ErrPermission), escapes(err):
		return refuse(http.StatusForbidden, codeDenied, "the folder cannot be written")
	}
	return refuse(http.StatusInternalServerError, codeWriteFault, "the disk failed")
}

// escapes reports whether a link leads out of the folder. Package os has no value to compare with, only this text
// (os.Root, "path escapes from parent").
func escapes(err error) bool {
	return err != nil && plain(err).Error() == "path escapes from parent"
}
