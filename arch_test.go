// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/openbits/openbits"

// rule is one line of the import rule of ARCHITECTURE.md. The first whose pattern fits a package is its.
type rule struct {
	packages string   // patterns of path.Match, separated by blanks, beneath the module
	may      []string // patterns of the module's packages that these may import; "." is the root
	std      bool     // nothing from outside the module but the standard library
	why      string
}

var rules = []rule{
	{".", nil, true, "the vocabulary imports the standard library alone"},
	{"engine", []string{"."}, true, "the engine imports the vocabulary alone and declares the interfaces it needs"},
	// Conformance suites and rigs know what they test; only tests may import them (see below).
	{"*/*test bench bench/*", []string{"*", "*/*"}, false, ""},
	{
		"queue queue/* mover mover/* sink sink/* pace netstate policy",
		[]string{".", "internal/*"},
		false,
		"adapters import the vocabulary and internal packages, never each other and never the engine",
	},
	{"bitsup", []string{".", "internal/*"}, false, "the BITS upload server stands beside the service and knows nothing of it"},
	{"ese evtx", nil, true, "format readers import the standard library alone, so that anybody can use them"},
	{"qmgr", []string{".", "ese"}, true, "the queue's reader knows the database's format and the vocabulary, so that anybody can use it"},
	{"attack attack/gen", nil, true, "facts about techniques are data and the standard library"},
	{"hunt/evidence", []string{"."}, true, "what a hunt speaks of is plain data, so that anybody can read its reports"},
	{
		"hunt hunt/*",
		[]string{".", "ese", "evtx", "qmgr", "attack", "hunt/*", "internal/*"},
		false,
		"the forensic half and the service meet only in the vocabulary",
	},
	{"api", []string{"."}, true, "the wire contract imports the vocabulary alone, so that every client stays light"},
	{"client", []string{".", "api", "internal/*"}, false, "the client knows the wire contract, not the service"},
	{"server", []string{".", "api", "internal/*"}, false, "the server knows the wire contract and the vocabulary; the engine is behind its Service interface"},
	{"daemon", []string{".", "*", "*/*"}, false, "the daemon is the only place that knows them all"},
	{
		"cli",
		[]string{".", "client", "api", "bitsup", "hunt", "hunt/*", "ese", "evtx", "attack", "policy", "daemon", "internal/*"},
		false,
		"the command line talks to the service through client, and runs it through daemon",
	},
	{"cmd/bits", []string{"cli"}, true, "main only calls cli"},
	{
		"internal/demo internal/testlab",
		[]string{".", "api", "client", "daemon", "internal/*"},
		false,
		"the demo and the test laboratory use the service as others do: through client, api and daemon",
	},
	{"internal/*", []string{".", "internal/*"}, false, "internal packages know the vocabulary and each other, nothing above them"},
}

func (r rule) fits(pkg string) bool { return matches(strings.Fields(r.packages), pkg) }

func matches(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, pkg)
		return ok && err == nil
	})
}

// local is the path of an import beneath the module, "." for the module itself.
func local(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

type listed struct {
	ImportPath string
	Imports    []string
}

// list asks the go command for the packages of the module as one system sees them.
func list(t *testing.T, goos string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// broken names what is wrong with one import of a package, "" when nothing is.
func broken(pkg, imported string) string {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.fits(pkg) })
	if i < 0 {
		return pkg + " is in no rule: give it one in arch_test.go and ARCHITECTURE.md"
	}
	r := rules[i]
	to, ours := local(imported)
	switch {
	case ours && matches([]string{"*/*test"}, to) && !strings.HasSuffix(pkg, "test") && !matches([]string{"bench/*"}, pkg): // benchmarks are no part of the program
		return pkg + " imports " + to + ", but conformance suites are for tests alone"
	case ours && !matches(r.may, to):
		return pkg + " imports " + to + ", but " + r.why
	case !ours && r.std && strings.Contains(strings.Split(imported, "/")[0], "."):
		return pkg + " imports " + imported + ", but " + r.why
	}
	return ""
}

