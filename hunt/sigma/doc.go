// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package sigma reads detection rules in the Sigma format (specification 2.1) and finds what they speak of.
//
//	rules, problems := sigma.Parse("rule.yml", data)
//	set := sigma.NewSet(rules)
//	m := set.Matcher()
//	m.Event(&event, func(r *sigma.Rule) { … })
//
// # What is supported
//
// Detections: fields with one value, a list of values or null; keywords; lists of maps; wildcards * and ? with backslash as escape.
// Modifiers: contains, startswith, endswith, all, cased, exists, neq, windash, re with i, m and s, cidr, lt, lte, gt, gte, fieldref,
// base64, base64offset, wide, utf16, utf16le, utf16be.
// Conditions: and, or, not, parentheses, "1 of x*", "any of x*", "all of x*", "1 of them", "all of them"; a list of conditions is "or".
//
// What cannot be run as it is meant is refused with an Error that names file, line and what: correlations, filters, aggregations ("| count()"),
// timeframes, placeholders (expand), time modifiers, unknown modifiers, regular expressions that are not RE2, YAML aliases.
// A rule for a log that no Windows event log is, as for Linux or proxies, is sound, but Set.Add says that it has no source.
//
// # What is promised
//
// Texts are compared without case unless "cased" or "re" says otherwise. Matching takes time in proportion to rule and event: regular expressions
// are RE2. Parse never takes more than MaxFile bytes and MaxDepth levels. A Set may be used by several goroutines, a Matcher by one.
package sigma
