// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// maxHive bounds a hive, in bytes: SYSTEM has some ten MB.
const maxHive = 512 << 20

var errHive = errors.New("the hive is damaged")

// hive is a file of the registry ("regf"). Its cells lie behind a header of 4,096 bytes, and refer to each other by
// their offset from there; the layout is that of the published regf specification of M. Suhanov.
type hive struct {
	r     io.ReaderAt
	size  int64
	reads int // cells that may still be read: a hostile hive leads nowhere for long
}

const (
	hiveBase = 4096
	maxCells = 20_000
	maxCell  = 1 << 20
)

// computerName is the value ComputerName of the control set in use.
func computerName(r io.ReaderAt, size int64) (string, error) {
	h := &hive{r: r, size: size, reads: maxCells}
	head := make([]byte, 64)
	if _, err := r.ReadAt(head, 0); err != nil || string(head[:4]) != "regf" {
		return "", errHive
	}
	root := binary.LittleEndian.Uint32(head[36:])
	set := "ControlSet001"
	if key, err := h.path(root, "Select"); err == nil {
		if b, err := h.value(key, "Current"); err == nil && len(b) >= 4 {
			set = fmt.Sprintf("ControlSet%03d", binary.LittleEndian.Uint32(b)%1000)
		}
	}
	key, err := h.path(root, set, "Control", "ComputerName", "ComputerName")
	if err != nil {
		return "", err
	}
	b, err := h.value(key, "ComputerName")
	if err != nil {
		return "", err
	}
	name := text16(b)
	if name == "" || len(name) > 255 || strings.ContainsAny(name, "/\\\x00") {
		return "", errHive
	}
	return name, nil
}

func text16(b []byte) string {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		if u := binary.LittleEndian.Uint16(b[i:]); u != 0 {
			units = append(units, u)
		} else {
			break
		}
	}
	return string(utf16.Decode(units))
}

// cell reads the cell at an offset: a negative size, then its content.
func (h *hive) cell(off uint32) ([]byte, error) {
	if h.reads--; h.reads < 0 {
		return nil, errors.New("the hive has more in it than is looked at")
	}
	at := hiveBase + int64(off)
	var head [4]byte
	if at+4 > h.size {
		return nil, errHive
	}
	if _, err := h.r.ReadAt(head[:], at); err != nil {
		return nil, errHive
	}
	n := -int64(int32(binary.LittleEndian.Uint32(head[:])))
	if n < 8 || n > maxCell || at+n > h.size {
		return nil, errHive
	}
	b := make([]byte, n-4)
	if _, err := h.r.ReadAt(b, at+4); err != nil && !errors.Is(err, io.EOF) {
		return nil, errHive
	}
	return b, nil
}

// path walks down from a key.
func (h *hive) path(key uint32, names ...string) (uint32, error) {
	for _, n := range names {
		next, err := h.child(key, n)
		if err != nil {
			return 0, err
		}
		key = next
	}
	return key, nil
}

func (h *hive) child(key uint32, name string) (uint32, error) {
	b, err := h.node(key)
	if err != nil {
		return 0, err
	}
	return h.search(binary.LittleEndian.Uint32(b[28:]), name, 0)
}

// node reads a key.
func (h *hive) node(key uint32) ([]byte, error) {
	b, err := h.cell(key)
	if err != nil {
		return nil, err
	}
	if len(b) < 76 || string(b[:2]) != "nk" {
		return nil, errHive
	}
	return b, nil
}

// search looks through a list of subkeys, which may be one of lists.
func (h *hive) search(list uint32, name string, depth int) (uint32, error) {
	b, err := h.cell(list)
	if err != nil {
		return 0, err
	}
	if len(b) < 4 || depth > 4 {
		return 0, errHive
	}
	step := 4
	if kind := string(b[:2]); kind == "lf" || kind == "lh" {
		step = 8
	}
	count := int(binary.LittleEndian.Uint16(b[2:]))
	for i := range count {
		if 4+i*step+4 > len(b) {
			break
		}
		off := binary.LittleEndian.Uint32(b[4+i*step:])
		if string(b[:2]) == "ri" {
			if found, err := h.search(off, name, depth+1); err == nil {
				return found, nil
			}
			continue
		}
		if k, err := h.node(off); err == nil && strings.EqualFold(nameOf(k, 72, 76, k[2]&0x20 != 0), name) {
			return off, nil
		}
	}
	return 0, fmt.Errorf("there is no key %s", name)
}

// nameOf reads the name of a key or value: its length at one place, its text, of bytes or of 16-bit units, at another.
func nameOf(b []byte, length, at int, bytes bool) string {
	n := int(binary.LittleEndian.Uint16(b[length:]))
	if at+n > len(b) {
		return ""
	}
	if bytes {
		return string(b[at : at+n])
	}
	return text16(b[at : at+n])
}

// value reads a value's data.
func (h *hive) value(key uint32, name string) ([]byte, error) {
	k, err := h.node(key)
	if err != nil {
		return nil, err
	}
	list, err := h.cell(binary.LittleEndian.Uint32(k[40:]))
	if err != nil {
		return nil, err
	}
	for i := range min(int(binary.LittleEndian.Uint32(k[36:])), len(list)/4) {
		v, err := h.cell(binary.LittleEndian.Uint32(list[4*i:]))
		if err != nil || len(v) < 20 || string(v[:2]) != "vk" || !strings.EqualFold(nameOf(v, 2, 20, v[16]&1 != 0), name) {
			continue
		}
		size := binary.LittleEndian.Uint32(v[4:])
		if size&0x80000000 != 0 { // small data lies in the place of its offset
			return v[8 : 8+min(size&0xff, 4)], nil
		}
		data, err := h.cell(binary.LittleEndian.Uint32(v[8:]))
		return data[:min(int64(len(data)), int64(size))], err
	}
	return nil, fmt.Errorf("there is no value %s", name)
}
