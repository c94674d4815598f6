// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/netrc"
)

// netrcFor answers what the user's netrc file says about the hosts of the URLs, and nothing about others:
// a password that no URL needs stays where it is.
func (a *app) netrcFor(urls []*url.URL, must bool) ([]api.Credential, error) {
	path := a.netrcPath()
	file, err := readNetrc(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !must:
		return nil, nil
	case err != nil && must:
		return nil, usage("--netrc "+path, plainOS(err), "Check the file, or leave --netrc out.")
	case err != nil:
		fmt.Fprintf(a.Err, "bits: cannot read %s, going on without it: %s\n", path, plainOS(err))
		return nil, nil
	}
	var list []api.Credential
	seen := map[string]bool{}
	for _, u := range urls {
		host := u.Hostname()
		if u.User != nil || seen[host] {
			continue
		}
		seen[host] = true
		if e, ok := file.Find(host); ok {
			list = append(list, api.Credential{Host: host, User: e.User, Password: e.Password})
		}
	}
	if info, err := os.Stat(path); err == nil && len(list) > 0 && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		fmt.Fprintf(a.Err, "bits: others can read the passwords in %s\nhint: chmod 600 %s\n", path, path)
	}
	return list, nil
}

func (a *app) netrcPath() string {
	if path := a.env("NETRC"); path != "" {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ".netrc"
	}
	return filepath.Join(home, ".netrc")
}

func readNetrc(path string) (*netrc.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return netrc.Parse(f)
}
