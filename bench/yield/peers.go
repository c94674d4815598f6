// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// order is what a background is to do.
type order struct {
	bits     string // the program under test
	dir      string // where to put files
	ca       string // certificate to trust
	urls     []string
	sink     string // where to upload to
	source   string // a file to upload
	upload   bool
	priority string
}

// cannot is why a background cannot do an order.
type cannot string

func (c cannot) Error() string { return string(c) }

// peer is a program that transfers in the background.
type peer struct {
	name  string
	needs string // a program that must be installed
	own   bool   // it is openbits: it needs its service
	// commands are the command lines that run at the same time.
	commands func(order) ([][]string, error)
}

// peers are all backgrounds, openbits first.
func peers() []peer {
	return []peer{
		{name: "openbits", own: true, commands: openbits},
		{name: "curl", needs: "curl", commands: curl()},
		{name: "wget", needs: "wget", commands: wget},
		{name: "aria2c", needs: "aria2c", commands: aria2c},
	}
}

func openbits(o order) ([][]string, error) {
	argv := []string{o.bits, "get", "--cacert", o.ca, "-d", o.dir}
	rest := o.urls
	if o.upload { // as curl does: one PUT
		argv, rest = []string{o.bits, "put", "--cacert", o.ca, "--protocol", "put"}, []string{o.source, o.sink}
	}
	if o.priority != "" {
		argv = append(argv, "--priority", o.priority)
	}
	return [][]string{append(argv, rest...)}, nil
}

func curl(more ...string) func(order) ([][]string, error) {
	return func(o order) ([][]string, error) {
		argv := append([]string{"curl", "-sS", "--noproxy", "*", "--cacert", o.ca}, more...)
		if o.upload {
			return [][]string{append(argv, "-o", os.DevNull, "-T", o.source, o.sink)}, nil
		}
		if n := len(o.urls); n > 1 {
			argv = append(argv, "--parallel", "--parallel-immediate", "--parallel-max", strconv.Itoa(n))
		}
		for n, u := range o.urls {
			argv = append(argv, "-o", file(o, n), u)
		}
		return [][]string{argv}, nil
	}
}

// wget has no parallel transfers: there is one of it for each.
func wget(o order) (list [][]string, err error) {
	if o.upload {
		return nil, cannot("it has no uploads of big files")
	}
	for n, u := range o.urls {
		list = append(list, []string{"wget", "-q", "--no-config", "--no-proxy", "--ca-certificate=" + o.ca, "-O", file(o, n), u})
	}
	return list, nil
}

// aria2c opens several connections for one file.
func aria2c(o order) ([][]string, error) {
	if o.upload {
		return nil, cannot("it has no uploads")
	}
	n := strconv.Itoa(len(o.urls))
	return [][]string{{
		"aria2c", "-q", "--no-conf", "--file-allocation=none", "--all-proxy=", "--ca-certificate=" + o.ca,
		"-x" + n, "-s" + n, "-k1M", "-d", o.dir, "-o", "f0", o.urls[0],
	}}, nil
}

func file(o order, n int) string { return filepath.Join(o.dir, "f"+strconv.Itoa(n)) }

// custom is a background by its command line, in which {URL} stands for all URLs, {DIR} for a folder, {CA} for the certificate to
// trust, {SINK} for the URL to upload to and {FILE} for a file to upload.
func custom(definition string) (peer, error) {
	name, command, ok := strings.Cut(definition, "=")
	fields := strings.Fields(command)
	if !ok || name == "" || len(fields) == 0 {
		return peer{}, errors.New("-peer wants NAME=COMMAND, such as -peer 'slow=curl -sS --limit-rate 500k -o {DIR}/f {URL}'")
	}
	return peer{name: name, needs: fields[0], commands: func(o order) ([][]string, error) {
		var argv []string
		replace := strings.NewReplacer("{DIR}", o.dir, "{CA}", o.ca, "{SINK}", o.sink, "{FILE}", o.source)
		for _, f := range fields {
			if f == "{URL}" {
				argv = append(argv, o.urls...)
				continue
			}
			argv = append(argv, replace.Replace(f))
		}
		return [][]string{argv}, nil
	}}, nil
}

// missing tells why a peer cannot take part, "" if it can.
func (p peer) missing() string {
	if p.needs == "" {
		return ""
	}
	if _, err := exec.LookPath(p.needs); err != nil {
		return p.name + ": " + p.needs + " is not installed"
	}
	return ""
}
