// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package testlab

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
)

// Content is a sequence of pseudo-random bytes that takes no memory: two contents agree
// exactly if seed and size do, and differ in nearly every byte if the seeds differ. It does
// not compress. It is an io.ReaderAt.
type Content struct {
	Seed uint64
	Size int64
}

// word is the i-th 8 bytes of the content (the finaliser of SplitMix64).
func (c Content) word(i uint64) uint64 {
	z := (c.Seed*0xd1342543de82ef95+1)*0x2545f4914f6cdd1d + i*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// ReadAt reads as io.ReaderAt does.
func (c Content) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= c.Size {
		return 0, io.EOF
	}
	var end error
	if rest := c.Size - off; int64(len(p)) >= rest {
		p, end = p[:rest], io.EOF
	}
	n := len(p)
	i := uint64(off) / 8
	if skip := int(off % 8); skip > 0 {
		var w [8]byte
		binary.LittleEndian.PutUint64(w[:], c.word(i))
		p = p[copy(p, w[skip:]):]
		i++
	}
	for ; len(p) >= 8; i, p = i+1, p[8:] {
		binary.LittleEndian.PutUint64(p, c.word(i))
	}
	if len(p) > 0 {
		var w [8]byte
		binary.LittleEndian.PutUint64(w[:], c.word(i))
		copy(p, w[:])
	}
	return n, end
}

// Reader reads the content from its start.
func (c Content) Reader() *io.SectionReader { return io.NewSectionReader(c, 0, c.Size) }

// SHA256 is the content's digest in lower-case hex.
func (c Content) SHA256() string {
	h := sha256.New()
	_, _ = io.Copy(h, c.Reader())
	return hex.EncodeToString(h.Sum(nil))
}

// Is reports whether b is the content.
func (c Content) Is(b []byte) bool { return c.Size == int64(len(b)) && c.begins(b) }

// begins reports whether b is the start of the content.
func (c Content) begins(b []byte) bool {
	block := make([]byte, 64<<10)
	for off := 0; off < len(b); {
		n, _ := c.ReadAt(block, int64(off))
		k := min(n, len(b)-off)
		if k == 0 || string(block[:k]) != string(b[off:off+k]) {
			return false
		}
		off += k
	}
	return true
}

// WriteFile writes the content to a file that everybody may read.
func (c Content) WriteFile(name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, err = io.Copy(w, c.Reader())
	if e := f.Chmod(0o644); err == nil { // whatever the umask
		err = e
	}
	if e := w.Flush(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
