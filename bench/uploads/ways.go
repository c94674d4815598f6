// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/openbits/openbits/bench/rig"
)

// way is one way to get a file to a server. send answers what the client took, nothing where that is this program.
type way struct {
	name  string
	start func() (*rig.Site, error)
	send  func(s *rig.Site) (rig.Usage, error)
}

// allWays are those that are compared, the peer first.
func allWays(r *rig.Rig, source string, o options) ([]way, error) {
	program, err := rig.Find("curl", "curl")
	if err != nil {
		return nil, err
	}
	serves := 0
	serve := func() (*rig.Site, error) {
		serves++
		return r.StartServe(fmt.Sprintf("serve-%d", serves))
	}
	curl := func(s *rig.Site, more ...[]string) (rig.Usage, error) {
		argv := []string{program, "-sSf", "-H", "Expect:", "-o", os.DevNull, "-T", source, s.URL + "/file"}
		return rig.Run(r.Dir, nil, append([][]string{argv}, more...)...)
	}
	service, err := r.StartService(filepath.Join(r.Dir, "home"))
	if err != nil {
		return nil, err
	}
	put := func(protocol string) func(s *rig.Site) (rig.Usage, error) {
		return func(s *rig.Site) (rig.Usage, error) {
			argv := []string{r.Bits, "put", "--protocol", protocol, "--priority", o.priority, source, s.URL + "/file"}
			return service.Measure(func() (rig.Usage, error) { return rig.Run(r.Dir, service.Env(), argv) })
		}
	}
	return []way{
		{"curl -T to nginx, not synced", r.StartDAV, func(s *rig.Site) (rig.Usage, error) { return curl(s) }},
		{"curl -T to nginx && sync FILE", r.StartDAV, func(s *rig.Site) (rig.Usage, error) {
			return curl(s, []string{"sync", filepath.Join(s.Root, "file")})
		}},
		{"fragments to bits serve, each synced", serve, func(s *rig.Site) (rig.Usage, error) {
			return rig.Usage{}, sendFile(s.URL, source, o)
		}},
		{"bits put to bits serve, each fragment synced", serve, put("bits")},
		{"bits put to nginx, not synced", r.StartDAV, put("put")},
	}, nil
}
