// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/reporttest"
)

var (
	stixID   = regexp.MustCompile(`^[a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	stixTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)
)

// stixRequired are the properties that STIX 2.1 demands of each type, beside those that all have.
var stixRequired = map[string][]string{
	"identity": {"name"}, "attack-pattern": {"name"}, "indicator": {"pattern", "pattern_type", "valid_from"},
	"observed-data": {"first_observed", "last_observed", "number_observed", "object_refs"},
	"relationship":  {"relationship_type", "source_ref", "target_ref"}, "sighting": {"sighting_of_ref"},
	"url": {"value"}, "domain-name": {"value"}, "ipv4-addr": {"value"}, "ipv6-addr": {"value"},
	"file": {"name"}, "directory": {"path"}, "process": {"command_line"}, "user-account": {"account_type"},
}

// stixLinks are the relationships that we make, by the types of both ends.
var stixLinks = []string{"indicator based-on observed-data", "indicator indicates attack-pattern", "observed-data related-to attack-pattern"}

type stixBundle struct {
	Type, ID string
	Objects  []map[string]any
}

func checkedBundle(t *testing.T, r *evidence.Report) stixBundle {
	t.Helper()
	var b stixBundle
	if err := json.Unmarshal([]byte(write(t, "stix", r)), &b); err != nil {
		t.Fatal(err)
	}
	if b.Type != "bundle" || !stixID.MatchString(b.ID) {
		t.Errorf("the bundle is %s %s", b.Type, b.ID)
	}
	kinds := map[string]string{}
	for _, o := range b.Objects {
		id, kind := o["id"].(string), o["type"].(string)
		if kinds[id] != "" || !stixID.MatchString(id) || !strings.HasPrefix(id, kind+"--") || o["spec_version"] != "2.1" {
			t.Errorf("the id of %v is wrong, or there twice", o)
		}
		kinds[id] = kind
		need, known := stixRequired[kind]
		if !known {
			t.Errorf("STIX has no type %s", kind)
		}
		if !observable[kind] {
			need = append([]string{"created", "modified"}, need...)
		}
		for _, name := range need {
			if o[name] == nil || o[name] == "" {
				t.Errorf("%s has no %s", id, name)
			}
		}
		for name, v := range o {
			if text, ok := v.(string); ok && slices.Contains([]string{"created", "modified", "valid_from", "first_observed", "last_observed", "first_seen", "last_seen"}, name) && !stixTime.MatchString(text) {
				t.Errorf("%s of %s is %q", name, id, text)
			}
		}
	}
	for _, o := range b.Objects {
		for name, v := range o {
			var refs []string
			if strings.HasSuffix(name, "_ref") {
				refs = []string{v.(string)}
			} else if strings.HasSuffix(name, "_refs") {
				refs = list(v)
				if len(refs) == 0 {
					t.Errorf("%s of %v is empty", name, o["id"])
				}
			}
			for _, ref := range refs {
				if kinds[ref] == "" {
					t.Errorf("%s of %v is %s, which is not in the bundle", name, o["id"], ref)
				}
			}
		}
		if o["type"] == "relationship" {
			link := kinds[o["source_ref"].(string)] + " " + o["relationship_type"].(string) + " " + kinds[o["target_ref"].(string)]
			if !slices.Contains(stixLinks, link) {
				t.Errorf("there is the relationship %s", link)
			}
		}
	}
	return b
}

func TestSTIX(t *testing.T) {
	b := checkedBundle(t, reporttest.Case())
	counts := map[string]int{}
	for _, o := range b.Objects {
		counts[o["type"].(string)]++
		if o["type"] == "indicator" && o["name"] == "A picture becomes a program" {
			if want := `[url:value = 'http://198.51.100.7:8080/a.jpg'] OR [process:command_line = 'C:\\Windows\\System32\\cmd.exe /c start C:\\Users\\Public\\a.exe & bitsadmin /complete Updater']`; o["pattern"] != want {
				t.Errorf("the pattern is %s", o["pattern"])
			}
			if o["valid_from"] != "2024-05-06T07:08:14.000Z" || o["confidence"] != 85.0 {
				t.Errorf("the indicator is %v", o)
			}
		}
	}
	for kind, want := range map[string]int{"indicator": 4, "observed-data": 4, "sighting": 4, "attack-pattern": 2, "ipv4-addr": 1, "domain-name": 1} {
		if counts[kind] != want {
			t.Errorf("there are %d of %s, want %d", counts[kind], kind, want)
		}
	}
}

// TestSTIXOfManyHosts: what is the same on several hosts is one object.
func TestSTIXOfManyHosts(t *testing.T) {
	b := checkedBundle(t, reporttest.Fleet(20))
	urls := 0
	for _, o := range b.Objects {
		if o["type"] == "url" {
			urls++
		}
	}
	if urls != 2 {
		t.Errorf("there are %d addresses, want 2", urls)
	}
	checkedBundle(t, &evidence.Report{})
}

// TestSTIXIDs compares with the ids that other implementations of STIX 2.1, section 2.9, give to the same observables. (Those of the
// specification's own examples do not follow its rule.)
func TestSTIXIDs(t *testing.T) {
	for kind, c := range map[string][2]string{
		"ipv4-addr":   {"198.51.100.3", "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
		"domain-name": {"example.com", "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"},
	} {
		if got := observableID(kind, map[string]string{"value": c[0]}); got != c[1] {
			t.Errorf("%s is %s, want %s", c[0], got, c[1])
		}
	}
	if got, want := canonical("a\"\\\b\t\n\x1f\x7f\u2028é<"), `"a\"\\\b\t\n\u001f`+"\x7f\u2028é<\""; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestSTIXClaims: only what is found at high or above is called malicious to others.
func TestSTIXClaims(t *testing.T) {
	for severity, want := range map[evidence.Severity]string{evidence.Critical: "malicious-activity", evidence.High: "malicious-activity", evidence.Medium: "anomalous-activity"} {
		r := reporttest.Case()
		for i := range r.Findings {
			r.Findings[i].Severity = severity
		}
		some := false
		for _, o := range checkedBundle(t, r).Objects {
			if o["type"] == "indicator" {
				some = true
				if got, _ := o["indicator_types"].([]any); len(got) != 1 || got[0] != want {
					t.Errorf("%s is called %v", severity, o["indicator_types"])
				}
			}
		}
		if !some {
			t.Error("there is no indicator")
		}
	}
}
