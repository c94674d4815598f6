// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"sync"
	"time"

	"github.com/openbits/openbits"
)

// motion is one file being moved: the part that its mover writes to, or the source it is sent from, and what is known of it.
type motion struct {
	r      *run
	ctx    context.Context
	cancel context.CancelCauseFunc
	ended  chan struct{} // closed when the file is not in motion any more
	handed bool          // it is whole and with the finisher

	file openbits.File // as it was when the motion began
	row  openbits.File // as it was committed last; guarded by e.mu

	syncing sync.Mutex
	sealed  bool  // the finisher has it: nobody else syncs it
	closed  bool  // the part file is given back
	lost    error // of the first sync that failed

	mu       sync.Mutex
	pf       PartFile      // nil before it is opened, and once it is given back
	head     openbits.Head // Offset is what the part holds, or what the server of an upload has
	hash     hash.Hash     // over what is held; nil when the content is not hashed
	epoch    int           // counts the times it began from 0
	saved    int64         // bytes that the last checkpoint covers
	got      int64         // bytes received in this attempt
	resumed  bool          // it holds bytes of more than one attempt
	began    bool
	complete bool
	settled  bool             // what became of it is recorded
	actual   string           // digest of the whole content
	carrier  openbits.Carrier // of the connection that brings it; nil: none does, or it cannot tell
	up       *sending         // of an upload, once its source is open
}

// Reasons for which files in motion are stopped.
var (
	errHalted    = errors.New("the file was halted")
	errRestarted = errors.New("the file's connection is taken for dead")
	errInMotion  = errors.New("the file is in motion")
)

// reserveFrom is the size from which room is set aside and identity is made durable
// before the first byte: smaller files are cheaper to fetch again.
const reserveFrom = 1 << 20

// Held implements openbits.Part.
func (m *motion) Held() openbits.Head {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head
}

// Begin implements openbits.Part.
func (m *motion) Begin(h openbits.Head) error {
	e := m.r.e
	m.r.connect()
	m.mu.Lock()
	held, again := m.head.Offset, m.epoch > 0
	m.mu.Unlock()
	if h.Offset != 0 && h.Offset != held {
		return &openbits.Error{
			Op: "write", Object: m.file.Place.Path(), Kind: openbits.KindInternal, Context: openbits.ContextUnknown, File: m.file.Index,
			Text: "the mover goes on where nothing ends",
		}
	}
	restart := h.Offset == 0 && (held > 0 || again || m.file.Checkpoint != nil)
	if h.Offset == 0 {
		if err := m.reset(); err != nil {
			return err
		}
	}
	m.mu.Lock()
	if h.Offset > 0 { // what the server does not repeat still holds
		if h.Validator.Zero() {
			h.Validator = m.head.Validator
		}
		if h.Total == openbits.Unknown {
			h.Total = m.head.Total
		}
		m.resumed = true
	}
	m.head, m.began = h, true
	m.mu.Unlock()
	if restart && held > 0 {
		e.restarts.Add(1)
	}
	if h.Total != openbits.Unknown && h.Total-h.Offset >= reserveFrom {
		if err := e.reserve(m.ctx, m, h.Total); err != nil {
			return err
		}
	}
	// The version must be known durably before its bytes are: after a crash the part's length is
	// believed together with the validator of the checkpoint.
	if restart || h.Offset == 0 && (h.Total == openbits.Unknown || h.Total >= reserveFrom) {
		return m.saveIdentity(restart && held > 0)
	}
	return nil
}

// reset drops whatever the part holds. The part is emptied before the checkpoint that says so:
// a crash in between leaves less than the old checkpoint claims, which is found out.
func (m *motion) reset() error {
	if m.head.Offset > 0 { // read without the lock: only the mover's goroutine, this one, writes it
		if err := m.pf.Truncate(0); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.head = openbits.Head{Total: openbits.Unknown}
	m.hash = newHash(m.file.Digest.Algorithm)
	m.saved, m.resumed = 0, false
	m.epoch++
	return nil
}

// Write implements openbits.Part. The lock is not held over the disk: a slow one must not hold up those who look.
func (m *motion) Write(p []byte) (int, error) {
	if err := m.r.throttle(m.ctx, len(p)); err != nil {
		return 0, err
	}
	n, err := m.pf.WriteAt(p, m.head.Offset) // read without the lock, as in reset
	m.mu.Lock()
	defer m.mu.Unlock()
	if n > 0 {
		if m.hash != nil {
			m.hash.Write(p[:n])
		}
		m.head.Offset += int64(n)
		m.got += int64(n)
		m.r.e.received.Add(int64(n))
		m.r.meter.add(n)
		if m.head.Offset-m.saved >= m.r.e.CheckpointBytes {
			select {
			case m.r.full <- struct{}{}:
			default:
			}
		}
	}
	return n, err
}

// End implements openbits.Part.
func (m *motion) End() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.head.Total != openbits.Unknown && m.head.Offset != m.head.Total {
		return &openbits.Error{
			Op: "fetch", Object: openbits.RedactURL(m.file.URL), Kind: openbits.KindConnectionClosed, Context: openbits.ContextTransport,
			File: m.file.Index, Text: "the server says the file is whole and it is not",
		}
	}
	m.head.Total = m.head.Offset
	m.complete = true
	if m.hash == nil {
		return nil
	}
	m.actual = hex.EncodeToString(m.hash.Sum(nil))
	if want := m.file.Digest.Expected; want != "" && want != m.actual {
		return &openbits.Error{
			Op: "accept", Object: openbits.RedactURL(m.file.URL), Kind: openbits.KindDigestMismatch, Context: openbits.ContextRemoteFile,
			File: m.file.Index, Text: "its " + m.file.Digest.Algorithm + " is " + m.actual + ", expected " + want,
			Hint: "The content is kept aside and not published. Check the digest you were given, or the server; resuming the job fetches the file anew.",
		}
	}
	return nil
}

