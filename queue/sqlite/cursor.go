// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"encoding/base64"
	"encoding/binary"
)

// cursor is the place of a job in an order: what comes after it is the next page. It stays good
// when the job goes away or others come.
type cursor struct{ seq, turn int64 }

// The first byte of a cursor's bytes tells the order it belongs to.
const (
	cursorNewest = 'n'
	cursorTurn   = 't'
)

func (c cursor) text(byTurn bool) string {
	raw := []byte{cursorNewest}
	if byTurn {
		raw = binary.AppendVarint([]byte{cursorTurn}, c.turn)
	}
	return base64.RawURLEncoding.EncodeToString(binary.AppendVarint(raw, c.seq))
}

func parseCursor(text string, byTurn bool) (*cursor, error) {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil && len(raw) > 1 {
		raw = raw[1:]
		if byTurn {
			var n int
			c.turn, n = binary.Varint(raw)
			raw = raw[max(0, n):]
		}
		c.seq, _ = binary.Varint(raw)
	}
	// Whatever does not come out as it went in was not made by text.
	if c.text(byTurn) != text {
		return nil, invalid("the page", "the place to go on from is not one that a page of this listing named")
	}
	return &c, nil
}

// defaultPage is the length of a page whose limit is 0.
const defaultPage = 100

func pageSize(limit int) (int, error) {
	switch {
	case limit < 0:
		return 0, invalid("the page", "its limit is negative")
	case limit == 0:
		return defaultPage, nil
	}
	return min(limit, 1<<30), nil
}
