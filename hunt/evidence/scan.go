// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/openbits/openbits"
)

// What one element of a list may be. A job with ten thousand versions stays far below; a file made to exhaust the memory does not.
const (
	maxElement = 64 << 20 // bytes of JSON
	maxDepth   = 64
	perElement = 16 // bytes of JSON for each member of an array within, at least, on average
)

// errCut is the end of the file in the middle of a value.
var errCut = errors.New("the file ends in the middle of it")

// scanner walks JSON without holding more than one value. The syntax within values is checked when they are decoded.
type scanner struct {
	r   *bufio.Reader
	at  int64 // offset in the file of the next byte
	buf []byte
}

func newScanner(r io.ReaderAt, from, size int64) *scanner {
	return &scanner{r: bufio.NewReaderSize(io.NewSectionReader(r, from, size-from), 1<<15), at: from}
}

func (s *scanner) fault(format string, args ...any) error {
	return &openbits.Error{
		Op: "read", Object: "the saved report", Kind: openbits.KindLocalFile, Context: openbits.ContextLocalFile, File: -1,
		Text: fmt.Sprintf("offset %d: ", s.at) + fmt.Sprintf(format, args...),
		Hint: `It must be as "bits hunt --format json" wrote it. Hunt through the evidence itself again.`,
	}
}

// byte is the next byte, whatever it is.
func (s *scanner) byte() (byte, error) {
	b, err := s.r.ReadByte()
	if errors.Is(err, io.EOF) {
		return 0, errCut
	}
	s.at++
	return b, err
}

// next is the next byte that is no blank. It is not consumed.
func (s *scanner) next() (byte, error) {
	for {
		b, err := s.byte()
		if err != nil {
			return 0, err
		}
		if b != ' ' && b != '\n' && b != '\r' && b != '\t' {
			s.at--
			return b, s.r.UnreadByte()
		}
	}
}

// expect consumes one of the bytes of want.
func (s *scanner) expect(want string) (byte, error) {
	b, err := s.next()
	if err != nil {
		return 0, err
	}
	for i := range len(want) {
		if b == want[i] {
			_, err = s.byte()
			return b, err
		}
	}
	return 0, s.fault("found %q where one of %q belongs", b, want)
}

// value consumes one value. Its bytes are kept when keep is set, until the next call.
func (s *scanner) value(keep bool) ([]byte, error) {
	first, err := s.next()
	if err != nil {
		return nil, err
	}
	if s.buf = s.buf[:0]; first != '{' && first != '[' && first != '"' {
		return s.buf, s.literal()
	}
	var open []byte // the brackets that are open
	var quoted, escaped bool
	members, length := 0, 0
	for {
		b, err := s.byte()
		if err != nil {
			return nil, err
		}
		if length++; keep {
			if length > maxElement {
				return nil, s.fault("an element is longer than %d bytes", maxElement)
			}
			s.buf = append(s.buf, b)
		}
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = b == '\\', b != '"'
		case b == '"':
			quoted = true
		case b == '{', b == '[':
			if open = append(open, b); len(open) > maxDepth {
				return nil, s.fault("brackets are nested deeper than %d", maxDepth)
			}
		case b == '}', b == ']':
			if len(open) == 0 || open[len(open)-1] != b-2 {
				return nil, s.fault("%q closes nothing", b)
			}
			open = open[:len(open)-1]
		case b == ',' && len(open) > 0 && open[len(open)-1] == '[':
			if members++; members > 64+length/perElement {
				return nil, s.fault("a list has too many empty members")
			}
		}
		if len(open) == 0 && !quoted {
			return s.buf, nil
		}
	}
}

// literal consumes a number, true, false or null.
func (s *scanner) literal() error {
	for {
		b, err := s.byte()
		if err != nil {
			return err
		}
		switch b {
		case ',', '}', ']', ' ', '\n', '\r', '\t', ':':
			s.at--
			if len(s.buf) == 0 {
				return s.fault("found %q where a value belongs", b)
			}
			return s.r.UnreadByte()
		}
		if s.buf = append(s.buf, b); len(s.buf) > 64 {
			return s.fault("a number is longer than 64 digits")
		}
	}
}

// decode reads one value into v.
func (s *scanner) decode(v any) error {
	at := s.at
	data, err := s.value(true)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return s.fault("the value that begins at %d: %s", at, err)
	}
	return nil
}

// object consumes an object; each consumes the value of a key.
func (s *scanner) object(each func(key string) error) error {
	if _, err := s.expect("{"); err != nil {
		return err
	}
	for n := 0; ; n++ {
		b, err := s.expect(map[bool]string{true: `"}`, false: ",}"}[n == 0])
		if err != nil || b == '}' {
			return err
		}
		if b == '"' {
			s.at--
			if err := s.r.UnreadByte(); err != nil {
				return err
			}
		}
		var key string
		if err := s.decode(&key); err != nil {
			return err
		}
		if _, err := s.expect(":"); err != nil {
			return err
		}
		if err := each(key); err != nil {
			return err
		}
	}
}

// array consumes an array; each consumes one member.
func (s *scanner) array(each func() error) error {
	if _, err := s.expect("["); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := s.member(first)
		if err != nil || !more {
			return err
		}
		if err := each(); err != nil {
			return err
		}
	}
}

// member reports whether another member of an array follows, and consumes what stands before it.
func (s *scanner) member(first bool) (bool, error) {
	b, err := s.next()
	switch {
	case err != nil:
		return false, err
	case b == ']':
		_, err = s.byte()
		return false, err
	case first:
		return true, nil
	}
	_, err = s.expect(",")
	return err == nil, err
}
