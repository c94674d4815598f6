// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/seal"
	"github.com/openbits/openbits/queue/sqlite"
)

// secretive makes a queue with two jobs of two files each that keep secrets, and closes it.
func secretive(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s := open(t, dir, sqlite.Options{})
	var c openbits.Change
	for n := range 2 {
		j := benchJob(n)
		c.NewJobs = append(c.NewJobs, openbits.JobRow{Job: j, Route: openbits.Route{
			Headers:     []openbits.Header{{Name: "Authorization", Value: "Bearer s3cret-header"}},
			Credentials: []openbits.Credential{{User: "s3cret-user", Password: "s3cret-password"}},
			Proxy:       openbits.Proxy{HTTP: "http://s3cret-proxy@proxy:3128"}, Key: "s3cret-key",
		}})
		plain, signed := benchFile(j.ID, 0), benchFile(j.ID, 1)
		signed.URL = "https://s3cret-account:s3cret-pass@example.org/a?X-Signature=s3cret-query#s3cret-fragment"
		c.NewFiles = append(c.NewFiles, plain, signed)
	}
	must(t, s.Commit(context.Background(), &c))
	renewed := c.NewFiles[3]
	renewed.URL = "https://example.org/b?X-Signature=s3cret-renewed"
	must(t, s.Commit(context.Background(), &openbits.Change{Renewed: []openbits.File{renewed}}))
	must(t, s.Close())
	return dir
}

func TestSecretsAreSealed(t *testing.T) {
	dir := secretive(t)
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if at := bytes.Index(content, []byte("s3cret")); at >= 0 {
			t.Errorf("%s shows %q", d.Name(), content[at:min(at+20, len(content))])
		}
		info, err2 := d.Info()
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", d.Name(), info.Mode())
		}
		return nil
	}))
	s := open(t, dir, sqlite.Options{})
	f, err := s.File(context.Background(), benchJob(1).ID, 1)
	must(t, err)
	route, err := s.Route(context.Background(), benchJob(1).ID)
	must(t, err)
	if f.URL != "https://example.org/b?X-Signature=s3cret-renewed" || route.Key != "s3cret-key" {
		t.Errorf("read back: %s, %+v", f.URL, route)
	}
}

func TestKeyLost(t *testing.T) {
	dir := secretive(t)
	must(t, os.Remove(filepath.Join(dir, seal.FileName)))
	s := open(t, dir, sqlite.Options{})
	withheld(t, s, benchJob(0).ID)

	// A new URL makes the file whole again.
	ctx := context.Background()
	f, err := s.File(ctx, benchJob(0).ID, 1)
	if !errors.Is(err, openbits.KindSecretUnreadable) {
		t.Fatal(err)
	}
	f.URL = "https://example.org/new?token=1"
	must(t, s.Commit(ctx, &openbits.Change{Renewed: []openbits.File{f}}))
	if got, err := s.File(ctx, f.JobID, 1); err != nil || got.URL != f.URL {
		t.Errorf("renewed: %s, %v", got.URL, err)
	}
}

// withheld checks that the secrets of a job cannot be read, and everything else can.
func withheld(t *testing.T, s *sqlite.Store, id string) {
	t.Helper()
	ctx := context.Background()
	_, err := s.Job(ctx, id)
	must(t, err)
	_, err = s.File(ctx, id, 0)
	must(t, err)
	route, err := s.Route(ctx, id)
	if !errors.Is(err, openbits.KindSecretUnreadable) || len(route.Headers) > 0 {
		t.Errorf("Route = %+v, %v", route, err)
	}
	f, err := s.File(ctx, id, 1)
	if !errors.Is(err, openbits.KindSecretUnreadable) || f.Place != benchFile(id, 1).Place || strings.Contains(f.URL, "s3cret") || f.URL == "" {
		t.Errorf("File = %+v, %v", f, err)
	}
	page, err := s.Files(ctx, id, openbits.FileQuery{})
	if !errors.Is(err, openbits.KindSecretUnreadable) || len(page.Files) != 2 || page.Next != -1 {
		t.Errorf("Files = %+v, %v", page, err)
	}
	_, err = s.CountFiles(ctx, id)
	must(t, err)
}

// TestSecretsCannotMove: a sealed value that somebody copied to another row says nothing there.
func TestSecretsCannotMove(t *testing.T) {
	for name, swap := range map[string]string{
		"between jobs": `CREATE TABLE r AS SELECT * FROM routes; CREATE TABLE f AS SELECT * FROM files WHERE secret;
			UPDATE routes SET sealed = (SELECT sealed FROM r WHERE r.job <> routes.job);
			UPDATE files SET sealed_url = (SELECT sealed_url FROM f WHERE f.id <> files.id) WHERE secret`,
		"damaged": `UPDATE routes SET sealed = x'00'; UPDATE files SET sealed_url = x'01020304' WHERE secret`,
		"removed": `DELETE FROM routes; UPDATE files SET sealed_url = NULL WHERE secret`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := secretive(t)
			db, err := sql.Open("sqlite", filepath.Join(dir, sqlite.FileName))
			must(t, err)
			_, err = db.Exec(swap)
			must(t, err)
			must(t, db.Close())
			s := open(t, dir, sqlite.Options{})
			withheld(t, s, benchJob(0).ID)
			withheld(t, s, benchJob(1).ID)
		})
	}
}
