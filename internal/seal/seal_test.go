// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/seal"
)

var key = bytes.Repeat([]byte{7}, seal.KeySize)

func box(t testing.TB, keys ...[]byte) *seal.Box {
	t.Helper()
	b, err := seal.New(keys[0], keys[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealOpen(t *testing.T) {
	b := box(t, key)
	for _, plain := range [][]byte{{}, []byte("x"), bytes.Repeat([]byte("secret "), 1000)} {
		sealed := b.Seal(plain, "url", "job", "3")
		if len(plain) > 4 && bytes.Contains(sealed, plain[:5]) {
			t.Error("the sealed value shows the plain one")
		}
		got, err := b.Open(sealed, "url", "job", "3")
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("Open = %q, %v", got, err)
		}
		if bytes.Equal(sealed, b.Seal(plain, "url", "job", "3")) {
			t.Error("the same value is sealed the same way twice")
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	b := box(t, key)
	sealed := b.Seal([]byte("secret"), "url", "job", "3")
	cases := map[string]func() ([]byte, error){
		"another purpose":   func() ([]byte, error) { return b.Open(sealed, "route", "job", "3") },
		"another row":       func() ([]byte, error) { return b.Open(sealed, "url", "job", "4") },
		"parts that shift":  func() ([]byte, error) { return b.Open(sealed, "url", "job3", "") },
		"fewer parts":       func() ([]byte, error) { return b.Open(sealed, "url", "job") },
		"another key":       func() ([]byte, error) { return box(t, bytes.Repeat([]byte{8}, 32)).Open(sealed, "url", "job", "3") },
		"nothing":           func() ([]byte, error) { return b.Open(nil, "url", "job", "3") },
		"half":              func() ([]byte, error) { return b.Open(sealed[:20], "url", "job", "3") },
		"an unknown format": func() ([]byte, error) { return b.Open(append([]byte{9}, sealed[1:]...), "url", "job", "3") },
	}
	for name, open := range cases {
		if got, err := open(); !errors.Is(err, openbits.KindSecretUnreadable) || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for i := range sealed {
		flipped := bytes.Clone(sealed)
		flipped[i] ^= 1
		if _, err := b.Open(flipped, "url", "job", "3"); !errors.Is(err, openbits.KindSecretUnreadable) {
			t.Errorf("byte %d flipped: %v", i, err)
		}
	}
}

func TestOlderKeysOpen(t *testing.T) {
	old := bytes.Repeat([]byte{1}, seal.KeySize)
	sealed := box(t, old).Seal([]byte("secret"), "x")
	b := box(t, key, old)
	if got, err := b.Open(sealed, "x"); err != nil || string(got) != "secret" {
		t.Errorf("Open = %q, %v", got, err)
	}
	if _, err := box(t, old).Open(b.Seal([]byte("new"), "x"), "x"); err == nil {
		t.Error("a new value is sealed with an older key")
	}
}

func TestNewRefusesShortKeys(t *testing.T) {
	if _, err := seal.New([]byte("short")); err == nil {
		t.Error("a key of 5 bytes is accepted")
	}
}

func TestKeyFile(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	dir := t.TempDir()
	first := open(t, dir)
	sealed := first.Seal([]byte("secret"), "x")
	path := filepath.Join(dir, seal.FileName)
	if runtime.GOOS != "windows" {
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := open(t, dir).Open(sealed, "x"); err != nil || string(got) != "secret" {
		t.Errorf("after a restart: %q, %v", got, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode is %v", info.Mode())
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*new*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestKeyLostOrDamaged(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	for name, harm := range map[string]func(path string) error{
		"lost":  os.Remove,
		"empty": func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"short": func(path string) error { return os.WriteFile(path, []byte("abc"), 0o600) },
		"long":  func(path string) error { return os.WriteFile(path, make([]byte, 5000), 0o600) },
		"other": func(path string) error { return os.WriteFile(path, make([]byte, 31), 0o600) },
	} {
		dir := t.TempDir()
		sealed := open(t, dir).Seal([]byte("secret"), "x")
		if err := harm(filepath.Join(dir, seal.FileName)); err != nil {
			t.Fatal(err)
		}
		b := open(t, dir)
		if _, err := b.Open(sealed, "x"); !errors.Is(err, openbits.KindSecretUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
		again := b.Seal([]byte("new"), "x")
		if got, err := open(t, dir).Open(again, "x"); err != nil || string(got) != "new" {
			t.Errorf("%s: what the new key sealed: %q, %v", name, got, err)
		}
		aside, _ := filepath.Glob(filepath.Join(dir, seal.FileName+".damaged-*"))
		if want := name != "lost"; want != (len(aside) == 1) {
			t.Errorf("%s: set aside: %v", name, aside)
		}
	}
}

func TestCredential(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	dir, creds := t.TempDir(), t.TempDir()
	before := open(t, dir).Seal([]byte("before"), "x")
	t.Setenv("CREDENTIALS_DIRECTORY", creds)
	fromFile := open(t, dir).Seal([]byte("still the file's key"), "x")
	if err := os.WriteFile(filepath.Join(creds, seal.CredentialName), key, 0o600); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir)
	for _, sealed := range [][]byte{before, fromFile} {
		if _, err := b.Open(sealed, "x"); err != nil {
			t.Errorf("with a credential the file's key does not open any more: %v", err)
		}
	}
	if _, err := box(t, key).Open(b.Seal([]byte("now"), "x"), "x"); err != nil {
		t.Errorf("the credential is not used: %v", err)
	}
	if err := os.WriteFile(filepath.Join(creds, seal.CredentialName), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Open(dir); !errors.Is(err, openbits.KindInvalidArgument) {
		t.Errorf("a short credential: %v", err)
	}
}

func TestFolderMissing(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if _, err := seal.Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, openbits.KindLocalFile) {
		t.Errorf("Open = %v", err)
	}
}

func open(t *testing.T, dir string) *seal.Box {
	t.Helper()
	b, err := seal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzOpen(f *testing.F) {
	b := box(f, key)
	f.Add(b.Seal([]byte("secret"), "url", "job"))
	f.Add([]byte{1})
	f.Add(bytes.Repeat([]byte{1}, 40))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := b.Open(sealed, "url", "job")
		if err != nil {
			if plain != nil || !errors.Is(err, openbits.KindSecretUnreadable) {
				t.Fatalf("%q, %v", plain, err)
			}
			return
		}
		if _, err := b.Open(sealed, "url", "other"); err == nil {
			t.Fatal("it opens for two purposes")
		}
	})
}
