// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package size

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// units in the order in which their names are tried: "ms" and "min" before "m".
var units = []struct {
	name string
	is   time.Duration
}{
	{"ms", time.Millisecond},
	{"min", time.Minute},
	{"s", time.Second},
	{"m", time.Minute},
	{"h", time.Hour},
	{"d", day},
	{"w", 7 * day},
}

// ParseDuration reads a length of time that is not negative, such as 30s, 1h30m, 14d or 2w. The unit must be given;
// only 0 needs none.
func ParseDuration(text string) (time.Duration, error) {
	rest := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(text)), " ", "")
	if rest == "0" {
		return 0, nil
	}
	wrong := fmt.Errorf("%q is no length of time; write one like 30s, 5m, 1h30m or 14d", text)
	if rest == "" {
		return 0, wrong
	}
	total := 0.0
	for rest != "" {
		end := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if end <= 0 {
			return 0, wrong
		}
		value, err := strconv.ParseFloat(rest[:end], 64)
		if err != nil {
			return 0, wrong
		}
		rest = rest[end:]
		found := false
		for _, u := range units {
			if tail, ok := strings.CutPrefix(rest, u.name); ok {
				rest, found = tail, true
				total += value * float64(u.is)
				break
			}
		}
		if !found {
			return 0, wrong
		}
	}
	if total >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is too long", text)
	}
	return time.Duration(total), nil
}

// Duration prints d with its two largest units: "850 ms", "5.2 s", "1 min 5 s", "2 h 3 min", "4 d 2 h".
func Duration(d time.Duration) string {
	if d < 0 {
		d = 0
	}
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 9950*time.Millisecond:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
	case d.Round(time.Second) < time.Minute:
		return fmt.Sprintf("%d s", d.Round(time.Second)/time.Second)
	case d.Round(time.Second) < time.Hour:
		return pair(d.Round(time.Second), time.Minute, "min", time.Second, "s")
	case d.Round(time.Minute) < day:
		return pair(d.Round(time.Minute), time.Hour, "h", time.Minute, "min")
	default:
		return pair(d.Round(time.Hour), day, "d", time.Hour, "h")
	}
}

func pair(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	text := fmt.Sprintf("%d %s", d/large, largeName)
	if rest := d % large / small; rest > 0 {
		text += fmt.Sprintf(" %d %s", rest, smallName)
	}
	return text
}

// Clock prints a time that is left, as short as a progress line needs it: "0:21", "12:05", "1:02:03", "4d 02h".
func Clock(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 0:
		return "0:00"
	case s < 3600:
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	case s < 100*86400:
		return fmt.Sprintf("%dd %02dh", s/86400, s/3600%24)
	default:
		return ">99d"
	}
}
