// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// value is a value of a record. Its lower-case form is made once, when it is first asked for.
type value struct {
	raw, low string
	lowered  bool
}

func (v *value) text(cased bool) string {
	if cased {
		return v.raw
	}
	if !v.lowered {
		v.low, v.lowered = strings.ToLower(v.raw), true
	}
	return v.low
}

// test holds of a value, or does not.
type test interface{ holds(v *value) bool }

// exactly wants one text. A number holds of every way to write it, as 0x10 and 16.
type exactly struct {
	text   string
	cased  bool
	number bool
	n      int64
}

func (x exactly) holds(v *value) bool {
	if v.text(x.cased) == x.text {
		return true
	}
	if !x.number {
		return false
	}
	n, err := strconv.ParseInt(v.raw, 0, 64)
	return err == nil && n == x.n
}

// within wants a text at a place.
type within struct {
	text  string
	where place
	cased bool
}

func (w within) holds(v *value) bool { return w.where.holds(v.text(w.cased), w.text) }

// wild wants a text with wildcards.
type wild struct {
	pattern *pattern
	cased   bool
}

func (w wild) holds(v *value) bool { return w.pattern.match(v.text(w.cased)) }

// oneOf wants one of many texts.
type oneOf map[string]struct{}

func (o oneOf) holds(v *value) bool {
	_, ok := o[v.text(false)]
	return ok
}

// expression wants what a regular expression finds.
type expression struct{ re *regexp.Regexp }

func (e expression) holds(v *value) bool { return e.re.MatchString(v.raw) }

// network wants an address within a prefix.
type network struct{ prefix netip.Prefix }

func (n network) holds(v *value) bool {
	a, err := netip.ParseAddr(v.raw)
	return err == nil && n.prefix.Contains(a.WithZone("").Unmap())
}

// compare wants a number on one side of another.
type compare struct {
	op string // lt, lte, gt, gte
	n  float64
}

func (c compare) holds(v *value) bool {
	n, err := strconv.ParseFloat(v.raw, 64)
	if i, bad := strconv.ParseInt(v.raw, 0, 64); bad == nil {
		n, err = float64(i), nil
	}
	if err != nil || math.IsNaN(n) {
		return false
	}
	switch c.op {
	case "lt":
		return n < c.n
	case "lte":
		return n <= c.n
	case "gt":
		return n > c.n
	default:
		return n >= c.n
	}
}
