// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package size reads and prints sizes, rates and lengths of time as people write them.
//
// Units follow what curl, wget and aria2 taught their users: a bare k, M or G is a power
// of 1024, and so are KiB, MiB and GiB; kB, MB and GB are powers of 1000. Case does not
// matter. A rate may be given in bits, as networks are sold: 100Mbit/s.
package size

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

var prefixes = map[byte]int{'k': 1, 'm': 2, 'g': 3, 't': 4, 'p': 5}

// Parse reads a number of bytes, such as 512, 64k, 1.5GiB or 10MB.
func Parse(text string) (int64, error) {
	n, _, err := parse(text)
	return n, err
}

// ParseRate reads a number of bytes per second: what Parse reads, with or without "/s",
// or a number of bits per second such as 100Mbit/s. The words off, none and
// unlimited, and 0, are 0, which stands for no limit.
func ParseRate(text string) (int64, error) {
	low := strings.ToLower(strings.TrimSpace(text))
	switch low {
	case "off", "none", "unlimited":
		return 0, nil
	}
	amount := strings.TrimSuffix(low, "/s")
	if bits, ok := strings.CutSuffix(amount, "bit"); ok {
		amount = bits + "b"
		n, exact, err := parse(amount)
		if err != nil {
			return 0, fmt.Errorf("%q is no rate", text)
		}
		if exact > 0 && exact < 8 {
			return 0, fmt.Errorf("%q is less than one byte per second", text)
		}
		return n / 8, nil
	}
	n, exact, err := parse(amount)
	if err != nil {
		return 0, fmt.Errorf("%q is no rate; write one like 500k, 2MiB/s, 100Mbit/s or off", text)
	}
	if n == 0 && exact > 0 {
		return 0, fmt.Errorf("%q is less than one byte per second", text)
	}
	return n, nil
}

func parse(text string) (rounded int64, exact float64, err error) {
	wrong := fmt.Errorf("%q is no size; write one like 512, 64k, 1.5GiB or 10MB", text)
	low := strings.ToLower(strings.TrimSpace(text))
	end := 0
	for end < len(low) && (low[end] >= '0' && low[end] <= '9' || low[end] == '.') {
		end++
	}
	number, unit := low[:end], strings.TrimSpace(low[end:])
	value, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, 0, wrong
	}
	factor, err := unitFactor(unit)
	if err != nil {
		return 0, 0, wrong
	}
	exact = value * factor
	if exact >= math.MaxInt64 {
		return 0, 0, fmt.Errorf("%q is too large", text)
	}
	return int64(exact), exact, nil
}

var errUnit = errors.New("unknown unit")

func unitFactor(unit string) (float64, error) {
	if unit == "" || unit == "b" {
		return 1, nil
	}
	power, ok := prefixes[unit[0]]
	if !ok {
		return 0, errUnit
	}
	switch unit[1:] {
	case "", "i", "ib":
		return math.Pow(1024, float64(power)), nil
	case "b":
		return math.Pow(1000, float64(power)), nil
	}
	return 0, errUnit
}

var names = []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}

// Bytes prints n with three significant digits or so: "0 B", "1.5 KiB", "48.0 MiB", "1023 GiB".
// A negative n, which stands for an unknown size, is "?".
func Bytes(n int64) string {
	if n < 0 {
		return "?"
	}
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	value, unit := float64(n), 0
	for value >= 1024 && unit < len(names)-1 {
		value /= 1024
		unit++
	}
	// What would be rounded to 1024 belongs to the next unit.
	if value >= 1023.5 && unit < len(names)-1 {
		value /= 1024
		unit++
	}
	if value >= 99.95 {
		return fmt.Sprintf("%.0f %s", value, names[unit])
	}
	return fmt.Sprintf("%.1f %s", value, names[unit])
}

// Rate prints a number of bytes per second.
func Rate(bytesPerSecond int64) string { return Bytes(bytesPerSecond) + "/s" }
