// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/evtx"
	tt "github.com/openbits/openbits/internal/evtxtest"
)

// found is what is in a log: records by layer and state, as "live whole: 1-3 5".
func found(log *evtx.Log) (lines []string, errs []error) {
	ids := map[string][]uint64{}
	for _, events := range []func(func(*evtx.Event, error) bool){log.Events(), log.Recovered()} {
		for e, err := range events {
			if err != nil {
				errs = append(errs, err)
				continue
			}
			key := string(e.Place.Layer) + " " + string(e.State)
			ids[key] = append(ids[key], e.Record)
		}
	}
	for key, list := range ids {
		text := ""
		for i := 0; i < len(list); {
			k := i
			for k+1 < len(list) && list[k+1] == list[k]+1 {
				k++
			}
			if text += fmt.Sprintf(" %d", list[i]); k > i {
				text += fmt.Sprintf("-%d", list[k])
			}
			i = k + 1
		}
		lines = append(lines, key+":"+text)
	}
	slices.Sort(lines)
	return lines, errs
}

const chunk = 65536

// offsets are where the records of a chunk begin.
func offsets(c []byte) (at []int) {
	for i := 512; i < int(binary.LittleEndian.Uint32(c[48:])); i += int(binary.LittleEndian.Uint32(c[i+4:])) {
		at = append(at, i)
	}
	return at
}

// TestDamage: of logs of three chunks with ten records each (1 to 30), damaged in one way each, what is left is found and labelled.
func TestDamage(t *testing.T) {
	const first, second, third = 4096, 4096 + chunk, 4096 + 2*chunk
	le := binary.LittleEndian
	tests := []struct {
		name   string
		damage func(b []byte) []byte
		want   []string
		errs   []error
	}{
		{"none", func(b []byte) []byte { return b }, []string{"live whole: 1-30"}, nil},
		{"header wiped", func(b []byte) []byte { clear(b[:4096]); return b }, []string{"live whole: 1-30"}, nil},
		{"header cut off", func(b []byte) []byte { return b[4096:] }, []string{"live whole: 1-30"}, nil},
		{"block size flipped", func(b []byte) []byte { b[41] ^= 4; return b }, []string{"live whole: 1-30"}, nil},
		{"block size zero", func(b []byte) []byte { b[41] = 0; return b }, []string{"live whole: 1-30"}, nil},
		{"count too small", func(b []byte) []byte { b[42] = 1; tt.SealHeader(b); return b }, []string{"live whole: 1-10", "unlisted whole: 11-30"}, nil},
		{"count too small, but dirty", func(b []byte) []byte { b[42], b[120] = 1, 1; tt.SealHeader(b); return b }, []string{"live whole: 1-30"}, nil},
		{"count too large", func(b []byte) []byte { b[42] = 99; tt.SealHeader(b); return b }, []string{"live whole: 1-30"}, nil},
		{
			"cut in the third chunk's fifth record", func(b []byte) []byte { return b[:third+offsets(b[third:])[4]+60] },
			[]string{"live partial: 25", "live whole: 1-24"},
			[]error{evtx.ErrTruncated},
		},
		{"cut between chunks", func(b []byte) []byte { return b[:third] }, []string{"live whole: 1-20"}, nil},
		{
			"second chunk's header wiped", func(b []byte) []byte { clear(b[second : second+512]); return b },
			[]string{"live whole: 1-10 21-30", "slack whole: 11-20"},
			nil,
		},
		{
			"second chunk's signature flipped", func(b []byte) []byte { b[second] ^= 1; return b },
			[]string{"live whole: 1-10 21-30", "slack whole: 11-20"},
			nil,
		},
		{
			"bit of a text flipped", func(b []byte) []byte { b[second+offsets(b[second:])[9]-40] ^= 1; return b },
			[]string{"live whole: 1-30"},
			[]error{evtx.ErrChecksum},
		},
		{
			"second chunk's free offset zeroed", func(b []byte) []byte { clear(b[second+48 : second+52]); return b },
			[]string{"live whole: 1-30"},
			[]error{evtx.ErrChecksum},
		},
		{
			"record's size flipped", func(b []byte) []byte { b[second+offsets(b[second:])[2]+5] ^= 2; return b },
			[]string{"live partial: 13", "live whole: 1-12 14-30"},
			[]error{evtx.ErrChecksum},
		},
		{
			"record's head wiped", func(b []byte) []byte { i := second + offsets(b[second:])[2]; clear(b[i : i+24]); return b },
			[]string{"live whole: 1-12 14-30"},
			[]error{evtx.ErrChecksum, evtx.ErrDamaged},
		},
		{
			"records 13 to 15 zeroed", func(b []byte) []byte { at := offsets(b[second:]); clear(b[second+at[2] : second+at[5]]); return b },
			[]string{"live whole: 1-12 16-30"},
			[]error{evtx.ErrChecksum, evtx.ErrDamaged},
		},
		{"first record zeroed: its templates are lent by other chunks", func(b []byte) []byte {
			at := offsets(b[second:])
			clear(b[second+at[0] : second+at[1]])
			return b
		}, []string{"live borrowed: 12-20", "live whole: 1-10 21-30"}, []error{evtx.ErrChecksum, evtx.ErrDamaged}},
		{
			"chunk counts no record", func(b []byte) []byte { le.PutUint32(b[second+48:], 512); tt.SealChunk(b[second:]); return b },
			[]string{"live whole: 1-10 21-30", "slack whole: 11-20"},
			nil,
		},
		{"chunk does not count its last records", func(b []byte) []byte {
			le.PutUint32(b[second+48:], uint32(offsets(b[second:])[6]))
			tt.SealChunk(b[second:])
			return b
		}, []string{"live whole: 1-16 21-30", "unlisted whole: 17-20"}, nil},
		{"chunk overwritten from the middle by another", func(b []byte) []byte {
			copy(b[second+offsets(b[second:])[5]:], b[third:third+30000])
			return b
		}, []string{"carved whole: 21-30", "live whole: 1-15 21-30"}, []error{evtx.ErrTruncated}},
		{"first chunk begun anew", func(b []byte) []byte {
			old := bytes.Clone(b[first : first+chunk])
			c := tt.NewChunk(31)
			c.Record(tt.Start, tt.EventTemplate(), tt.Values(tt.Start, 31, 3, tt.Value{})...)
			copy(b[first:], c.Bytes()[:c.Len()])
			copy(b[first+c.Len():], old[c.Len():])
			return b
		}, []string{"live whole: 11-31", "slack whole: 2-10"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, errs := found(open(t, test.damage(tt.Sample(3, 10).Bytes())))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("records (-want +got):\n%s%v", diff, errs)
			}
			if len(errs) != len(test.errs) {
				t.Fatalf("errors: %v, want %v", errs, test.errs)
			}
			for i, err := range errs {
				var where *evtx.Error
				if !errors.Is(err, test.errs[i]) || !errors.As(err, &where) || where.Chunk == evtx.NoChunk || where.Offset < 4096 {
					t.Errorf("error %v, want %v with its chunk and offset", err, test.errs[i])
				}
			}
		})
	}
}

