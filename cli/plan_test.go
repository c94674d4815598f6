// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

// environment is an app whose environment is pairs alone.
func environment(pairs ...string) *app {
	values := map[string]string{"NETRC": filepath.Join(os.DevNull, "none")}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return &app{
		Stdio: Stdio{In: strings.NewReader(""), Out: &strings.Builder{}, Err: &strings.Builder{}},
		env:   func(name string) string { return values[name] },
	}
}

func (a *app) said() string { return a.Err.(*strings.Builder).String() }

func planned(t *testing.T, a *app, line ...string) (api.NewJob, error) {
	t.Helper()
	c := &cobra.Command{}
	var f getFlags
	f.register(c)
	if err := c.ParseFlags(line); err != nil {
		t.Fatal(err)
	}
	return f.plan(a, c.Flags().Args())
}

func TestPlan(t *testing.T) {
	folder := t.TempDir()
	sums := filepath.Join(folder, "SUMS")
	a256, b512 := strings.Repeat("ab", 32), strings.Repeat("cd", 64)
	text := a256 + "  a b.iso\nSHA512 (other.bin) = " + b512 + "\n"
	if err := os.WriteFile(sums, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a := environment("HTTPS_PROXY", "proxy.example:3128", "no_proxy", "localhost")
	a.In = strings.NewReader("# more\n\nhttps://two.example/other.bin?sig=1\n")
	job, err := planned(t, a, "https://one.example/x/a%20b.iso", "-i", "-", "-d", folder, "--checksums", sums, "--limit", "1M",
		"--priority", "low", "--overwrite", "-H", "X-Token: t", "--name", "both")
	if err != nil {
		t.Fatal(err)
	}
	if job.ID == "" || !job.Start || !job.Settings.AutoComplete || job.Settings.Umask == "" {
		t.Errorf("job = %+v", job)
	}
	job.ID, job.Settings.Umask = "", ""
	want := api.NewJob{
		Name: "both", Type: openbits.TypeDownload, Priority: openbits.PriorityLow, Start: true,
		Settings: api.NewSettings{AutoComplete: true, Overwrite: true, Limit: 1 << 20},
		Route: api.Route{
			Headers: []api.Header{{Name: "X-Token", Value: "t"}},
			Proxy:   api.Proxy{HTTPS: "http://proxy.example:3128", No: "localhost"},
		},
		Files: []api.NewFile{
			{
				URL: "https://one.example/x/a%20b.iso", Destination: api.Destination{Path: filepath.Join(folder, "a b.iso")},
				Digest: api.NewDigest{Algorithm: "sha256", Expected: a256},
			},
			{
				URL: "https://two.example/other.bin?sig=1", Destination: api.Destination{Path: filepath.Join(folder, "other.bin")},
				Digest: api.NewDigest{Algorithm: "sha512", Expected: b512},
			},
		},
	}
	if diff := cmp.Diff(want, job); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

func TestPlanOfOneNamedFile(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	job, err := planned(t, environment(), "https://one.example/", "-o", "sub/x", "--sha256", strings.Repeat("AB", 32))
	if err != nil {
		t.Fatal(err)
	}
	want := []api.NewFile{{
		URL: "https://one.example/", Destination: api.Destination{Path: filepath.Join(here, "sub", "x")},
		Digest: api.NewDigest{Algorithm: "sha256", Expected: strings.Repeat("ab", 32)},
	}}
	if diff := cmp.Diff(want, job.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestProxies(t *testing.T) {
	for name, c := range map[string]struct {
		flag string
		env  []string
		want api.Proxy
	}{
		"nothing":            {},
		"no proxy at all":    {env: []string{"NO_PROXY", "x"}},
		"lower case first":   {env: []string{"http_proxy", "http://a:1", "HTTP_PROXY", "http://b:1"}, want: api.Proxy{HTTP: "http://a:1"}},
		"all":                {env: []string{"ALL_PROXY", "socks5://a:1", "https_proxy", "b:2"}, want: api.Proxy{HTTP: "socks5://a:1", HTTPS: "http://b:2"}},
		"flag":               {flag: "c:3", env: []string{"https_proxy", "b:2", "NO_PROXY", "x"}, want: api.Proxy{HTTP: "http://c:3", HTTPS: "http://c:3", No: "x"}},
		"off":                {flag: "off", env: []string{"https_proxy", "b:2"}},
		"socks":              {flag: "socks://c:3", want: api.Proxy{HTTP: "socks5h://c:3", HTTPS: "socks5h://c:3"}},
		"user and password":  {flag: "http://u:p@c:3", want: api.Proxy{HTTP: "http://u:p@c:3", HTTPS: "http://u:p@c:3"}},
		"spaces are nothing": {env: []string{"http_proxy", " "}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := proxyFrom(c.flag, environment(c.env...).env)
			if err != nil || got != c.want {
				t.Errorf("proxies = %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestNetrcGivesOnlyWhatIsNeeded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "netrc")
	text := "machine one.example login ann password a\nmachine other.example login bob password b\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	a := environment("NETRC", path)
	job, err := planned(t, a, "https://one.example:8443/f", "https://one.example/g", "https://user:pw@other.example/h")
	if err != nil {
		t.Fatal(err)
	}
	want := []api.Credential{{Host: "one.example", User: "ann", Password: "a"}}
	if diff := cmp.Diff(want, job.Route.Credentials); diff != "" {
		t.Errorf("credentials (-want +got):\n%s", diff)
	}
	if !strings.Contains(a.said(), "chmod 600") {
		t.Errorf("a file that others can read was not warned of: %q", a.said())
	}
	job, err = planned(t, environment("NETRC", path), "--no-netrc", "https://one.example/f")
	if err != nil || job.Route.Credentials != nil {
		t.Errorf("with --no-netrc: %v, %v", job.Route.Credentials, err)
	}
	if err := os.WriteFile(path, []byte("machine a login b\nhunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	a = environment("NETRC", path)
	if _, err = planned(t, a, "https://one.example/f"); err != nil || !strings.Contains(a.said(), "line 2") || strings.Contains(a.said(), "hunter2") {
		t.Errorf("a broken file: %v, said %q", err, a.said())
	}
	if _, err = planned(t, a, "--netrc", "https://one.example/f"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a broken file with --netrc: %v", err)
	}
}

func TestChanges(t *testing.T) {
	c, err := parseChange([]string{"name=a=b", "priority=HIGH", "limit=off", "retry=30s", "url[2]=https://x.example/y"})
	if err != nil {
		t.Fatal(err)
	}
	name, priority, limit, retry := "a=b", openbits.PriorityHigh, int64(0), api.Seconds(30)
	want := api.JobChange{Name: &name, Priority: &priority, Settings: api.SettingsChange{Limit: &limit, RetryDelay: &retry}}
	if diff := cmp.Diff(want, c.job); diff != "" || !c.any || len(c.urls) != 1 || c.urls[0] != (renewal{2, "https://x.example/y"}) {
		t.Errorf("change = %+v\n%s", c, diff)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "abc", 3}, {"list", "list", 0}, {"lsit", "list", 1}, {"sha265", "sha256", 1}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
