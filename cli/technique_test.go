// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openbits/openbits/attack"
	"github.com/openbits/openbits/hunt/rules"
)

// TestGraphs: every line of a graph is one that mermaid's grammar of class diagrams has, every class is declared once and before it is used,
// and the relations are those of the ontology.
func TestGraphs(t *testing.T) {
	technique, _ := attack.Technique("T1197")
	graphs := map[string]string{"T1197": techniqueGraph(technique)}
	for _, id := range attack.Countermeasures() {
		c, _ := attack.Countermeasure(id)
		graphs[id] = countermeasureGraph(c)
	}
	for id, text := range graphs {
		if err := readGraph(t, text); err != "" {
			t.Errorf("%s: %s\n%s", id, err, text)
		}
	}
	for _, want := range []string{
		`class T1197["T1197 BITS Jobs"]`, "T1197 --|> PersistenceTechnique", "T1197 ..> IntranetIPCNetworkTraffic : may-produce",
		"IPCTrafficAnalysis ..> IntranetIPCNetworkTraffic : analyzes", "Client_serverPayloadProfiling --|> NetworkTrafficAnalysis",
		"NetworkTraffic --|> DigitalInformationBearer",
	} {
		if !strings.Contains(graphs["T1197"], "    "+want+"\n") {
			t.Errorf("the graph of T1197 has no %q:\n%s", want, graphs["T1197"])
		}
	}
	if !strings.Contains(graphs["D3-CAA"], "T1197 ..> IntranetWebNetworkTraffic") || strings.Contains(graphs["D3-CAA"], "OutboundInternetWebTraffic") {
		t.Errorf("the graph of D3-CAA does not tie it to T1197 by what both have to do with:\n%s", graphs["D3-CAA"])
	}
	if strings.Contains(graphs["D3-PLA"], "T1197") {
		t.Errorf("the graph of D3-PLA has T1197, with which the ontology does not tie it:\n%s", graphs["D3-PLA"])
	}
}

var (
	classLine    = regexp.MustCompile(`^    class ([A-Za-z][A-Za-z0-9_]*)\["[^"\[\]` + "`" + `]+"\]$`)
	relationLine = regexp.MustCompile(`^    ([A-Za-z0-9_]+) (?:--\|> ([A-Za-z0-9_]+)|\.\.> ([A-Za-z0-9_]+) : [a-z-]+)$`)
)

// readGraph says what is wrong with a graph.
func readGraph(t *testing.T, text string) string {
	t.Helper()
	_, body, ok := strings.Cut(text, "\n---\nclassDiagram\n    direction BT\n")
	if !ok {
		return "it does not begin as a class diagram"
	}
	declared, seen := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(line, "\n")
		if seen[line] {
			return "the line comes twice: " + line
		}
		seen[line] = true
		if m := classLine.FindStringSubmatch(line); m != nil {
			if declared[m[1]] {
				return "the class is declared twice: " + m[1]
			}
			declared[m[1]] = true
			continue
		}
		m := relationLine.FindStringSubmatch(line)
		if m == nil {
			return "the line is not understood: " + line
		}
		for _, name := range m[1:] {
			if name != "" && !declared[name] {
				return "nothing declares " + name
			}
		}
	}
	return ""
}

// TestEveryTechniqueIsExplained: the pages of all that has one, in both forms.
func TestEveryTechniqueIsExplained(t *testing.T) {
	for _, id := range append([]string{"T1197", "t1197", "d3-pla"}, attack.Countermeasures()...) {
		p, ok := techniquePage(id)
		if !ok {
			t.Errorf("%s is not explained", id)
			continue
		}
		var plain, markdown strings.Builder
		if err := p.write(&plain, false); err != nil {
			t.Fatal(err)
		}
		if err := p.write(&markdown, true); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(plain.String(), strings.ToUpper(id)+" ") || strings.Contains(plain.String(), "mermaid") {
			t.Errorf("%s is explained as\n%s", id, plain.String())
		}
		if !strings.HasPrefix(markdown.String(), "# "+strings.ToUpper(id)+" ") || !strings.Contains(markdown.String(), "\n```mermaid\n---\n") {
			t.Errorf("%s is explained in Markdown as\n%s", id, markdown.String())
		}
		for line := range strings.Lines(plain.String()) {
			if strings.Contains(line, "%!") || strings.HasSuffix(line, ": \n") || strings.HasSuffix(line, " \n") {
				t.Errorf("%s: the line %q", id, line)
			}
		}
	}
	for _, word := range []string{"T1105", "T9999", "D3-", ""} {
		if _, ok := techniquePage(word); ok {
			t.Errorf("%q is explained", word)
		}
	}
}

// TestRulesAreNamed: the pages of T1197 and of countermeasures name the rules that name them, and no others.
func TestRulesAreNamed(t *testing.T) {
	all, err := rules.All()
	if err != nil || len(all) == 0 {
		t.Fatalf("%d rules, %v", len(all), err)
	}
	for _, id := range append([]string{"T1197"}, attack.Countermeasures()...) {
		p, _ := techniquePage(id)
		var b strings.Builder
		if err := p.write(&b, false); err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			want := slices.Contains(r.Tags, "attack."+strings.ToLower(id)) || slices.Contains(r.D3FEND, id)
			if got := strings.Contains(b.String(), "  "+r.Slug+" "); got != want {
				t.Errorf("that the page of %s names rule %s is %v", id, r.Slug, got)
			}
		}
	}
}

// TestPage: the two forms of all that a page can have.
func TestPage(t *testing.T) {
	p := new(page)
	p.title("One")
	p.text("Words.")
	p.facts([2]string{"Name", "value"}, [2]string{"Empty", ""}, [2]string{"Längst", "x"})
	p.heading("Two")
	p.list([]string{"a", "  b"})
	p.table([][]string{{"A", "Bee", "C"}, {"1", "|", "three"}, {"long", "2", ""}})
	p.graph("classDiagram\n")
	for markdown, want := range map[bool]string{
		false: "One\n\nWords.\n\n  Name    value\n  Längst  x\n\nTwo:\n\n  a\n    b\n\n  A     Bee\n  1     |\n    three\n  long  2\n",
		true: "# One\n\nWords.\n\n- **Name:** value\n- **Längst:** x\n\n## Two\n\n- a\n  - b\n\n| A | Bee | C |\n| --- | --- | --- |\n| 1 | \\| | three |\n" +
			"| long | 2 |  |\n\n## Graph\n\n```mermaid\nclassDiagram\n```\n",
	} {
		var b strings.Builder
		if err := p.write(&b, markdown); err != nil || b.String() != want {
			t.Errorf("markdown %v: %q, %v\nwant %q", markdown, b.String(), err, want)
		}
	}
}
