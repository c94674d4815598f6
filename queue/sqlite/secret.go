// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/seal"
)

// sealRoute is what is stored of a route: nil when it holds nothing.
func sealRoute(box *seal.Box, id string, r openbits.Route) ([]byte, error) {
	plain, err := json.Marshal(r)
	if err != nil || string(plain) == "{}" {
		return nil, err
	}
	return box.Seal(plain, "route", id), nil
}

// sealURL is what is stored of a file's URL: in clear what RedactURL leaves, and the whole of it sealed
// when that is not the same.
func sealURL(box *seal.Box, f *openbits.File) (clear string, sealed []byte) {
	if !secretURL(f.URL) {
		return f.URL, nil
	}
	return openbits.RedactURL(f.URL), box.Seal([]byte(f.URL), "url", f.JobID, strconv.Itoa(f.Index))
}

// secretURL reports whether a URL may hold a secret: it has a user, query or fragment, or nobody can tell.
func secretURL(raw string) bool {
	if strings.ContainsAny(raw, "@?#") {
		return true
	}
	_, err := url.Parse(raw)
	return err != nil
}

// openURL puts the whole URL into a row that was read.
func openURL(box *seal.Box, r *fileRow) error {
	if !r.secret {
		return nil
	}
	plain, err := box.Open(r.sealed, "url", r.JobID, strconv.Itoa(r.Index))
	if err != nil {
		return withheld("the URL of file "+strconv.Itoa(r.Index)+" of job "+r.JobID, r.Index, err)
	}
	r.URL = string(plain)
	return nil
}

func withheld(what string, index int, err error) error {
	e := *openbits.AsError(err)
	e.Object, e.File = what, index
	return &e
}

// Route answers the secrets a job was created with. Kinds: not_found, secret_unreadable.
func (s *Store) Route(ctx context.Context, id string) (route openbits.Route, err error) {
	defer s.end("read", &err)
	if err := s.begin(ctx); err != nil {
		return route, err
	}
	var routed bool
	var sealed []byte
	err = s.get(ctx, []any{&routed, &sealed},
		"SELECT j.routed, r.sealed FROM jobs j LEFT JOIN routes r ON r.job = j.seq WHERE j.id = ?", id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return route, noJob(id)
	case err != nil:
		return route, err
	case !routed:
		return route, nil
	}
	plain, err := s.box.Open(sealed, "route", id)
	if err != nil {
		return route, withheld("the credentials and headers of job "+id, -1, err)
	}
	err = json.Unmarshal(plain, &route)
	return route, err
}
