// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits/hunt/reporttest"
)

// ecsFields are the fields of ECS 8.17 that documents may have, and those that Winlogbeat adds.
var ecsFields = strings.Fields(`@timestamp ecs.version message tags
event.kind event.category event.type event.action event.code event.provider event.module event.dataset event.severity event.reason event.created event.end
host.name host.os.full host.os.type observer.product observer.version log.file.path user.id user.name user.domain
process.executable process.name process.command_line process.pid error.code error.message rule.id rule.name rule.ruleset
threat.framework threat.technique.id threat.tactic.name
url.original url.scheme url.domain url.path url.query url.extension url.port file.path file.name file.directory file.extension file.size
winlog.channel winlog.provider_name winlog.event_id winlog.computer_name winlog.user.identifier winlog.record_id winlog.process.pid`)

// What ECS allows in its categorization fields.
var (
	ecsKinds      = strings.Fields("alert asset enrichment event metric state pipeline_error signal")
	ecsCategories = strings.Fields("api authentication configuration database driver email file host iam intrusion_detection library malware network package process registry session threat vulnerability web")
	ecsTypes      = strings.Fields("access admin allowed change connection creation deletion device denied end error group indicator info installation protocol start user")
)

func flatten(prefix string, v any, into map[string]any) {
	if inner, ok := v.(map[string]any); ok {
		for k, v := range inner {
			flatten(strings.TrimPrefix(prefix+"."+k, "."), v, into)
		}
		return
	}
	into[prefix] = v
}

func list(v any) []string {
	var all []string
	for _, e := range v.([]any) {
		all = append(all, e.(string))
	}
	return all
}

func TestECS(t *testing.T) {
	kinds := map[string]int{}
	r := reporttest.Case()
	for _, v := range decode(t, write(t, "ecs", r)) {
		d := map[string]any{}
		flatten("", v, d)
		for name, v := range d {
			if !slices.Contains(ecsFields, name) && !strings.HasPrefix(name, "openbits.") {
				t.Errorf("%s is no field of ECS", name)
			}
			if v == "" || v == nil {
				t.Errorf("%s is empty", name)
			}
		}
		for _, name := range []string{"@timestamp", "ecs.version", "event.kind", "event.dataset", "event.category", "event.type", "host.os.type"} {
			if d[name] == nil {
				t.Errorf("%v has no %s", v, name)
			}
		}
		if _, err := time.Parse(time.RFC3339, d["@timestamp"].(string)); err != nil {
			t.Error(err)
		}
		kind := d["event.kind"].(string)
		kinds[kind]++
		for _, c := range []struct {
			allowed []string
			got     []string
		}{{ecsKinds, []string{kind}}, {ecsCategories, list(d["event.category"])}, {ecsTypes, list(d["event.type"])}} {
			for _, g := range c.got {
				if !slices.Contains(c.allowed, g) {
					t.Errorf("ECS does not allow %q", g)
				}
			}
		}
		if d["rule.name"] == "A picture becomes a program" {
			for name, want := range map[string]any{
				"url.domain": "198.51.100.7", "url.port": 8080.0, "url.extension": "jpg", "file.path": `C:\Users\Public\a.exe`, "file.name": "a.exe",
				"file.directory": `C:\Users\Public`, "file.extension": "exe", "user.name": "SYSTEM", "user.domain": "NT AUTHORITY", "process.name": "bitsadmin.exe",
				"event.severity": 73.0, "@timestamp": "2024-05-06T07:08:14.000Z", "openbits.evidence.place": "page 32, offset 0x84210, live",
			} {
				if d[name] != want {
					t.Errorf("%s is %v, want %v", name, d[name], want)
				}
			}
		}
	}
	if kinds["alert"] != len(r.Findings) || kinds["event"] != r.Totals.Events || kinds["state"] != r.Totals.Jobs+r.Totals.Files {
		t.Errorf("there are %v", kinds)
	}
}
