// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package basicauth

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/openbits/openbits"
)

func hash(t *testing.T, password string) string {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

func TestRequire(t *testing.T) {
	u, err := Parse(strings.NewReader("# people\n\nalice:" + hash(t, "pass:word") + "\nbob:" + strings.Replace(hash(t, "other"), "$2a$", "$2y$", 1) + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	h := u.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, User(r.Context())) }),
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }))
	for range 2 { // the second time from memory
		for _, c := range []struct {
			user, password string
			status         int
		}{
			{"alice", "pass:word", 200},
			{"bob", "other", 200},
			{"alice", "other", 401},
			{"alice", "", 401},
			{"Alice", "pass:word", 401},
			{"", "pass:word", 401},
			{"carol", "pass:word", 401},
			{"alicepass", ":word", 401},
			{"-", "", 401},
		} {
			r := httptest.NewRequest("GET", "/", nil)
			if c.user != "-" {
				r.SetBasicAuth(c.user, c.password)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status || c.status == 200 && w.Body.String() != c.user {
				t.Errorf("%s with %q is answered %d as %q", c.user, c.password, w.Code, w.Body.String())
			}
			if challenge := w.Header().Get("WWW-Authenticate"); (challenge != "") != (c.status == 401) {
				t.Errorf("%s is challenged by %q", c.user, challenge)
			}
		}
	}
	if len(u.remembered) != 2 {
		t.Errorf("%d passwords are remembered, want 2", len(u.remembered))
	}
}

func TestParse(t *testing.T) {
	good := hash(t, "x")
	for text, want := range map[string]string{
		"":                                    "there is no user",
		"alice":                               "line 1: it is not USER:HASH",
		"alice:secret":                        "line 1: the password of alice is not hashed by bcrypt",
		"alice:$apr1$x$y":                     "line 1: the password of alice is not hashed by bcrypt",
		":" + good:                            "line 1: it is not USER:HASH",
		"a:" + good + "\n\na:" + good:         "line 3: the user a is there twice",
		strings.Repeat("a", 129) + ":" + good: "line 1: it is not USER:HASH",
	} {
		if _, err := Parse(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v, want %s", text, err, want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "missing")); openbits.KindOf(err) != openbits.KindLocalFile {
		t.Errorf("a missing file: %v", err)
	}
	name := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(name); openbits.KindOf(err) != openbits.KindInvalidArgument {
		t.Errorf("a bad file: %v", err)
	}
}
