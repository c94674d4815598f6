// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/evtx"
)

func (a *app) evtx() *cobra.Command {
	c := &cobra.Command{
		Use:   "evtx",
		Short: "read Windows event logs",
		Long: `evtx reads the event logs of Windows (.evtx files), such as Microsoft-Windows-Bits-Client%4Operational.evtx, and says what is left
of damaged ones. It needs no service and no Windows, and never writes to a log. A file that is no log, such as a memory image, is
searched for pieces of logs.`,
		Args: cobra.ArbitraryArgs,
		RunE: unknownCommand,
	}
	c.AddCommand(a.evtxLs(), a.evtxDump(), a.evtxCheck())
	return c
}

// openLog opens a log, or a file to search for pieces of logs.
func (a *app) openLog(path string) (log *evtx.Log, carved bool, closer func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false, nil, logError(path, err)
	}
	closer = func() { _ = f.Close() }
	info, err := f.Stat()
	switch {
	case err != nil:
		closer()
		return nil, false, nil, logError(path, err)
	case info.IsDir():
		closer()
		return nil, false, nil, usage(path, "it is a folder", "Name one file; on Windows the logs are in C:\\Windows\\System32\\winevt\\Logs.")
	case !info.Mode().IsRegular():
		closer()
		return nil, false, nil, usage(path, "it is not a plain file", "Copy what is in it to a file first.")
	}
	log, err = evtx.Open(f, info.Size())
	if errors.Is(err, evtx.ErrNotLog) {
		return evtx.Carve(f, info.Size()), true, closer, nil
	}
	if err != nil {
		closer()
		return nil, false, nil, logError(path, err)
	}
	return log, false, closer, nil
}

// logError is the error of reading a log.
func logError(path string, err error) error {
	e := &openbits.Error{
		Op: "read", Object: path, Kind: openbits.KindLocalFile, Context: openbits.ContextLocalFile, File: -1, Err: err,
		Text: "the disk answered with an error", Hint: "Copy the file to another disk and read the copy.",
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Text, e.Hint = "there is no such file", "Look at the name; in a shell, put one with spaces or % in quotes."
	case errors.Is(err, fs.ErrPermission):
		e.Text, e.Hint = "access is denied", "Read it as an account that may, or copy it as one."
	}
	return e
}

// noLog is the error of a file in which nothing of a log was found.
func noLog(path string) error {
	return &openbits.Error{
		Op: "read", Object: path, Kind: openbits.KindLocalFile, Context: openbits.ContextLocalFile, File: -1,
		Text: "it is no event log, and no piece of one is in it",
		Hint: `Event logs of Windows Vista and later begin with "ElfFile"; logs of Windows XP (.evt) are another format.`,
	}
}
