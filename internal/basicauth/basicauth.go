// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package basicauth lets in users of a password file: HTTP Basic authentication (RFC 7617) with the passwords hashed by bcrypt.
//
// A wrong password costs the time of one bcrypt, whether the user exists or not, and at most half of the processors.
// A right one is remembered, as a keyed hash and in memory alone, since each request carries it.
package basicauth

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/crypto/bcrypt"

	"github.com/openbits/openbits"
)

// maxRemembered bounds the right passwords in memory; there are hardly more users.
const maxRemembered = 10_000

// maxUsers and maxUser bound a password file and the names in it.
const (
	maxUsers = 100_000
	maxUser  = 128
)

// Users are those of a password file.
type Users struct {
	hashes map[string][]byte
	nobody []byte // the hash that is compared with when there is no such user
	key    [32]byte
	turns  chan struct{}

	mu         sync.Mutex
	remembered map[[sha256.Size]byte]bool
}

// Open reads a password file. Kinds of errors: local_file, invalid_argument.
func Open(name string) (*Users, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &openbits.Error{
			Op: "read", Object: name, Kind: openbits.KindLocalFile, Context: openbits.ContextLocalFile, File: -1, Err: err,
			Hint: `"htpasswd -cB FILE USER" makes such a file.`,
		}
	}
	defer func() { _ = f.Close() }()
	u, err := Parse(f)
	if err != nil {
		return nil, &openbits.Error{
			Op: "read", Object: name, Kind: openbits.KindInvalidArgument, Context: openbits.ContextLocalFile, File: -1, Err: err,
			Hint: `Each line is USER:HASH with a bcrypt hash; "htpasswd -B FILE USER" adds one.`,
		}
	}
	return u, nil
}

// Parse reads lines of the form user:hash as htpasswd -B writes them. Empty ones and those that begin with # are skipped.
func Parse(from io.Reader) (*Users, error) {
	u := &Users{
		hashes: map[string][]byte{}, remembered: map[[sha256.Size]byte]bool{}, turns: make(chan struct{}, max(1, runtime.NumCPU()/2)),
	}
	_, _ = rand.Read(u.key[:]) // never fails, says crypto/rand
	dearest := bcrypt.MinCost
	n := 0
	for lines := bufio.NewScanner(from); ; {
		if !lines.Scan() {
			if err := lines.Err(); err != nil {
				return nil, err
			}
			break
		}
		n++
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, hash, ok := strings.Cut(line, ":")
		cost, err := bcrypt.Cost([]byte(hash))
		switch {
		case !ok || name == "" || len(name) > maxUser || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
			return nil, fmt.Errorf("line %d: it is not USER:HASH with a name of at most %d bytes", n, maxUser)
		case err != nil:
			return nil, fmt.Errorf("line %d: the password of %s is not hashed by bcrypt", n, name)
		case u.hashes[name] != nil:
			return nil, fmt.Errorf("line %d: the user %s is there twice", n, name)
		case len(u.hashes) >= maxUsers:
			return nil, fmt.Errorf("line %d: there are more than %d users", n, maxUsers)
		}
		u.hashes[name], dearest = []byte(hash), max(dearest, cost)
	}
	if len(u.hashes) == 0 {
		return nil, fmt.Errorf("there is no user in it")
	}
	nobody, err := bcrypt.GenerateFromPassword([]byte(rand.Text()), dearest)
	u.nobody = nobody
	return u, err
}

type userKey struct{}

// User is who signed in, "" for nobody.
func User(ctx context.Context) string {
	name, _ := ctx.Value(userKey{}).(string)
	return name
}

// Require lets requests of users pass. The others it answers by refused, which writes status 401; the challenge is set by then.
func (u *Users) Require(next, refused http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, ok := r.BasicAuth()
		if !ok || !u.check(r.Context(), name, password) {
			w.Header().Set("WWW-Authenticate", `Basic realm="openbits", charset="UTF-8"`)
			refused.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, name)))
	})
}

// check compares in a time that does not tell whether the user exists.
func (u *Users) check(ctx context.Context, name, password string) bool {
	hash, exists := u.hashes[name]
	if !exists {
		hash = u.nobody
	}
	known := u.digest(name, password)
	u.mu.Lock()
	right := u.remembered[known]
	u.mu.Unlock()
	if right {
		return true
	}
	select {
	case u.turns <- struct{}{}:
		defer func() { <-u.turns }()
	case <-ctx.Done():
		return false
	}
	if bcrypt.CompareHashAndPassword(hash, []byte(password)) != nil || !exists {
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.remembered) >= maxRemembered {
		clear(u.remembered)
	}
	u.remembered[known] = true
	return true
}

// digest is what is kept of a right password: worthless without the key, which never leaves the process.
func (u *Users) digest(name, password string) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, u.key[:])
	_ = binary.Write(h, binary.LittleEndian, uint64(len(name)))
	_, _ = io.WriteString(h, name+password)
	h.Sum(sum[:0])
	return sum
}
