// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"os"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/openbits/openbits/internal/testlab"
)

// receivers are the servers that take uploads in the scripts that run, by working folder.
var receivers sync.Map

// receiver starts one. It also writes big.bin, a file worth sending.
func receiver(ts *testscript.TestScript, _ bool, args []string) {
	var options testlab.ReceiverOptions
	for _, arg := range args {
		switch arg {
		case "nobits":
			options.NoBITS = true
		case "noput":
			options.NoPUT = true
		case "reply":
			options.Reply = func(_ string, content []byte) []byte { return content }
		default:
			ts.Fatalf("a receiver cannot be %q", arg)
		}
	}
	s, err := testlab.StartReceiver(options)
	ts.Check(err)
	ts.Defer(s.Close)
	receivers.Store(ts.Getenv("WORK"), s)
	ts.Setenv("SERVER", s.URL)
	ts.Check(testlab.Content{Seed: 9, Size: 3_000_000}.WriteFile(ts.MkAbs("big.bin")))
}

// received checks that what stands under a path of the server is a file's content, and arrived once.
func received(ts *testscript.TestScript, _ bool, args []string) {
	s, ok := receivers.Load(ts.Getenv("WORK"))
	if !ok {
		ts.Fatalf("there is no receiver yet")
	}
	want, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	if got, times := s.(*testlab.Receiver).Object(args[0]); times != 1 || !bytes.Equal(got, want) {
		ts.Fatalf("%s arrived %d times and has %d bytes, want once and %d", args[0], times, len(got), len(want))
	}
}
