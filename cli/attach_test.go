// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

func TestDiffers(t *testing.T) {
	file := api.File{URL: "https://h/a?…", Path: "/d/a", Digest: &api.Digest{Algorithm: "sha256", Expected: "ab"}}
	asked := func(change func(*api.NewFile)) map[string]api.NewFile {
		f := api.NewFile{URL: "https://h/a?sig=2", Destination: api.Destination{Path: "/d/a"}, Digest: api.NewDigest{Algorithm: "sha256", Expected: "ab"}}
		change(&f)
		return map[string]api.NewFile{f.Destination.Path: f}
	}
	for name, c := range map[string]struct {
		change func(*api.NewFile)
		want   string
	}{
		"the same":       {func(*api.NewFile) {}, ""},
		"no digest now":  {func(f *api.NewFile) { f.Digest = api.NewDigest{} }, ""},
		"another URL":    {func(f *api.NewFile) { f.URL = "https://h/b?sig=2" }, "its job fetches https://h/a?…"},
		"no secret":      {func(f *api.NewFile) { f.URL = "https://h/a" }, "its job fetches https://h/a?…"},
		"another digest": {func(f *api.NewFile) { f.Digest.Expected = "cd" }, "does not check for the digest"},
		"another place":  {func(f *api.NewFile) { f.Destination.Path = "/d/b" }, "its job also fetches /d/a"},
	} {
		if got := differs(file, asked(c.change)); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: differs = %q, want %q", name, got, c.want)
		}
	}
}

func TestLastError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "service.log")
	old := "time=x level=ERROR msg=\"" + logEnded + "\" kind=disk_full error=y\nbits: old\n"
	text := old + "time=x level=INFO msg=ready\ntime=x level=ERROR msg=\"" + logEnded + "\" kind=service_running error=\"z\"\n" +
		"bits: cannot start the service: another runs\nhint: Use it.\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if kind, said := lastError(path, int64(len(old))); kind != openbits.KindServiceRunning || said != "another runs" {
		t.Errorf("last error = %q, %q", kind, said)
	}
	if kind, said := lastError(path, int64(len(text))); kind != "" || said != "it ended at once" {
		t.Errorf("last error of a log that says nothing = %q, %q", kind, said)
	}
	if kind, _ := lastError(path+"x", 0); kind != "" {
		t.Errorf("last error of no log = %q", kind)
	}
}

func TestServiceEnvironment(t *testing.T) {
	got := serviceEnv([]string{"HOME=/h", "SECRET_TOKEN=x", "OPENBITS_HOME=/o", "PATH=/bin", "AWS_KEY=y", "http_proxy=p"})
	if want := []string{"HOME=/h", "OPENBITS_HOME=/o", "PATH=/bin"}; !slices.Equal(got, want) {
		t.Errorf("environment = %q, want %q", got, want)
	}
}
