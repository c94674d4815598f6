// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/server"
	"github.com/openbits/openbits/server/servertest"
)

var update = flag.Bool("update", false, "write api/openapi.yaml anew")

func TestOpenAPIIsTheGoldenFile(t *testing.T) {
	golden := filepath.Join("..", "api", "openapi.yaml")
	s, err := server.New(&servertest.Service{}, server.Options{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	head := "# Generated from the routes: go test ./server -run OpenAPI -update\n"
	if *update {
		if err := os.WriteFile(golden, append([]byte(head), got...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(want), "\r\n", "\n")
	if diff := cmp.Diff(text, head+string(got)); diff != "" {
		t.Errorf("api/openapi.yaml is not what the routes say; run go test ./server -run OpenAPI -update (-file +routes):\n%s", diff)
	}
}
