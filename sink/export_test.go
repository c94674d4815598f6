// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

// OnStep calls f before each step of a publication, with the name of what it is about.
func (s *Sink) OnStep(f func(step, name string)) { s.step = f }

// OpenFolders is the number of folders that are held open.
func (s *Sink) OpenFolders() int {
	s.folders.mu.Lock()
	defer s.folders.mu.Unlock()
	return len(s.folders.open)
}
