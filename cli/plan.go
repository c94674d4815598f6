// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/checksum"
	"github.com/openbits/openbits/internal/names"
)

// plan makes a job of a command line, without asking anybody. Every error is one of usage.
func (f *getFlags) plan(a *app, args []string) (api.NewJob, error) {
	texts, err := f.allURLs(a.In, args)
	if err != nil {
		return api.NewJob{}, err
	}
	if err := f.check(len(texts)); err != nil {
		return api.NewJob{}, err
	}
	urls, err := parseURLs(texts)
	if err != nil {
		return api.NewJob{}, err
	}
	job, err := f.job.job(a, urls)
	if err != nil {
		return job, err
	}
	job.ID, job.Start, job.Settings.AutoComplete = client.NewID(), true, true
	job.Files, err = f.files(texts, urls)
	if err == nil && job.Name == "" {
		job.Name = nameOf(job.Files)
	}
	return job, err
}

// nameOf names a job of several files after the first of them. A single one is left to the service, as is
// a name that would be too long.
func nameOf(files []api.NewFile) string {
	if len(files) < 2 {
		return ""
	}
	name := fmt.Sprintf("%s and %d more", filepath.Base(files[0].Destination.Path), len(files)-1)
	if len(name) > openbits.MaxNameLength {
		return ""
	}
	return name
}

// check finds flags that contradict each other or the number of URLs.
func (f *getFlags) check(count int) error {
	switch {
	case count == 0:
		return usage("the command line", "no URL is given", `The form is: bits get URL... ; "bits get --help" shows more.`)
	case count > openbits.MaxFiles:
		return usage("the command line", fmt.Sprintf("%d URLs are more than one job takes (%d)", count, openbits.MaxFiles), "Make several jobs of them.")
	case f.output != "" && count > 1:
		return usage("--output", fmt.Sprintf("it names one file, but there are %d URLs", count), "Use -d DIR, or one command for each URL.")
	case f.output != "" && f.folder != "":
		return usage("the command line", "--output and --dir exclude each other", "Write the folder into -o: -o DIR/FILE.")
	case f.output == "-":
		return usage("--output", "a job cannot write to standard output", "A job outlives this command: fetch into a file and read that.")
	case f.digest.given() && count > 1:
		return usage("the command line", fmt.Sprintf("one digest is given for %d URLs", count), "Use --checksums FILE.")
	case f.digest.given() && f.checksums != "":
		return usage("the command line", "--checksums and a digest exclude each other", "Give one of them.")
	case f.output != "" && strings.HasSuffix(f.output, string(filepath.Separator)):
		return usage("--output "+f.output, "it names a folder", "Use -d "+f.output+".")
	}
	if info, err := os.Lstat(f.output); f.output != "" && err == nil && info.IsDir() {
		return usage("--output "+f.output, "it is a folder", "Use -d "+f.output+", or name a file in it.")
	}
	return nil
}

// allURLs are those of the command line and of --input.
func (f *getFlags) allURLs(in io.Reader, args []string) ([]string, error) {
	if f.input == "" {
		return args, nil
	}
	if f.input != "-" {
		file, err := os.Open(f.input)
		if err != nil {
			return nil, usage("--input "+f.input, plainOS(err), "Check the path.")
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<10)
	for lines.Scan() {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line != "" && !strings.HasPrefix(line, "#") {
			args = append(args, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, usage("--input "+f.input, plainOS(err), "The file holds one URL a line.")
	}
	return args, nil
}

// files says where each URL goes and what it must contain.
func (f *getFlags) files(texts []string, urls []*url.URL) ([]api.NewFile, error) {
	list, err := f.readChecksums()
	if err != nil {
		return nil, err
	}
	digest, err := f.digest.digest()
	if err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(f.folder)
	if err != nil {
		return nil, usage("--dir "+f.folder, plainOS(err), "")
	}
	owner := make(map[string]int, len(urls))
	out := make([]api.NewFile, len(urls))
	for i, u := range urls {
		name := names.FromURL(u)
		out[i] = api.NewFile{URL: texts[i], Digest: digest}
		if f.output != "" {
			out[i].Destination.Path, err = filepath.Abs(f.output)
			if err != nil {
				return nil, usage("--output "+f.output, plainOS(err), "")
			}
		} else {
			out[i].Destination.Path = filepath.Join(folder, name)
		}
		// File systems that take A and a for the same are common enough.
		key := strings.ToLower(name)
		if other, taken := owner[key]; taken {
			return nil, usage("the command line", fmt.Sprintf("%s and %s would both be named %q",
				openbits.RedactURL(texts[other]), openbits.RedactURL(texts[i]), name), "Use a command of its own for each, with -o or -d.")
		}
		owner[key] = i
		if list != nil {
			if out[i].Digest, err = listed(list, f.checksums, u, name); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (f *getFlags) readChecksums() (*checksum.List, error) {
	if f.checksums == "" {
		return nil, nil
	}
	if strings.Contains(f.checksums, "://") {
		return nil, usage("--checksums", "it must be a file on this machine", "Fetch the list first, by a way you trust.")
	}
	file, err := os.Open(f.checksums)
	if err != nil {
		return nil, usage("--checksums "+f.checksums, plainOS(err), "Check the path.")
	}
	defer func() { _ = file.Close() }()
	list, err := checksum.Parse(file)
	if err != nil {
		return nil, usage("--checksums "+f.checksums, plainOS(err), `Lines have the form "HEX  NAME" or "SHA256 (NAME) = HEX".`)
	}
	return list, nil
}

// listed finds the digest of a file by the URL's own name or by the one it gets here.
func listed(list *checksum.List, source string, u *url.URL, name string) (api.NewDigest, error) {
	for _, candidate := range []string{path.Base(u.Path), name} {
		if d, ok := list.Find(candidate); ok {
			return api.NewDigest{Algorithm: d.Algorithm, Expected: d.Expected}, nil
		}
	}
	return api.NewDigest{}, usage("--checksums "+source, fmt.Sprintf("it does not list %q", name), "Fetch that file without --checksums, or complete the list.")
}
