// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path/filepath"
	"strconv"
)

// scenario is a task that several contenders do.
type scenario struct {
	name  string
	title string
	// kept says that results stay until the scenario is over. Deleting thousands of files slows down
	// whoever makes new ones next: ext4 looks for inodes that were not freed just now.
	kept       bool
	files      func(l *lab) []wanted
	contenders []contender
}

// contender is one way to do it.
type contender struct {
	name    string
	own     bool // it is bits
	durable bool // when it returns, the files survive a power cut
	cold    bool // bits without a running service
	needs   string
	// commands do the task in the working folder, the results going to the folder out.
	commands func(l *lab, out string) [][]string
}

// wanted is a file that must be there in the end, with the content of a file of the origin.
type wanted struct{ name, source string }

const bigName = "big.bin"

func smallName(n int) string { return "f" + strconv.Itoa(n) + ".bin" }

func bigFile(l *lab) []wanted { return []wanted{{bigName, filepath.Join(l.origin.Root, bigName)}} }

func smallFiles(l *lab) []wanted {
	list := make([]wanted, l.files)
	for n := range list {
		list[n] = wanted{smallName(n), filepath.Join(l.origin.Root, "small", smallName(n))}
	}
	return list
}

func oneSmallFile(l *lab) []wanted { return smallFiles(l)[:1] }

func scenarios() []scenario {
	return []scenario{
		{name: "big", title: "one big file, HTTP", files: bigFile, contenders: append(
			one(func(l *lab) string { return l.origin.URL + "/" + bigName }, bigName, nil),
			plain(func(l *lab) string { return l.origin.URL + "/" + bigName }, bigName)...,
		)},
		{name: "https", title: "one big file, HTTPS, HTTP/1.1", files: bigFile, contenders: one(
			func(l *lab) string { return l.origin.TLS + "/" + bigName }, bigName, nil)},
		{name: "http2", title: "one big file, HTTPS, HTTP/2 offered (wget and aria2c speak HTTP/1.1 alone)", files: bigFile, contenders: one(
			func(l *lab) string { return l.origin.TLS2 + "/" + bigName }, bigName, nil)},
		{name: "digest", title: "one big file whose SHA-256 is checked, HTTP", files: bigFile, contenders: one(
			func(l *lab) string { return l.origin.URL + "/" + bigName }, bigName, func(l *lab) string { return l.digest })},
		{name: "one", title: "one file of 4 KiB, HTTP", files: oneSmallFile, contenders: one(
			func(l *lab) string { return l.origin.URL + "/small/" + smallName(0) }, smallName(0), nil)},
		// The last, since what it leaves to be deleted keeps the file system busy for a while.
		{name: "small", title: "many files of 4 KiB in one job, HTTP", kept: true, files: smallFiles, contenders: many()},
	}
}

func scenarioNames() []string {
	var list []string
	for _, s := range scenarios() {
		list = append(list, s.name)
	}
	return list
}

// one are the contenders for one file that is to be durable, with an expected digest where one is given.
func one(url func(*lab) string, name string, digest func(*lab) string) []contender {
	// check is how a program that does not check digests itself has it done.
	check := func(l *lab, file string) [][]string {
		if digest == nil {
			return nil
		}
		return [][]string{{"sha256sum", "--quiet", "--check", l.sums(file)}}
	}
	sync := func(file string) []string { return []string{"sync", file} }
	bits := func(l *lab, out string) [][]string {
		argv := []string{l.rig.Bits, "get", "--cacert", l.origin.CAFile, "-o", filepath.Join(out, name)}
		if digest != nil {
			argv = append(argv, "--sha256", digest(l))
		}
		return [][]string{append(argv, url(l))}
	}
	return []contender{
		{name: "bits get", own: true, durable: true, commands: bits},
		{name: "bits get, service not running", own: true, durable: true, cold: true, commands: bits},
		{name: "curl && sync", durable: true, needs: "curl", commands: func(l *lab, out string) [][]string {
			file := filepath.Join(out, name)
			argv := []string{"curl", "-sSf", "--cacert", l.origin.CAFile, "-o", file, url(l)}
			return append([][]string{argv, sync(file)}, check(l, file)...)
		}},
		{name: "wget && sync", durable: true, needs: "wget", commands: func(l *lab, out string) [][]string {
			file := filepath.Join(out, name)
			argv := []string{"wget", "-nv", "--ca-certificate=" + l.origin.CAFile, "-O", file, url(l)}
			return append([][]string{argv, sync(file)}, check(l, file)...)
		}},
		{name: "aria2c && sync", durable: true, needs: "aria2c", commands: func(l *lab, out string) [][]string {
			argv := aria2(l, "-d", out, "-o", name)
			if digest != nil {
				argv = append(argv, "--checksum=sha-256="+digest(l))
			}
			return [][]string{append(argv, url(l)), sync(filepath.Join(out, name))}
		}},
	}
}

