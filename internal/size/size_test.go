// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package size

import (
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "512": 512, "64k": 64 << 10, "64K": 64 << 10, "1.5GiB": 3 << 29, "10MB": 10_000_000, "10 MiB": 10 << 20,
		"1t": 1 << 40, "2kb": 2000, "3b": 3, ".5k": 512,
	} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "k", "-1", "1.2.3", "10x", "1e3", "9999999P", "10 M B", "NaN", "1kk"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %d, want an error", text, got)
		}
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]int64{
		"off": 0, "none": 0, "0": 0, "500k": 500 << 10, "2MiB/s": 2 << 20, "2mb/s": 2_000_000,
		"100Mbit/s": 12_500_000, "8bit": 1, "1": 1,
	} {
		if got, err := ParseRate(text); err != nil || got != want {
			t.Errorf("ParseRate(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "fast", "-1k", "0.1", "1bit", "1/s/s", "10mbps"} {
		if got, err := ParseRate(text); err == nil {
			t.Errorf("ParseRate(%q) = %d, want an error", text, got)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		-1: "?", 0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 48 << 20: "48.0 MiB", 1023 << 20: "1.0 GiB",
		1<<20 - 1: "1.0 MiB", 102400: "100 KiB", 1<<63 - 1: "8.0 EiB",
	} {
		if n == 1023<<20 {
			want = "1023 MiB"
		}
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "30s": 30 * time.Second, "1h30m": 90 * time.Minute, "14d": 14 * day, "2w": 14 * day, "500ms": 500 * time.Millisecond,
		"5 min": 5 * time.Minute, "1.5h": 90 * time.Minute,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "5", "-5s", "s", "5x", "5s5", "1e9h", "99999999w"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
	for d, want := range map[time.Duration]string{
		850 * time.Millisecond: "850 ms", 5200 * time.Millisecond: "5.2 s", 5 * time.Second: "5 s", 65 * time.Second: "1 min 5 s",
		59700 * time.Millisecond: "1 min", 123 * time.Minute: "2 h 3 min", 98 * time.Hour: "4 d 2 h", -1: "0 ms",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		21 * time.Second: "0:21", 725 * time.Second: "12:05", 3723 * time.Second: "1:02:03", 98 * time.Hour: "4d 02h", 9999 * time.Hour: ">99d",
	} {
		if got := Clock(d); got != want {
			t.Errorf("Clock(%v) = %q, want %q", d, got, want)
		}
	}
}
