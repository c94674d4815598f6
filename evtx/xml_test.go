// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/openbits/openbits/evtx"
	tt "github.com/openbits/openbits/internal/evtxtest"
)

// event is an event of one record.
func event(t *testing.T, fill func(c *tt.Chunk)) *evtx.Event {
	t.Helper()
	c := tt.NewChunk(1)
	fill(c)
	events := collect(t, open(t, (&tt.Log{Chunks: []*tt.Chunk{c}}).Bytes()))
	return events[len(events)-1]
}

func TestXML(t *testing.T) {
	sub := func(i int, typ byte, optional bool) tt.Sub { return tt.Sub{Index: i, Type: typ, Optional: optional} }
	tests := []struct {
		name    string
		content []any
		values  []tt.Value
		want    string // in place of the element a
	}{
		{"text", []any{tt.Text("x < y & \"z\"\r\n\x01")}, nil, "<a>x &lt; y &amp; \"z\"&#xD;\n\ufffd</a>"},
		{"references", []any{tt.Text("1"), tt.CharRef(233), tt.EntityRef("amp"), tt.EntityRef("lt"), tt.EntityRef("nbsp")}, nil, "<a>1é&amp;&lt;&amp;nbsp;</a>"},
		{"CDATA and PI", []any{tt.CDATA("<b>]]>"), tt.PI{Target: "go", Data: "a?>b"}}, nil, "<a>&lt;b&gt;]]&gt;<?go a? >b?></a>"},
		{"empty", nil, nil, "<a></a>"},
		{"normal null", []any{sub(0, 0x01, false)}, []tt.Value{{}}, "<a></a>"},
		{"optional null", []any{sub(0, 0x01, true)}, []tt.Value{{}}, ""},
		{"no such value", []any{sub(7, 0x01, false)}, nil, "<a></a>"},
		{"mixed", []any{tt.Text("["), sub(0, 0x01, false), tt.Text("]")}, []tt.Value{tt.String("v")}, "<a>[v]</a>"},
		{"array", []any{sub(0, 0x81, false)}, []tt.Value{{Type: 0x81, Data: tt.UTF16("x\x00y\x00")}}, "<a>x</a><a>y</a>"},
		{"array in text", []any{tt.Text("-"), sub(0, 0x84, false)}, []tt.Value{{Type: 0x84, Data: []byte{1, 2}}}, "<a>-1</a><a>-2</a>"},
		{"empty array", []any{sub(0, 0x81, false)}, []tt.Value{{Type: 0x81}}, "<a></a>"},
		{
			"elements",
			[]any{tt.Element{Name: "b", Depends: 1, Content: []any{tt.Text("no")}}, tt.Element{Name: "c", Depends: 2, Content: []any{tt.Text("yes")}}},
			[]tt.Value{{}, tt.String("")},
			"<a><c>yes</c></a>",
		},
		{
			"attributes",
			[]any{tt.Element{Name: "b", Attrs: []tt.Attr{
				{Name: "z", Content: []any{tt.Text("1\t\n<>\"")}},
				{Name: "gone", Content: []any{sub(0, 0x01, true)}},
				{Name: "m", Content: []any{tt.Text("a"), sub(1, 0x04, false), tt.EntityRef("gt")}},
				{Name: "xmlns", Content: []any{tt.Text("urn:x")}},
			}}},
			[]tt.Value{{}, {Type: 0x04, Data: []byte{7}}},
			`<a><b xmlns="urn:x" m="a7>" z="1&#x9;&#xA;&lt;>&quot;"></b></a>`,
		},
		{
			"nested",
			[]any{sub(0, 0x21, true)},
			[]tt.Value{tt.Nested(&tt.Template{GUID: [16]byte{9}, Root: tt.Element{Name: "n", Content: []any{tt.Sub{Type: 0x21}}}},
				tt.Nested(&tt.Template{GUID: [16]byte{8}, Root: tt.Element{Name: "o", Content: []any{tt.Sub{Type: 0x04}}}}, tt.Value{Type: 0x04, Data: []byte{5}}))},
			"<a><n><o>5</o></n></a>",
		},
		{
			"elements as a value",
			[]any{sub(0, 0x21, true)},
			[]tt.Value{{Type: 0x21, Element: &tt.Element{Name: "e", Attrs: []tt.Attr{{Name: "k", Content: []any{tt.Text("v")}}}, Content: []any{tt.Text("t")}}}},
			`<a><e k="v">t</e></a>`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := event(t, func(c *tt.Chunk) {
				c.Record(tt.Start, &tt.Template{GUID: [16]byte{1}, Root: tt.Element{
					Name: "r", Content: []any{tt.Element{Name: "a", Content: test.content}},
				}}, test.values...)
			})
			if got := e.XML(); got != "<r>"+test.want+"</r>" || e.State != evtx.Whole {
				t.Errorf("%s, %s, %v; want %s", got, e.State, e.Problem, test.want)
			}
		})
	}
}