// TestCarve: chunks and loose records between random bytes are found at their offsets.
func TestCarve(t *testing.T) {
	random := rand.New(rand.NewChaCha8([32]byte{1}))
	noise := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	sample := tt.Sample(2, 10).Bytes()
	a, b := sample[4096:4096+chunk], sample[4096+chunk:]
	at := offsets(b)
	stream := slices.Concat(noise(777), a, noise(2<<20+5), b[at[0]:at[3]], noise(100), b[at[4]:at[6]], noise(1<<20-9), b[at[7]:at[9]], b[at[0]:at[1]-30], noise(3))
	want := map[int64]string{}
	for i, o := range offsets(a) {
		want[int64(777+o)] = fmt.Sprintf("%d carved whole 0", i+1)
	}
	loose := int64(777 + chunk + 2<<20 + 5)
	for i := range 3 {
		want[loose+int64(at[i]-at[0])] = fmt.Sprintf("%d carved whole -1", 11+i)
	}
	loose += int64(at[3]-at[0]) + 100
	for i := 4; i < 6; i++ { // near enough to be taken for the same chunk's
		want[loose+int64(at[i]-at[4])] = fmt.Sprintf("%d carved whole -1", 11+i)
	}
	loose += int64(at[6]-at[4]) + 1<<20 - 9
	for i := 7; i < 9; i++ { // alone: only the first chunk can lend what they refer to
		want[loose+int64(at[i]-at[7])] = fmt.Sprintf("%d carved borrowed -1", 11+i)
	}
	loose += int64(at[9] - at[7])
	want[loose] = "11 carved partial -1"
	got := map[int64]string{}
	for e, err := range evtx.Carve(bytes.NewReader(stream), int64(len(stream))).Recovered() {
		if err != nil {
			t.Error(err)
			continue
		}
		got[e.Place.Offset] = fmt.Sprintf("%d %s %s %d", e.Record, e.Place.Layer, e.State, e.Place.Chunk)
		if e.State != evtx.Partial && e.Field("name").String() != fmt.Sprintf("job %d", e.Record) {
			t.Errorf("record %d: %s", e.Record, e.XML())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("by offset (-want +got):\n%s", diff)
	}
}

// TestRandomDamage: whatever is flipped or zeroed in one chunk, the others' records are found, and every event says its state.
func TestRandomDamage(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 5))
		data := tt.Sample(3, 10).Bytes()
		middle := data[4096+chunk : 4096+chunk+8000]
		for range 1 + random.IntN(20) {
			at := random.IntN(len(middle))
			if random.IntN(2) == 0 {
				middle[at] ^= 1 << random.IntN(8)
			} else {
				clear(middle[at:min(len(middle), at+random.IntN(64))])
			}
		}
		log := open(t, data)
		whole := map[uint64]bool{}
		for e, err := range log.Events() {
			if err == nil && e.State == evtx.Whole && e.Place.Verified {
				whole[e.Record] = true
			}
		}
		for id := uint64(1); id <= 30; id++ {
			if (id <= 10 || id > 20) && !whole[id] {
				t.Errorf("seed %d: record %d is not found whole", seed, id)
			}
		}
		check(t, log)
		if t.Failed() {
			return
		}
	}
}

