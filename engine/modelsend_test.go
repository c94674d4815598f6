// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pgregory.net/rapid"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

// newLetter draws a file to send. What is refused fails.
func (m *modelState) newLetter(rt *rapid.T, kind openbits.JobType) (openbits.NewFile, *modelFile) {
	m.names++
	f := &modelFile{name: fmt.Sprintf("f%d", m.names), fate: openbits.FileTransferred, state: openbits.FileQueued}
	path := "/in/"
	switch rapid.IntRange(0, 5).Draw(rt, "way") {
	case 0:
		path, f.fate = refused, openbits.FileError
	case 1, 2:
		path = troubled
	}
	n := m.write(f.name, path+f.name, testlab.Content{Seed: uint64(m.names), Size: drawSize(rt)}, kind)
	if kind == openbits.TypeUpload {
		n.Upload.Protocol = rapid.SampledFrom([]openbits.Protocol{openbits.ProtocolAuto, openbits.ProtocolBITS, openbits.ProtocolPUT}).Draw(rt, "protocol")
	}
	n.Upload.Growing = rapid.IntRange(0, 3).Draw(rt, "growing") == 0
	return n, f
}

// otherAddress is another URL for what is sent, mostly with another path.
func (m *modelState) otherAddress(rt *rapid.T, row openbits.File) string {
	path := pathOf(row.URL)
	if m.post.URL+path == row.URL && !strings.HasPrefix(path, refused) && rapid.IntRange(0, 3).Draw(rt, "same path") == 0 {
		return row.URL + "?sig=new"
	}
	to := fmt.Sprintf("/in/other-%d", m.names)
	m.letters[to] = m.letters[path]
	return m.post.URL + to
}

// ChangeSource changes or removes a file whose sending is over: nobody is to look at it any more.
func (m *modelState) ChangeSource(rt *rapid.T) {
	j, i := m.pickFile(rt, func(j *modelJob, f *modelFile) bool { return j.kind.Uploads() && f.state.Done() })
	path := filepath.Join(m.sources, j.files[i].name)
	var err error
	if rapid.Bool().Draw(rt, "remove") {
		err = os.Remove(path)
	} else {
		err = appendTo(path, "more")
	}
	if err != nil && !os.IsNotExist(err) {
		rt.Fatalf("%v", err)
	}
}
