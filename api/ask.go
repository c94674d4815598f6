// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/openbits/openbits"
)

// Job is what j asks for, without owner and client, which the kernel names.
// Kinds: invalid_argument, invalid_name; the message names the field.
func (j NewJob) Job() (openbits.NewJob, error) {
	settings, err := j.Settings.settings()
	if err != nil {
		return openbits.NewJob{}, err
	}
	files, err := FilesAsked(j.Files)
	if err != nil {
		return openbits.NewJob{}, err
	}
	out := openbits.NewJob{
		ID: j.ID, Name: j.Name, Description: j.Description, Type: j.Type, Priority: j.Priority,
		Settings: settings, Route: j.Route.route(), Files: files, Start: j.Start,
	}
	if out.Type == "" {
		out.Type = openbits.TypeDownload
	}
	if out.Priority == "" {
		out.Priority = openbits.PriorityNormal
	}
	return out, nil
}

func (s NewSettings) settings() (openbits.Settings, error) {
	out := openbits.DefaultSettings()
	out.AutoComplete, out.Overwrite, out.Limit = s.AutoComplete, s.Overwrite, s.Limit
	if s.Limit < 0 {
		return out, invalid("settings.limit", "it is negative")
	}
	for _, d := range []struct {
		name string
		in   *Seconds
		out  *time.Duration
	}{
		{"settings.retry_delay", s.RetryDelay, &out.RetryDelay},
		{"settings.no_progress_timeout", s.NoProgressTimeout, &out.NoProgressTimeout},
		{"settings.max_download_time", s.MaxDownloadTime, &out.MaxDownloadTime},
	} {
		if d.in == nil {
			continue
		}
		value, err := duration(d.name, *d.in)
		if err != nil {
			return out, err
		}
		*d.out = value
	}
	if s.Umask != "" {
		mask, err := strconv.ParseUint(s.Umask, 8, 32)
		if err != nil || mask > 0o777 {
			return out, invalid("settings.umask", "it is not an octal number up to 777")
		}
		out.Umask = uint32(mask)
	}
	return out, nil
}

// duration is s as a duration of Go, which ends at 292 years.
func duration(field string, s Seconds) (time.Duration, error) {
	if math.IsNaN(float64(s)) || s < 0 || float64(s) >= math.MaxInt64/float64(time.Second) {
		return 0, invalid(field, "it is not a number of seconds that a duration can be")
	}
	return s.Duration(), nil
}

func (r Route) route() openbits.Route {
	out := openbits.Route{Proxy: openbits.Proxy(r.Proxy), CA: r.CA, Cert: r.Cert, Key: r.Key}
	for _, h := range r.Headers {
		out.Headers = append(out.Headers, openbits.Header(h))
	}
	for _, c := range r.Credentials {
		out.Credentials = append(out.Credentials, openbits.Credential(c))
	}
	return out
}

// FilesAsked are the files that a request asks for. Kinds: invalid_argument, invalid_name; the message names the field.
func FilesAsked(files []NewFile) ([]openbits.NewFile, error) {
	var out []openbits.NewFile
	for i, f := range files {
		if f.Upload != nil {
			file, err := f.upload(fmt.Sprintf("files[%d].upload", i))
			if err != nil {
				return nil, err
			}
			out = append(out, file)
			continue
		}
		folder, name, err := split(fmt.Sprintf("files[%d].destination.path", i), f.Destination.Path)
		if err != nil {
			return nil, err
		}
		if f.Digest.Expected != "" && f.Digest.Algorithm == "" {
			return nil, invalid(fmt.Sprintf("files[%d].digest.algorithm", i), "it is missing beside the expected digest")
		}
		out = append(out, openbits.NewFile{
			URL: f.URL, Folder: folder, Name: name,
			Digest: openbits.Digest{Algorithm: f.Digest.Algorithm, Expected: f.Digest.Expected},
		})
	}
	return out, nil
}

// upload is a file that is to be sent.
func (f NewFile) upload(field string) (openbits.NewFile, error) {
	if f.Destination.Path != "" {
		return openbits.NewFile{}, invalid(field, "a file is either fetched or sent: it cannot have a destination, too")
	}
	up := f.Upload
	out := openbits.NewFile{
		URL: f.URL, Digest: openbits.Digest{Algorithm: f.Digest.Algorithm, Expected: f.Digest.Expected},
		Upload: &openbits.NewUpload{Protocol: up.Protocol, Growing: up.Growing, ReplyLimit: up.ReplyLimit},
	}
	var err error
	if out.Folder, out.Name, err = split(field+".source.path", up.Source.Path); err == nil && up.Reply.Path != "" {
		out.Upload.ReplyFolder, out.Upload.ReplyName, err = split(field+".reply.path", up.Reply.Path)
	}
	return out, err
}

// split parts a final path into folder and name. It changes nothing else about it: what
// dots and links in the folder mean is the file system's to say.
func split(field, path string) (folder, name string, err error) {
	if !filepath.IsAbs(path) {
		return "", "", invalid(field, fmt.Sprintf("%q is not an absolute path", path))
	}
	folder, name = filepath.Split(path)
	if name == "" || name == "." || name == ".." {
		return "", "", &openbits.Error{
			Op: "accept", Object: field, Kind: openbits.KindInvalidName, Context: openbits.ContextNone, File: -1,
			Text: fmt.Sprintf("%q does not end in the name of a file", path), Hint: "Give the whole path of the file, with its name.",
		}
	}
	for len(folder) > len(filepath.VolumeName(folder))+1 && os.IsPathSeparator(folder[len(folder)-1]) {
		folder = folder[:len(folder)-1]
	}
	return folder, name, nil
}

// Job is the change that c asks for. Kind: invalid_argument; the message names the field.
func (c JobChange) Job() (openbits.JobChange, error) {
	out := openbits.JobChange{
		Name: c.Name, Description: c.Description, Priority: c.Priority, Limit: c.Settings.Limit,
	}
	if out.Limit != nil && *out.Limit < 0 {
		return out, invalid("settings.limit", "it is negative")
	}
	for _, d := range []struct {
		name string
		in   *Seconds
		out  **time.Duration
	}{
		{"settings.retry_delay", c.Settings.RetryDelay, &out.RetryDelay},
		{"settings.no_progress_timeout", c.Settings.NoProgressTimeout, &out.NoProgressTimeout},
		{"settings.max_download_time", c.Settings.MaxDownloadTime, &out.MaxDownloadTime},
	} {
		if d.in == nil {
			continue
		}
		value, err := duration(d.name, *d.in)
		if err != nil {
			return out, err
		}
		*d.out = &value
	}
	return out, nil
}

// Read tells the two changes apart: a new URL, or invalid. Kind: invalid_argument unless it is exactly one of the two.
func (c FileChange) Read() (url string, invalidate bool, err error) {
	switch {
	case c.URL != nil && c.Invalid:
		return "", false, invalid("url", "a file cannot get another URL and be marked invalid at once")
	case c.URL != nil && *c.URL == "":
		return "", false, invalid("url", "it is empty")
	case c.URL != nil:
		return *c.URL, false, nil
	case c.Invalid:
		return "", true, nil
	}
	return "", false, invalid("the change of a file", "neither url nor invalid: true is given")
}

func invalid(field, text string) error {
	return &openbits.Error{
		Op: "accept", Object: field, Kind: openbits.KindInvalidArgument, Context: openbits.ContextNone, Text: text, File: -1,
	}
}