// TestNotLog: what is no log is said to be none, and nothing is found in it.
func TestNotLog(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty": {}, "short": []byte("ElfFil"), "text": []byte(strings.Repeat("ElfChnk ** ", 10000)), "zeros": make([]byte, 1<<20),
	} {
		if _, err := evtx.Open(bytes.NewReader(data), int64(len(data))); !errors.Is(err, evtx.ErrNotLog) {
			t.Errorf("%s: error %v, want ErrNotLog", name, err)
		}
		if got, errs := found(evtx.Carve(bytes.NewReader(data), int64(len(data)))); len(got)+len(errs) != 0 {
			t.Errorf("%s: found %v, %v", name, got, errs)
		}
	}
}

// TestLongLoose: a loose record that is longer than what is read of most is read whole.
func TestLongLoose(t *testing.T) {
	c := tt.NewChunk(1)
	event, data := tt.EventTemplate(), tt.DataTemplate(1, 1, "text")
	for range 2 {
		c.Record(tt.Start, event, tt.Values(tt.Start, 2, 4104, tt.Nested(data, tt.String(strings.Repeat("x", 10000))))...)
	}
	b := c.Bytes()
	at := offsets(b)
	for i, state := range []evtx.State{evtx.Whole, evtx.Nameless} {
		piece := bytes.Clone(b[at[i] : at[i]+int(binary.LittleEndian.Uint32(b[at[i]+4:]))])
		var got []*evtx.Event
		for e, err := range evtx.Carve(bytes.NewReader(piece), int64(len(piece))).Recovered() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e)
		}
		if len(got) != 1 || got[0].State != state || got[0].System.ID != 4104 || got[0].System.Provider != "Test-Provider" ||
			len(got[0].Fields()[0].Value.String()) != 10000 {
			t.Errorf("piece %d: %v, want one event that is %s", i, got[0].Problem, state)
		}
	}
}

// broken is a stream with a place that cannot be read.
type broken struct {
	*bytes.Reader
	from, to int64
}

var errDisk = errors.New("input/output error")

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off < b.to && off+int64(len(p)) > b.from {
		return 0, errDisk
	}
	return b.Reader.ReadAt(p, off)
}

// TestUnreadable: a place that cannot be read is said, and the others are read.
func TestUnreadable(t *testing.T) {
	data := tt.Sample(3, 10).Bytes()
	for _, at := range []int64{100, 600} { // in the chunk's header, in its first record
		log, err := evtx.Open(broken{bytes.NewReader(data), 4096 + chunk + at, 4096 + chunk + at + 50}, int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		got, errs := found(log)
		if diff := cmp.Diff([]string{"live whole: 1-10 21-30"}, got); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
		if len(errs) == 0 || !errors.Is(errs[0], evtx.ErrRead) || !errors.Is(errs[0], errDisk) {
			t.Errorf("errors: %v", errs)
		}
	}
}
