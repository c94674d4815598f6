// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/openbits/openbits/bench/rig"
)

// host measures one hunt over the evidence of one computer: a database of 1.3 MB and a log of 1.1 MB.
func (b *bench) host(ctx context.Context) error {
	return b.hunt(ctx, 1, "a hunt over one host")
}

// fleet measures one hunt over many.
func (b *bench) fleet(ctx context.Context) error {
	return b.hunt(ctx, b.hosts, fmt.Sprintf("a hunt over %d hosts", b.hosts))
}

// hunt makes the evidence of some hosts, and hunts in it with a JSON report.
func (b *bench) hunt(ctx context.Context, hosts int, what string) error {
	folder, err := b.Folder("evidence")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	size, err := b.collect(ctx, folder, hosts)
	if err != nil {
		return err
	}
	var cpu, wall []time.Duration
	var peak []int64
	code := 0
	for round := range b.runs + 1 { // the first is for the page cache
		if err := ctx.Err(); err != nil {
			return err
		}
		report := filepath.Join(b.Dir, "report.json")
		u, c, err := rig.RunFor(b.Dir, []int{10, 11}, b.Bits, "hunt", folder, "--format", "json", "-o", report)
		if err != nil {
			return err
		}
		if err := whole(report, hosts); err != nil {
			return err
		}
		if err := os.Remove(report); err != nil {
			return err
		}
		if round > 0 {
			cpu, wall, peak, code = append(cpu, u.CPU), append(wall, u.Wall), append(peak, u.Peak), c
		}
	}
	note := fmt.Sprintf("%.1f MB of evidence a host, read and hashed; exit code %d; median of %d runs, least %s, most %s; load average %.1f",
		float64(size)/1e6/float64(hosts), code, b.runs, rig.Seconds(slices.Min(cpu)), rig.Seconds(slices.Max(cpu)), rig.Load())
	b.Figures = append(b.Figures,
		figure{what + ": CPU", rig.Seconds(rig.Median(cpu)), note},
		figure{what + ": CPU a host", rig.Millis(rig.Median(cpu) / time.Duration(hosts)), ""},
		figure{what + ": wall", rig.Seconds(rig.Median(wall)), ""},
		figure{what + ": peak memory", rig.Bytes(rig.Median(peak)), "highest resident set"},
	)
	return nil
}

// whole checks that a report has all hosts.
func whole(path string, hosts int) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var report struct {
		Totals struct{ Hosts, Read, Failed int }
	}
	if err := json.Unmarshal(data, &report); err != nil {
		return err
	}
	if report.Totals.Hosts != hosts || report.Totals.Failed > 0 {
		return fmt.Errorf("the report has %d hosts, not %d, and %d inputs that failed", report.Totals.Hosts, hosts, report.Totals.Failed)
	}
	return nil
}

// collect writes a folder for each host, with the paths that Windows has. The log of each names another computer.
func (b *bench) collect(ctx context.Context, folder string, hosts int) (size int64, err error) {
	database, err := os.ReadFile(filepath.Join(b.corpus, corpusDatabase))
	if err != nil {
		return 0, err
	}
	log, err := os.ReadFile(filepath.Join(b.corpus, corpusLog))
	if err != nil {
		return 0, err
	}
	computer, err := computerOf(log)
	if err != nil {
		return 0, err
	}
	for n := range hosts {
		if err := ctx.Err(); err != nil {
			return size, err
		}
		name := fmt.Sprintf("H%0*d", len(computer)-1, n)
		mine, err := renamed(log, computer, name)
		if err != nil {
			return size, err
		}
		for path, data := range map[string][]byte{
			"C/ProgramData/Microsoft/Network/Downloader/qmgr.db":                        database,
			"C/Windows/System32/winevt/Logs/Microsoft-Windows-Sysmon%4Operational.evtx": mine,
		} {
			full := filepath.Join(folder, name, filepath.FromSlash(path))
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				return size, err
			}
			if err := os.WriteFile(full, data, 0o600); err != nil {
				return size, err
			}
			size += int64(len(data))
		}
	}
	return size, nil
}
