// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package report writes what a hunt found: for people (table, html), for spreadsheets (csv), and for other tools (json, jsonl,
// timesketch, ecs, stix, navigator). Each format is a Format of the list Formats and a small file of its own.
//
// What all of them hold to:
//
//   - The same report is the same bytes. Nothing depends on the clock, the machine or the order of a map.
//   - Hosts come one after another: only one of them and the findings are in memory, however many there are.
//   - Every text of the evidence is chosen by whoever made it, and is treated as hostile: what a terminal, a browser or a
//     spreadsheet would act on is made harmless in the formats for people; the formats for tools carry it as it stands.
//   - The formats for people write addresses so that nothing can follow them by itself or by a slip ("hxxp", "[.]"): terminals,
//     chats and mail make links of plain ones and fetch them to show a preview, which would tell their owner. The formats for tools
//     carry them as they stand.
//   - Times are UTC.
package report
