// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Command gen writes attack/table.go from the Turtle form of MITRE's D3FEND ontology (d3fend-protege.ttl):
//
//	go run ./attack/gen -o attack/table.go d3fend-protege.ttl
//
// The file does not say which version it is. That of the digest below is known; for another one -version says it.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
)

// releases are the digests of ontologies whose version is known, with that of the ATT&CK in them.
var releases = map[string][2]string{
	"8858c45a9554989d3e9a3013dd438445e6c7a4298d3eb0c9d6b21a9b666ef389": {"1.2.0", "17.0"},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("gen", flag.ExitOnError)
	out := flags.String("o", "", "`FILE` to write, in place of standard output")
	version := flags.String("version", "", "`VERSION` of the ontology, where its digest is not known")
	inside := flags.String("attack", "", "`VERSION` of ATT&CK in the ontology, where its digest is not known")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("one ontology is needed, not %d", flags.NArg())
	}
	ttl, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return err
	}
	source, err := sourceOf(ttl, *version, *inside)
	if err != nil {
		return err
	}
	table, err := generate(ttl, source)
	if err != nil {
		return fmt.Errorf("%s: %w", flags.Arg(0), err)
	}
	if *out == "" {
		_, err = os.Stdout.Write(table)
		return err
	}
	return os.WriteFile(*out, table, 0o666)
}

// source says which ontology a table is made of.
type source struct{ version, attack, sha256 string }

func sourceOf(ttl []byte, version, inside string) (source, error) {
	sum := sha256.Sum256(ttl)
	s := source{version, inside, hex.EncodeToString(sum[:])}
	if known, ok := releases[s.sha256]; ok && version == "" && inside == "" {
		s.version, s.attack = known[0], known[1]
	}
	if s.version == "" || s.attack == "" {
		return s, fmt.Errorf("nothing says which version the ontology with SHA-256 %s is: give -version and -attack", s.sha256)
	}
	return s, nil
}
