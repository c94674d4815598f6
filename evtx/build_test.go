// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/evtx"
	tt "github.com/openbits/openbits/internal/evtxtest"
)

// one is one of each type, with its text and its JSON.
var one = []struct {
	typ        byte
	data       []byte
	text, json string
}{
	{0x00, nil, "", "null"},
	{0x01, tt.UTF16("a\tb <&> \"é\" 😀\x00"), "a\tb <&> \"é\" 😀", `"a\tb <&> \"é\" 😀"`},
	{0x01, []byte{0x00, 0xd8, 'a', 0, 7}, "\ufffda\ufffd", "\"\ufffda\ufffd\""},
	{0x02, []byte("na\xefve \x80\x00"), "naïve €", `"naïve €"`},
	{0x03, []byte{0xff}, "-1", "-1"},
	{0x04, []byte{0xff}, "255", "255"},
	{0x05, []byte{0xfe, 0xff}, "-2", "-2"},
	{0x06, []byte{0xfe, 0xff}, "65534", "65534"},
	{0x07, []byte{0, 0, 0, 0x80}, "-2147483648", "-2147483648"},
	{0x08, []byte{0, 0, 0, 0x80}, "2147483648", "2147483648"},
	{0x09, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "-1", "-1"},
	{0x0a, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "18446744073709551615", "18446744073709551615"},
	{0x0b, []byte{0, 0, 0xc0, 0x3f}, "1.5", "1.5"},
	{0x0c, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x7f}, "NaN", `"NaN"`},
	{0x0c, []byte{0, 0, 0, 0, 0, 0, 0x04, 0xc0}, "-2.5", "-2.5"},
	{0x0d, []byte{1, 0, 0, 0}, "true", "true"},
	{0x0d, []byte{0, 0, 0, 0}, "false", "false"},
	{0x0e, []byte{0xde, 0xad, 0xbe, 0xef}, "DEADBEEF", `"DEADBEEF"`},
	{0x0f, []byte{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}, "{00010203-0405-0607-0809-0A0B0C0D0E0F}", `"{00010203-0405-0607-0809-0A0B0C0D0E0F}"`},
	{0x10, []byte{0x34, 0x12, 0, 0}, "0x1234", `"0x1234"`},
	{0x10, []byte{0x34, 0x12, 0, 0, 0, 0, 0, 0x80}, "0x8000000000001234", `"0x8000000000001234"`},
	{0x11, []byte{0x00, 0x80, 0x3e, 0xd5, 0xde, 0xb1, 0x9d, 0x01}, "1970-01-01T00:00:00.0000000Z", `"1970-01-01T00:00:00.0000000Z"`},
	{0x12, []byte{0xe8, 7, 2, 0, 4, 0, 29, 0, 23, 0, 59, 0, 58, 0, 0xe7, 3}, "2024-02-29T23:59:58.9990000Z", `"2024-02-29T23:59:58.9990000Z"`},
	{0x12, []byte{0xe8, 7, 13, 0, 4, 0, 29, 0, 23, 0, 59, 0, 58, 0, 0, 0}, "E8070D0004001D0017003B003A000000", `"E8070D0004001D0017003B003A000000"`},
	{0x13, []byte{1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0}, "S-1-5-32-544", `"S-1-5-32-544"`},
	{0x13, []byte{1, 1, 1, 0, 0, 0, 0, 5, 1, 0, 0, 0}, "S-1-0x10000000005-1", `"S-1-0x10000000005-1"`},
	{0x13, []byte{1, 9, 0}, "010900", `"010900"`},
	{0x14, []byte{0x72, 0x1e, 0x07, 0x80}, "0x80071e72", `"0x80071e72"`},
	{0x15, []byte{0, 0, 0, 0, 0, 0, 0, 0x40}, "0x4000000000000000", `"0x4000000000000000"`},
	{0x20, []byte{1, 0, 0, 0, 0, 0, 0, 0}, "0x1", `"0x1"`},
	{0x23, tt.UTF16("<a/>"), "<a/>", `"<a/>"`},
	{0x08, []byte{1, 2, 3}, "010203", `"010203"`},
	{0x08, nil, "", "null"},
	{0x7e, []byte{0xab}, "AB", `"AB"`},
	{0x81, tt.UTF16("one\x00\x00three\x00"), "one, , three", `["one","","three"]`},
	{0x82, []byte("x\x00y\x00"), "x, y", `["x","y"]`},
	{0x83, []byte{1, 0xff}, "1, -1", "[1,-1]"},
	{0x84, []byte{1, 0xff}, "1, 255", "[1,255]"},
	{0x85, []byte{1, 0, 0xff, 0xff}, "1, -1", "[1,-1]"},
	{0x86, []byte{1, 0, 0xff, 0xff}, "1, 65535", "[1,65535]"},
	{0x87, []byte{1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, "1, -1", "[1,-1]"},
	{0x88, []byte{1, 0, 0, 0, 2, 0, 0, 0, 9}, "1, 2, 09", `[1,2,"09"]`},
	{0x89, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "-1", "[-1]"},
	{0x8a, []byte{1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}, "1, 2", "[1,2]"},
	{0x8b, []byte{0, 0, 0xc0, 0x3f, 0, 0, 0x80, 0x3f}, "1.5, 1", "[1.5,1]"},
	{0x8c, []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f}, "1", "[1]"},
	{0x8d, []byte{1, 0, 0, 0, 0, 0, 0, 0}, "true, false", "[true,false]"},
	{0x8f, make([]byte, 32), "{00000000-0000-0000-0000-000000000000}, {00000000-0000-0000-0000-000000000000}", `["{00000000-0000-0000-0000-000000000000}","{00000000-0000-0000-0000-000000000000}"]`},
	{0x90, []byte{1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0}, "0x1, 0x0, 0x2", `["0x1","0x0","0x2"]`},
	{0x91, []byte{0x00, 0x80, 0x3e, 0xd5, 0xde, 0xb1, 0x9d, 0x01}, "1970-01-01T00:00:00.0000000Z", `["1970-01-01T00:00:00.0000000Z"]`},
	{0x92, []byte{0xe8, 7, 2, 0, 4, 0, 29, 0, 23, 0, 59, 0, 58, 0, 0xe7, 3}, "2024-02-29T23:59:58.9990000Z", `["2024-02-29T23:59:58.9990000Z"]`},
	{0x93, []byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 5, 19, 0, 0, 0}, "S-1-5-18, S-1-5-19", `["S-1-5-18","S-1-5-19"]`},
	{0x94, []byte{16, 0, 0, 0, 17, 0, 0, 0}, "0x10, 0x11", `["0x10","0x11"]`},
	{0x95, []byte{16, 0, 0, 0, 0, 0, 0, 0}, "0x10", `["0x10"]`},
	{0x84, nil, "", "[]"},
}

