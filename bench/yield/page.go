// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"html/template"
)

// pageTemplate is a page without anything from elsewhere.
var pageTemplate = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>openbits: what a background transfer costs</title>
<style>
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2rem auto;padding:0 1rem;background:#f6f8fa;color:#1c2430}
svg{max-width:100%;height:auto;display:block}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:1rem 0;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .7rem;text-align:right;border-bottom:1px solid #d8dee6;white-space:nowrap}
th{font-weight:600;vertical-align:bottom;white-space:normal}
th:first-child,td:first-child{text-align:left}
.dim{color:#667080;font-size:13px}
@media (prefers-color-scheme:dark){body{background:#010409;color:#e8edf3}th,td{border-color:#30363d}.dim{color:#98a3b1}}
</style></head><body>
<h1>What a background transfer costs</h1>
<p class="dim">{{.Command}}<br>{{.Date}}; {{.Variant}}{{range .Machine}}<br>{{.}}{{end}}{{range .Versions}}<br>{{.}}{{end}}</p>
{{range .Parts}}<h2>{{.Heading}}</h2>
{{.Picture}}
<div class="wide"><table>{{range $n, $row := .Table}}<tr>{{range $row}}{{if $n}}<td>{{.}}</td>{{else}}<th>{{.}}</th>{{end}}{{end}}</tr>
{{end}}</table></div>
{{range .Remarks}}<p class="dim">{{.}}</p>{{end}}
{{end}}</body></html>
`))

// pagePart is a group on the page.
type pagePart struct {
	Heading string
	Picture template.HTML
	Table   [][]string
	Remarks []string
}

// page is all of it in HTML.
func (res *results) page() string {
	data := struct {
		*results
		Parts []pagePart
	}{results: res}
	for _, g := range res.Groups {
		data.Parts = append(data.Parts, pagePart{
			Heading: g.Scenario + " on " + g.Link.Name,
			Picture: template.HTML(g.figure().SVG()), // our own, with its texts escaped
			Table:   g.table(), Remarks: g.remarks(),
		})
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, data); err != nil {
		panic(err) // the template does not fit the data: a fault of the program
	}
	return b.String()
}
