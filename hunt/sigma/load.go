// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFiles bounds the files that Load reads.
const maxFiles = 100_000

// Result says what became of a file of rules.
type Result struct {
	File     string
	Rules    int     // that are used
	Problems []error // what was refused; each is an Error, or one of the file itself
	Unused   []error // sound rules for logs that are not read here
}

// Load adds the rules of a file, or of all .yml and .yaml files beneath a folder, to the set. What is wrong with a file or rule is in its result; the others are
// used. An error is answered only when there is no such file or folder.
func (s *Set) Load(path string) ([]Result, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("cannot read rules: %w", err)
	}
	var results []Result
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			results = append(results, Result{File: name, Problems: []error{err}})
			return nil
		}
		ext := strings.ToLower(filepath.Ext(name))
		if d.IsDir() || name != path && ext != ".yml" && ext != ".yaml" {
			return nil
		}
		if len(results) >= maxFiles {
			return fmt.Errorf("cannot read rules: there are more than %d files in %s", maxFiles, path)
		}
		results = append(results, s.loadFile(name))
		return nil
	})
	return results, err
}

func (s *Set) loadFile(name string) Result {
	data, err := readFile(name)
	if err != nil {
		return Result{File: name, Problems: []error{err}}
	}
	rules, problems := Parse(name, data)
	res := Result{File: name, Problems: problems}
	for _, r := range rules {
		if err := s.Add(r); err != nil {
			res.Unused = append(res.Unused, err)
		} else {
			res.Rules++
		}
	}
	return res
}

// readFile reads a plain file of at most MaxFile bytes: a device or pipe in the folder must not stop the others.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &Error{File: name, What: "it is no plain file"}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	return data, errors.Join(err, f.Close())
}