func TestImportRule(t *testing.T) {
	for _, goos := range []string{"linux", "windows", "darwin", "freebsd"} {
		packages := list(t, goos)
		if len(packages) < 10 {
			t.Fatalf("%s: only %d packages were listed", goos, len(packages))
		}
		for _, p := range packages {
			pkg, _ := local(p.ImportPath)
			for _, imported := range p.Imports {
				if sentence := broken(pkg, imported); sentence != "" {
					t.Errorf("%s: %s", goos, sentence)
				}
			}
		}
	}
}

// TestRulesBite: the rule names what it must forbid.
func TestRulesBite(t *testing.T) {
	for _, bad := range [][2]string{
		{".", "golang.org/x/sys/unix"},
		{".", module + "/internal/size"},
		{"engine", module + "/sink"},
		{"engine", module + "/internal/size"},
		{"engine", "golang.org/x/time/rate"},
		{"sink", module + "/engine"},
		{"mover/httpget", module + "/sink"},
		{"queue/sqlite", module + "/queue/memory"},
		{"client", module + "/server"},
		{"cli", module + "/engine"},
		{"server", module + "/engine"},
		{"bitsup", module + "/sink"},
		{"cmd/bits", module + "/daemon"},
		{"internal/sock", module + "/client"},
		{"internal/demo", module + "/engine"},
		{"daemon", module + "/sink/sinktest"},
		{"ese", module},
		{"ese", "golang.org/x/text/encoding"},
		{"evtx", module},
		{"evtx", module + "/internal/term"},
		{"hunt", module + "/internal/qmgrtest"},
		{"cli", module + "/internal/evtxtest"},
		{"brandnew", module},
	} {
		if broken(bad[0], bad[1]) == "" {
			t.Errorf("%s may import %s", bad[0], bad[1])
		}
	}
	for _, good := range [][2]string{
		{"engine", module},
		{"daemon", module + "/queue/sqlite"},
		{"sink/sinktest", module + "/engine"},
		{"internal/demo", module + "/client"},
		{"queue/sqlite", "modernc.org/sqlite"},
		{"cli", "github.com/spf13/cobra"},
	} {
		if sentence := broken(good[0], good[1]); sentence != "" {
			t.Error(sentence)
		}
	}
}

// TestFiles: what the files of the module promise beside their imports.
func TestFiles(t *testing.T) {
	docs := map[string][]string{} // folder: files with a package comment
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "tools") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		checkFile(t, name, docs)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, files := range docs {
		if len(files) != 1 {
			t.Errorf("package %s has %d package comments, not one: %q", folder, len(files), files)
		}
	}
}

func checkFile(t *testing.T, name string, docs map[string][]string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	const header = "// SPDX-FileCopyrightText: The openbits authors\n// SPDX-License-Identifier: Apache-2.0\n"
	if !bytes.HasPrefix(data, []byte(header)) {
		t.Errorf("%s does not begin with the two SPDX lines", name)
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, data, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	if pkg := parsed.Name.Name; slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "misc"}, pkg) {
		t.Errorf("%s: package %s says nothing about what is in it", name, pkg)
	}
	if strings.HasSuffix(name, "_test.go") {
		return
	}
	if lines := bytes.Count(data, []byte("\n")); lines > 400 {
		t.Errorf("%s has %d lines; a file has 400 at most", name, lines)
	}
	folder := filepath.Dir(name)
	if parsed.Doc != nil {
		docs[folder] = append(docs[folder], filepath.Base(name))
	} else if _, ok := docs[folder]; !ok {
		docs[folder] = nil
	}
}

// TestDependencies: docs/dependencies.md gives a reason for each module that go.mod requires directly, and for no other.
func TestDependencies(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &file); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	var explained, direct, all []string
	for line := range strings.Lines(string(page)) {
		if rest, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ := strings.Cut(rest, "`")
			explained = append(explained, name)
		}
	}
	for _, r := range file.Require {
		all = append(all, r.Path)
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}
	for _, name := range direct {
		if !slices.Contains(explained, name) {
			t.Errorf("docs/dependencies.md gives no reason for %s", name)
		}
	}
	for _, name := range explained {
		if !slices.Contains(all, name) {
			t.Errorf("docs/dependencies.md explains %s, which go.mod does not require", name)
		}
	}
}
