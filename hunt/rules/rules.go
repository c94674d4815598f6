// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package rules holds openbits' own detection rules and known-good profiles, as data.
//
// A rule is a Sigma rule (package sigma) in a file of folder data, with an attribute "openbits" that says what Sigma has no word for: see Meta. Its
// samples lie beside it in folder samples, under the same name: evidence that it must find and evidence that it must not. A test runs all of
// them, and fails for a rule that lacks one of either kind. The page docs/rules.md is made of the rules.
//
// The profiles (profiles.yml) say what the jobs of well-known programs look like: see Profile.
package rules

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/sigma"
)

//go:embed data/*.yml profiles.yml
var files embed.FS

// Rule is one of openbits' own rules.
type Rule struct {
	*sigma.Rule
	Meta
}

// Meta is what the attribute "openbits" of a rule says.
type Meta struct {
	Slug       string              `yaml:"slug"`       // short name, as findings have it
	Behaviour  string              `yaml:"behaviour"`  // one of Behaviours
	Confidence evidence.Confidence `yaml:"confidence"` // at most; empty: high
	Why        string              `yaml:"why"`        // with {field} for values; what stands in [ ] is left out when one of its fields is not known
	Next       string              `yaml:"next"`       // what to look at next
	Known      string              `yaml:"known"`      // what a known-good profile does to it: "lower" (empty: the same) makes it info, "keep" nothing
	Levels     []Level             `yaml:"levels"`     // other levels than the rule's own: the first that holds counts
	D3FEND     []string            `yaml:"d3fend"`     // countermeasures
	Host       bool                `yaml:"host"`       // it is of the host: one finding, however many events
	Trace      bool                `yaml:"trace"`      // it means something only where BITS left other traces: without one it is info
}

// Level is another level for what a rule finds.
type Level struct {
	When    string `yaml:"when"`    // a search identifier of the rule that holds, too
	Level   string `yaml:"level"`   // of Sigma's
	Because string `yaml:"because"` // in words, for the page of rules
}

// Lowers reports whether a known-good profile makes a finding of the rule mere information.
func (m *Meta) Lowers() bool { return m.Known != "keep" }

// Behaviour is a kind of abuse, by the name that findings have.
type Behaviour struct{ Name, Text string }

// Behaviours lists all, in the order of docs/rules.md.
var Behaviours = []Behaviour{
	{"bitsadmin_download", "a download with bitsadmin.exe"},
	{"powershell_bits", "a transfer with PowerShell's cmdlets for BITS"},
	{"notify_command", "a program that BITS runs when a job is done or failed"},
	{"notify_loop", "a job that is kept failing, so that its program runs again and again"},
	{"address_not_a_name", "a remote name that is an IP address, this computer itself, or a share"},
	{"odd_domain", "a host under a top-level domain or dynamic DNS name that is often abused"},
	{"sharing_host", "a host where anybody can put files"},
	{"odd_destination", "a local name where downloads do not belong"},
	{"executable_or_extension_change", "a program or script is fetched, or something that becomes one"},
	{"odd_creator", "a job made by a program that has no business with BITS, or that lies where programs do not"},
	{"owner_mismatch", "owner, creator, integrity level and security descriptor do not fit together"},
	{"long_life", "a job that lives longer, or is retried otherwise, than programs ask for"},
	{"stale_job", "a job that was never finished or cleared away"},
	{"upload", "data that is sent out"},
	{"tls_off", "certificate checks that are switched off, or HTTPS that may become HTTP"},
	{"headers_or_credentials", "custom HTTP headers or stored credentials"},
	{"lock_screen_image", "the lock screen's downloader, which can fetch anything"},
	{"renamed_bitsadmin", "bitsadmin.exe under another name"},
	{"log_cleared", "an event log that was cleared, or that lacks what the queue proves"},
	{"queue_reset", "a queue that was reset, deleted or replaced"},
	{"volume", "an unusual amount of data"},
	{"local_copy", "a local file that is copied by BITS"},
	{"masquerading", "a known name on a job whose creator, host or destination is not that product's"},
}

// All are the rules, in the order of their files' names.
func All() ([]*Rule, error) {
	names, err := fs.Glob(files, "data/*.yml")
	if err != nil {
		return nil, err
	}
	var all []*Rule
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		parsed, problems := sigma.Parse(path.Base(name), data)
		if len(problems) > 0 {
			return nil, problems[0]
		}
		for _, p := range parsed {
			r := &Rule{Rule: p}
			if _, err := p.Custom("openbits", &r.Meta); err != nil {
				return nil, err
			}
			if err := r.check(); err != nil {
				return nil, fmt.Errorf("rule %s: %w", name, err)
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// check holds a rule to what every rule must say.
func (r *Rule) check() error {
	for name, text := range map[string]string{
		"id": r.ID, "level": r.Level, "description": r.Description, "slug": r.Slug, "behaviour": r.Behaviour, "why": r.Why, "next": r.Next,
	} {
		if text == "" {
			return fmt.Errorf("it has no %s", name)
		}
	}
	if !slices.ContainsFunc(Behaviours, func(b Behaviour) bool { return b.Name == r.Behaviour }) {
		return fmt.Errorf("%q is no behaviour", r.Behaviour)
	}
	if r.Known != "" && r.Known != "lower" && r.Known != "keep" {
		return fmt.Errorf("known is %q", r.Known)
	}
	for _, l := range r.Levels {
		if !slices.Contains(r.Searches(), l.When) {
			return fmt.Errorf("levels: there is no search identifier %q", l.When)
		}
	}
	return nil
}

// Profile says what the jobs of a product look like. A job is known good when name, creator, host and destination fit together; see package judge for
// what is done where one of them is not known.
type Profile struct {
	ID           string   `yaml:"id"`
	Product      string   `yaml:"product"`
	Names        []string `yaml:"names"`         // of the job, with * and ?
	Creators     []string `yaml:"creators"`      // paths of programs
	Hosts        []string `yaml:"hosts"`         // of remote names; "@internal" is an address or name of a private network, "@own" a name under the computer's own domain
	Destinations []string `yaml:"destinations"`  // local names
	Paths        []string `yaml:"paths"`         // of remote names, without the query; none: any
	Shared       bool     `yaml:"shared"`        // anybody can put files on the hosts: all four parts must be known
	Common       bool     `yaml:"common"`        // the names are not the product's alone: they disguise nothing
	NamedByPath  bool     `yaml:"named_by_path"` // the name is the local name
	Note         string   `yaml:"note"`
}

// Profiles are the known-good profiles, in the file's order. {programs} in a path stands for both folders of programs.
func Profiles() ([]Profile, error) {
	data, err := files.ReadFile("profiles.yml")
	if err != nil {
		return nil, err
	}
	var list []Profile
	if err := yaml.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("profiles.yml: %w", err)
	}
	for i := range list {
		list[i].Creators = spread(list[i].Creators)
		list[i].Destinations = spread(list[i].Destinations)
	}
	return list, nil
}

func spread(globs []string) []string {
	var all []string
	for _, g := range globs {
		if rest, ok := strings.CutPrefix(g, "{programs}"); ok {
			all = append(all, `?:\Program Files`+rest, `?:\Program Files (x86)`+rest)
		} else {
			all = append(all, g)
		}
	}
	return all
}

// Digest names the rules and profiles that are built in: the first 16 hex digits of the SHA-256 of their files.
var Digest = sync.OnceValue(func() string {
	sum := sha256.New()
	_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := files.ReadFile(name)
		fmt.Fprintf(sum, "%s %d\n", name, len(data))
		sum.Write(data)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil))[:16]
})