// TestNoTemplate: a record may consist of elements of its own.
func TestNoTemplate(t *testing.T) {
	e := event(t, func(c *tt.Chunk) {
		c.RecordOf(tt.Start, tt.Element{Name: "Event", Content: []any{
			tt.Element{Name: "System", Content: []any{
				tt.Element{Name: "Provider", Attrs: []tt.Attr{{Name: "Name", Content: []any{tt.Text("P")}}}},
				tt.Element{Name: "EventID", Content: []any{tt.Text("7")}},
				tt.Element{Name: "TimeCreated", Attrs: []tt.Attr{{Name: "SystemTime", Content: []any{tt.Text("2020-01-02T03:04:05.678Z")}}}},
			}},
		}})
	})
	if e.System.Provider != "P" || e.System.ID != 7 || e.System.Time.Format("05.000") != "05.678" || e.State != evtx.Whole {
		t.Errorf("%+v, %v", e.System, e.Problem)
	}
}

func TestFields(t *testing.T) {
	text := func(s string) []any { return []any{tt.Text(s)} }
	data := []any{
		tt.Element{Name: "System", Content: []any{tt.Element{Name: "Channel", Content: text("c")}}},
		tt.Element{Name: "EventData", Attrs: []tt.Attr{{Name: "Name", Content: text("E")}}, Content: []any{
			tt.Element{Name: "Data", Attrs: []tt.Attr{{Name: "Name", Content: text("x")}}, Content: text("1")},
			tt.Element{Name: "Data", Content: text("2")},
			tt.Element{Name: "Data", Content: []any{tt.Sub{Type: 0x81}}},
			tt.Element{Name: "Binary", Content: []any{tt.Sub{Index: 1, Type: 0x0e}}},
			tt.Element{Name: "Data", Attrs: []tt.Attr{{Name: "Name", Content: text("x")}}},
		}},
		tt.Element{Name: "UserData", Content: []any{tt.Element{Name: "Cleared", Attrs: []tt.Attr{{Name: "xmlns", Content: text("u")}}, Content: []any{
			tt.Element{Name: "User", Content: text("u")},
			tt.Element{Name: "Detail", Content: []any{tt.Element{Name: "Code", Attrs: []tt.Attr{{Name: "base", Content: text("16")}}, Content: text("ff")}}},
		}}}},
		tt.Element{Name: "RenderingInfo", Content: []any{tt.Element{Name: "Message", Content: text("m")}}},
	}
	e := event(t, func(c *tt.Chunk) {
		c.Record(tt.Start, &tt.Template{GUID: [16]byte{1}, Root: tt.Element{Name: "Event", Content: data}},
			tt.Value{Type: 0x81, Data: tt.UTF16("p\x00q")}, tt.Value{Type: 0x0e, Data: []byte{0xab}})
	})
	var got []string
	for _, f := range e.Fields() {
		got = append(got, fmt.Sprintf("%s=%s(%s)", f.Name, f.Value, f.Value.Type()))
	}
	want := "x=1(String) Data=2(String) Data=p, q(String[]) Binary=AB(Binary) x=(Null) User=u(String) Detail/Code@base=16(String) Detail/Code=ff(String)"
	if text := strings.Join(got, " "); text != want {
		t.Errorf("fields are\n%s, want\n%s", text, want)
	}
	if j, _ := e.MarshalJSON(); !strings.Contains(string(j), `"data":{"x":["1",null],"Data":["2",["p","q"]],"Binary":"AB","User":"u","Detail/Code@base":"16","Detail/Code":"ff"}`) {
		t.Errorf("JSON is %s", j)
	}
	if e.Field("DETAIL/code").String() != "ff" || !e.Field("none").IsNull() {
		t.Error("Field does not find what is there")
	}
}