// everything is a log with all types of values and all constructs of binary XML.
func everything() *tt.Log {
	c := tt.NewChunk(1)
	event := tt.EventTemplate()
	at := tt.Start
	for i, v := range one {
		data := tt.DataTemplate(byte(i), v.typ, "v")
		c.Record(at, event, tt.Values(at, uint64(i+1), 1, tt.Nested(data, tt.Value{Type: v.typ, Data: v.data}))...)
	}
	return &tt.Log{Chunks: []*tt.Chunk{c}}
}

func collect(t *testing.T, log *evtx.Log) (events []*evtx.Event) {
	t.Helper()
	for e, err := range log.Events() {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

func TestValueTypes(t *testing.T) {
	events := collect(t, open(t, everything().Bytes()))
	if len(events) != len(one) {
		t.Fatalf("%d events, want %d", len(events), len(one))
	}
	for i, want := range one {
		e := events[i]
		if e.State != evtx.Whole {
			t.Errorf("type 0x%02x: %v", want.typ, e.Problem)
		}
		v := e.Field("v")
		got, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if v.Type() != evtx.Type(want.typ) || v.String() != want.text {
			t.Errorf("type 0x%02x is %v %q, want %q", want.typ, v.Type(), v.String(), want.text)
		}
		if sub := `"data":{"v":` + want.json + `}`; !strings.Contains(string(got), sub) {
			t.Errorf("type 0x%02x: %s, want %s", want.typ, got, sub)
		}
	}
}

func TestSystem(t *testing.T) {
	events := collect(t, open(t, tt.Sample(1, 1).Bytes()))
	at := tt.Start.Add(time.Second)
	want := evtx.System{
		Provider: "Test-Provider", ProviderGUID: evtx.GUID{0x5b, 0xc1, 0x1c, 0xef, 0xc1, 0x46, 0x4e, 0x41, 0xbb, 0x95, 0xe7, 0x6b, 7, 0x7b, 0xd5, 0x1e},
		ID: 59, Qualifiers: evtx.Absent, Version: 2, Level: 4, Keywords: 1 << 62, Time: at, RecordID: 1, ProcessID: 1104, ThreadID: 9132,
		Channel: "Test/Operational", Computer: "host.example", UserSID: "S-1-5-18",
	}
	if diff := cmp.Diff(want, events[0].System); diff != "" {
		t.Errorf("System (-want +got):\n%s", diff)
	}
}
