// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package term

import (
	"bytes"
	"io"
)

// Key is a key that programs of this package's kind act on.
type Key string

// The keys. Letters are themselves, in lower case.
const (
	KeyUp        Key = "up"
	KeyDown      Key = "down"
	KeyPageUp    Key = "page up"
	KeyPageDown  Key = "page down"
	KeyHome      Key = "home"
	KeyInterrupt Key = "interrupt" // Ctrl-C: a terminal that passes single keys on sends no signal
	KeyRedraw    Key = "redraw"    // Ctrl-L
)

// sequences are what terminals send for keys (xterm, VT220, with and without application mode).
var sequences = []struct {
	text string
	key  Key
}{
	{"\x1b[A", KeyUp},
	{"\x1bOA", KeyUp},
	{"\x1b[B", KeyDown},
	{"\x1bOB", KeyDown},
	{"\x1b[5~", KeyPageUp},
	{"\x1b[6~", KeyPageDown},
	{"\x1b[H", KeyHome},
	{"\x1bOH", KeyHome},
	{"\x1b[1~", KeyHome},
	{"\x03", KeyInterrupt},
	{"\x0c", KeyRedraw},
}

// readKeys reads until in ends. A reader that waits cannot be called off: the channel is simply left.
func readKeys(in io.Reader) <-chan Key {
	keys := make(chan Key, 16)
	go func() {
		defer close(keys)
		buf := make([]byte, 256)
		for {
			n, err := in.Read(buf)
			for _, k := range parseKeys(buf[:n]) {
				keys <- k
			}
			if err != nil {
				return
			}
		}
	}()
	return keys
}

// parseKeys reads what one press, or several, sent. What is not known is left out.
func parseKeys(data []byte) (keys []Key) {
next:
	for len(data) > 0 {
		for _, s := range sequences {
			if rest, ok := bytes.CutPrefix(data, []byte(s.text)); ok {
				keys, data = append(keys, s.key), rest
				continue next
			}
		}
		if data[0] == 0x1b { // an unknown sequence: its end cannot be told from keys
			return keys
		}
		if c := bytes.ToLower(data[:1])[0]; c >= ' ' && c < 0x7f {
			keys = append(keys, Key(c))
		}
		data = data[1:]
	}
	return keys
}
