// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"

	"github.com/openbits/openbits"
)

// lost notes in the row of a file that the server lost its session. Each session brings bytes, which looks like progress: a server
// that loses one after another would be sent the file for ever. So those that brought it no further than one before are
// counted, less those that did, and openbits.MaxLostSessions are enough.
func (s *sending) lost(f *openbits.File) error {
	s.m.mu.Lock()
	peak := s.peak
	s.peak = 0
	s.m.mu.Unlock()
	up := f.Upload
	if peak > up.Most {
		up.Most, up.Lost = peak, max(up.Lost-1, 0)
		return nil
	}
	if up.Lost++; up.Lost < openbits.MaxLostSessions {
		return nil
	}
	return &openbits.Error{
		Op: "send", Object: f.Path(), Kind: openbits.KindNoProgress, Context: openbits.ContextRemoteFile, File: f.Index,
		Text: fmt.Sprintf("%s lost one upload of it after another and never had more than %d of its %d bytes", hostOf(f.URL), up.Most, s.state.Size),
		Hint: "Several servers without a common store may stand behind this name, or one that is cleared up too early. Resume the job when that is mended.",
	}
}
