// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/sigma"
)

// maxAllow bounds the bytes of an allow list.
const maxAllow = 4 << 20

// Allow is an entry of an allow list: what one site knows to be its own. All that it names must fit; texts may have * and ? and are compared
// without case. A finding that it fits is counted and not shown.
type Allow struct {
	Reason  string `yaml:"reason"`   // why this is allowed; every entry needs one
	Rule    string `yaml:"rule"`     // slug, id or behaviour; needed for rules that known-good profiles do not lower
	Host    string `yaml:"host"`     // computer
	Name    string `yaml:"name"`     // of the job
	Owner   string `yaml:"owner"`    // SID or name
	Creator string `yaml:"creator"`  // path of the program
	URLHost string `yaml:"url_host"` // host of the remote name
	URL     string `yaml:"url"`      // remote name
	Path    string `yaml:"path"`     // local name
	Command string `yaml:"command"`  // notify program and arguments, or the command line of an event

	from  string
	tests map[string]func(string) bool
}

// readAllow reads an allow list: a YAML list of entries.
func readAllow(name string) ([]*Allow, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read the allow list: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxAllow+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("cannot read the allow list: %w", err)
	}
	if len(data) > maxAllow {
		return nil, fmt.Errorf("cannot use the allow list %s: it has more than %d bytes", name, maxAllow)
	}
	return parseAllow(name, data)
}

func parseAllow(name string, data []byte) ([]*Allow, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("cannot use the allow list %s: %w", name, err)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	if doc.Content[0].Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("cannot use the allow list %s, line %d: it is no list of entries", name, doc.Content[0].Line)
	}
	var list []*Allow
	for _, n := range doc.Content[0].Content {
		a := &Allow{from: fmt.Sprintf("%s:%d", name, n.Line)}
		if err := decodeStrictly(n, a); err != nil {
			return nil, fmt.Errorf("cannot use the allow list %s, line %d: %w", name, n.Line, err)
		}
		if err := a.compile(); err != nil {
			return nil, fmt.Errorf("cannot use the allow list %s, line %d: %w", name, n.Line, err)
		}
		list = append(list, a)
	}
	return list, nil
}

// decodeStrictly refuses what the type does not know: a mistyped word must not make an entry allow more.
func decodeStrictly(n *yaml.Node, into any) error {
	text, err := yaml.Marshal(n)
	if err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		message := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
		message = strings.TrimPrefix(message, "unmarshal errors: ")
		if rest, found := strings.CutPrefix(message, "line "); found { // lines of what was marshalled, not of the file
			if _, message, found = strings.Cut(rest, ": "); !found {
				message = rest
			}
		}
		return errors.New(strings.ReplaceAll(message, " not found in type judge.Allow", " is not known"))
	}
	return nil
}

func (a *Allow) compile() error {
	if strings.TrimSpace(a.Reason) == "" {
		return errors.New("the entry has no reason: say why this is allowed")
	}
	a.tests = map[string]func(string) bool{}
	narrow := false
	for name, text := range map[string]string{
		"host": a.Host, "name": a.Name, "owner": a.Owner, "creator": a.Creator, "url_host": a.URLHost, "url": a.URL, "path": a.Path, "command": a.Command,
	} {
		if text == "" {
			continue
		}
		a.tests[name] = sigma.Glob(text)
		narrow = narrow || name != "host" && strings.Trim(text, "*?") != ""
	}
	if !narrow && (a.Rule == "" || a.Host == "") {
		return errors.New("the entry would allow too much: it needs one of name, owner, creator, url_host, url, path and command, or a rule and a host")
	}
	return nil
}

// subject is what an entry is compared with: the values of what a finding is about.
type subject map[string][]string

// allows tells whether the entry fits a finding. keep: the rule is one that only an entry which names it may lower.
func (a *Allow) allows(f *evidence.Finding, id string, keep bool, s subject) bool {
	if a.Rule != "" && !strings.EqualFold(a.Rule, f.Rule) && !strings.EqualFold(a.Rule, id) && !strings.EqualFold(a.Rule, f.Behaviour) || a.Rule == "" && keep {
		return false
	}
	for name, test := range a.tests {
		values := s[name]
		if len(values) == 0 {
			return false
		}
		every := name != "owner" // of several files, all must fit; an owner has a SID and a name
		ok := every
		for _, v := range values {
			if test(v) != every {
				ok = !every
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

// String is how findings name the entry.
func (a *Allow) String() string { return evidence.AllowedBy + a.Reason + " (" + a.from + ")" }
