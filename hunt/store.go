// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package hunt

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/hunt/evidence"
)

// store keeps hosts: a few as they are, then encoded, in memory up to a bound, then in a temporary file.
type store struct {
	limit int64 // bytes in memory

	mu   sync.Mutex
	few  int
	used int64
	file *os.File
	path string // of a file whose name could not be removed while it is open
	end  int64
}

// asTheyAre is how many hosts are not encoded: most hunts are through a single one.
const asTheyAre = 2

// cannotKeep is the error of a host that the store does not take, or give back.
func cannotKeep(what string, err error) error {
	return &openbits.Error{
		Op: "keep", Object: what, Kind: openbits.KindLocalFile, Context: openbits.ContextLocalFile, File: -1, Err: err,
		Hint: "Reports of many hosts are kept in the folder for temporary files until they are written: it must have room for them (TMPDIR names another).",
	}
}

// handle is where a host is kept.
type handle struct {
	host *evidence.Host
	mem  []byte
	off  int64
	size int64
}

func (s *store) put(h *evidence.Host) (handle, error) {
	if s.takes() {
		return handle{host: h}, nil
	}
	b, err := json.Marshal(h)
	if err != nil {
		return handle{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used+int64(len(b)) <= s.limit {
		s.used += int64(len(b))
		return handle{mem: b}, nil
	}
	if err := s.open(); err != nil {
		return handle{}, err
	}
	at := handle{off: s.end, size: int64(len(b))}
	if _, err := s.file.WriteAt(b, s.end); err != nil {
		return handle{}, err
	}
	s.end += at.size
	return at, nil
}

// takes tells whether one more host is kept as it is.
func (s *store) takes() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.few++
	return s.few <= asTheyAre
}

func (s *store) open() error {
	if s.file != nil {
		return nil
	}
	f, err := os.CreateTemp("", "bits-hunt-*")
	if err != nil {
		return err
	}
	s.file = f
	if os.Remove(f.Name()) != nil { // Windows keeps the name of an open file
		s.path = f.Name()
	}
	return nil
}

func (s *store) get(at handle) (*evidence.Host, error) {
	if at.host != nil {
		h := *at.host
		return &h, nil
	}
	b := at.mem
	if b == nil {
		b = make([]byte, at.size)
		if _, err := s.file.ReadAt(b, at.off); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	h := &evidence.Host{}
	return h, json.Unmarshal(b, h)
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.path != "" {
		err = errors.Join(err, os.Remove(s.path))
	}
	s.file = nil
	return err
}