// aria2 begins a command line: quiet, no configuration of the user's, room reserved as bits does it
// (which is also faster for it than its default and than none), server certificates checked.
func aria2(l *lab, args ...string) []string {
	return append([]string{"aria2c", "-q", "--no-conf", "--file-allocation=falloc", "--ca-certificate=" + l.origin.CAFile}, args...)
}

// plain are the peers without the sync: when they return, a power cut may still take the file.
func plain(url func(*lab) string, name string) []contender {
	return []contender{
		{name: "curl", needs: "curl", commands: func(l *lab, out string) [][]string {
			return [][]string{{"curl", "-sSf", "-o", filepath.Join(out, name), url(l)}}
		}},
		{name: "wget", needs: "wget", commands: func(l *lab, out string) [][]string {
			return [][]string{{"wget", "-nv", "-O", filepath.Join(out, name), url(l)}}
		}},
		{name: "aria2c", needs: "aria2c", commands: func(l *lab, out string) [][]string {
			return [][]string{aria2(l, "-d", out, "-o", name, url(l))}
		}},
		{name: "aria2c -x4", needs: "aria2c", commands: func(l *lab, out string) [][]string {
			return [][]string{aria2(l, "-x4", "-s4", "-d", out, "-o", name, url(l))}
		}},
	}
}

// many are the contenders for the small files. The peers are made durable as cheaply as it goes: by one
// sync of the whole volume in the end.
func many() []contender {
	bits := func(l *lab, out string) [][]string { return [][]string{{l.rig.Bits, "get", "-d", out, "-i", l.list}} }
	aria := func(l *lab, out string) []string { return aria2(l, "-j16", "-d", out, "-i", l.list) }
	curl := func(l *lab, out string) []string {
		return []string{"curl", "-sSf", "--parallel", "--parallel-max", "16", "--output-dir", out, "-K", l.config}
	}
	wget := func(l *lab, out string) []string { return []string{"wget", "-nv", "-P", out, "-i", l.list} }
	then := func(argv func(*lab, string) []string, sync bool) func(*lab, string) [][]string {
		return func(l *lab, out string) [][]string {
			if sync {
				return [][]string{argv(l, out), {"sync", "-f", out}}
			}
			return [][]string{argv(l, out)}
		}
	}
	return []contender{
		{name: "bits get -i", own: true, durable: true, commands: bits},
		{name: "aria2c -j16 -i && sync -f", durable: true, needs: "aria2c", commands: then(aria, true)},
		{name: "curl --parallel -K && sync -f", durable: true, needs: "curl", commands: then(curl, true)},
		{name: "wget -i && sync -f", durable: true, needs: "wget", commands: then(wget, true)},
		{name: "aria2c -j16 -i", needs: "aria2c", commands: then(aria, false)},
		{name: "curl --parallel -K", needs: "curl", commands: then(curl, false)},
		{name: "wget -i", needs: "wget", commands: then(wget, false)},
	}
}