// open opens the part file and finds out how much of it is true.
func (m *motion) open() error {
	pf, err := m.r.e.Sink.Open(m.ctx, m.file.Place)
	if err != nil {
		return err
	}
	pf.SetBackground(m.r.priority().Background())
	held, err := m.cut(pf)
	if err != nil {
		_ = pf.Close()
		return err
	}
	cp := m.file.Checkpoint
	head := openbits.Head{Total: openbits.Unknown}
	if held > 0 {
		head = openbits.Head{Offset: held, Total: cp.Total, Validator: cp.Validator, Modified: m.file.Modified}
	}
	hash, err := rehash(pf, m.file.Digest.Algorithm, cp, held)
	if err != nil {
		_ = pf.Close()
		return err
	}
	m.mu.Lock()
	m.pf, m.head, m.hash = pf, head, hash
	m.saved, m.resumed = min(held, cp.Held()), held > 0
	m.mu.Unlock()
	m.r.e.mu.Lock()
	defer m.r.e.mu.Unlock()
	m.tellPart() // again: the priority may have changed before anybody saw that the file is open
	return nil
}

// tellPart tells the part file whether its job is in the background. The caller holds e.mu, so that the last word is the latest.
func (m *motion) tellPart() {
	m.mu.Lock()
	pf := m.pf
	m.mu.Unlock()
	if pf != nil {
		pf.SetBackground(m.r.job.Priority.Background())
	}
}

// cut shortens a part file to what is true of it, and answers how much that is.
func (m *motion) cut(pf PartFile) (held int64, err error) {
	size, err := pf.Size()
	if err != nil {
		return 0, err
	}
	held = truth(m.file.Checkpoint, size, m.r.e.Machine.Boot())
	if size > held {
		err = pf.Truncate(held)
	}
	return held, err
}

// truth is how much of a part file of some size is known to be what was received.
// In the boot of the checkpoint the page cache lived on and everything written is there;
// after another boot only what was synced before the checkpoint is.
func truth(cp *openbits.Checkpoint, size int64, boot string) int64 {
	switch {
	case cp == nil || size < cp.Held():
		return 0
	case cp.Total != openbits.Unknown && size > cp.Total:
		return 0
	case cp.Boot == boot:
		return size
	default:
		return cp.Held()
	}
}

// rehash restores the hash at the checkpoint and brings it to the end of what is held.
func rehash(pf PartFile, algorithm string, cp *openbits.Checkpoint, held int64) (hash.Hash, error) {
	h := newHash(algorithm)
	if h == nil || held == 0 {
		return h, nil
	}
	from := cp.Held()
	state, ok := h.(encoding.BinaryUnmarshaler)
	if !ok || cp.Hash == nil || state.UnmarshalBinary(cp.Hash) != nil {
		h, from = newHash(algorithm), 0
	}
	_, err := io.Copy(h, io.NewSectionReader(pf, from, held-from))
	return h, err
}

func newHash(algorithm string) hash.Hash {
	switch algorithm {
	case "sha256":
		return sha256.New()
	case "sha512":
		return sha512.New()
	default:
		return nil
	}
}

// snapshot is what a checkpoint of the file would say now.
func (m *motion) snapshot() snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := snapshot{m: m, pf: m.pf, epoch: m.epoch, saved: m.saved, modified: m.head.Modified, actual: m.actual, checkpoint: openbits.Checkpoint{
		Boot: m.r.e.Machine.Boot(), Validator: m.head.Validator, Total: m.head.Total,
	}}
	if m.head.Offset > 0 {
		s.checkpoint.Segments = []openbits.Segment{{Start: 0, End: m.head.Offset}}
	}
	if state, ok := m.hash.(encoding.BinaryMarshaler); ok && m.head.Offset > 0 {
		s.checkpoint.Hash, _ = state.MarshalBinary() // the standard library's hashes never fail here
	}
	return s
}

// snapshot is a checkpoint in the making.
type snapshot struct {
	m          *motion
	pf         PartFile
	epoch      int
	saved      int64
	modified   time.Time
	actual     string
	checkpoint openbits.Checkpoint
}

// row is the file's row with the checkpoint in it. The caller holds e.mu.
func (s *snapshot) row(state openbits.FileState) openbits.File {
	f := s.m.row
	f.State = state
	f.BytesDone = s.checkpoint.Held()
	f.BytesTotal = s.checkpoint.Total
	f.Validator = s.checkpoint.Validator
	f.Modified = s.modified
	f.Checkpoint, f.NextTry = &s.checkpoint, zeroTime
	f.Digest.Actual = s.actual
	return f
}
