// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/reporttest"
)

// outside are the ways by which a page asks something of others, and those by which text becomes script.
var outside = regexp.MustCompile(`(?i)<(img|link|iframe|object|embed|base|video|audio|source|input type="image)|\s(src|srcset|action|formaction|xlink:href|on[a-z]+|style)\s*=|<script`)

func TestHTML(t *testing.T) {
	text := write(t, "html", reporttest.Case())
	body := text[strings.Index(text, "<body>"):strings.LastIndex(text, "<script>")]
	for _, tag := range tags.FindAllString(body, -1) {
		bare := values.ReplaceAllString(tag, `="#"`) // evidence in the values of attributes stays text
		if found := outside.FindString(bare); found != "" || strings.Contains(tag, `href="`) && !strings.Contains(tag, `href="#`) {
			t.Errorf("the page has %q in %s", found, tag)
		}
	}
	if n := strings.Count(strings.ToLower(text), "<script"); n != 1 {
		t.Errorf("there are %d scripts", n)
	}
	for _, want := range []string{
		`default-src 'none'; style-src 'sha256-`, "A job starts a program", "hxxp://198[.]51[.]100[.]7:8080/a.jpg", `data-raw="http://198.51.100.7:8080/a.jpg"`,
		"page 31, offset 0x80230, live", "access is denied", "D3-PSA Process Spawn Analysis (Detect, inferred)", "4 findings are on an allow list (our own updater (allow.yml))", "<svg viewBox",
		"C:\\Users\\Public\\a.exe &amp; bitsadmin /complete Updater",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(text, -1) {
		if ids[m[1]] {
			t.Errorf("the id %s is there twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(text, -1) {
		if !ids[m[1]] {
			t.Errorf("a link leads to %s, which is nowhere", m[1])
		}
	}
}

// values are the values of attributes.
var values = regexp.MustCompile(`="[^"]*"`)

var tags = regexp.MustCompile(`<[^>]*>`)

// TestInABrowser opens reports in a real Chromium and uses them.
func TestInABrowser(t *testing.T) {
	b := startBrowser(t)
	t.Run("hostile names", func(t *testing.T) { testHostileNames(t, b) })
	t.Run("script is refused", func(t *testing.T) { testScriptIsRefused(t, b) })
	t.Run("search", func(t *testing.T) { testSearch(t, b) })
	t.Run("addresses", func(t *testing.T) { testAddresses(t, b) })
	t.Run("links", func(t *testing.T) { testLinks(t, b) })
	t.Run("many hosts", func(t *testing.T) { testManyHosts(t, b) })
}

// saved is a report as a file, and its address.
func saved(t *testing.T, r *evidence.Report) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	f, _ := Find("html")
	if err := f.WriteFile(path, r); err != nil {
		t.Fatal(err)
	}
	return "file://" + filepath.ToSlash(path)
}

// quiet fails when the page asked the network for anything, or its console says anything.
func quiet(t *testing.T, p *tab) {
	t.Helper()
	requests, console := p.happened()
	for _, r := range requests {
		if !strings.HasPrefix(r, "file://") || !strings.HasSuffix(strings.Split(r, "#")[0], "/report.html") {
			t.Errorf("the page asked for %s", r)
		}
	}
	for _, line := range console {
		t.Errorf("the console says %s", line)
	}
}

// testHostileNames: nothing of the evidence is taken for markup or script, and the page's own script runs without a fault.
func testHostileNames(t *testing.T, b *chromium) {
	p := b.open(t, saved(t, reporttest.Case()))
	quiet(t, p)
	if got := p.text(t, `document.documentElement.dataset.owned || document.querySelectorAll("img,iframe,main script,a[href^=javascript]").length || document.title`); got != "BITS jobs: report of a hunt" {
		t.Errorf("a name of the evidence was taken for markup: %s", got)
	}
	if got := p.text(t, `document.documentElement.className + document.querySelector("#said").textContent`); got != "5 of 5 findings, 9 of 9 jobs" {
		t.Errorf("the page's script says %q", got)
	}
}

// testScriptIsRefused: even if a text became markup, it could not run. The test above would see it.
func testScriptIsRefused(t *testing.T, b *chromium) {
	url := saved(t, reporttest.Case())
	path := strings.TrimPrefix(url, "file://")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.Replace(data, []byte("<body>"), []byte(`<body><img src=x onerror="document.documentElement.dataset.owned=1"><script>document.documentElement.dataset.owned=2</script>`), 1)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	p := b.open(t, url)
	if _, console := p.happened(); len(console) < 2 || !strings.Contains(console[0], "Content Security Policy") {
		t.Errorf("the console says %q", console)
	}
	if got := p.text(t, `document.documentElement.dataset.owned || "not owned"`); got != "not owned" {
		t.Errorf("script that is not the page's own ran: %s", got)
	}
}

// applied does something and waits until the page has filtered for it.
func applied(do string) string {
	return `new Promise(done => { new MutationObserver(() => done("")).observe(document.querySelector("#said"), {childList: true}); ` + do + ` })`
}

// visible are the texts of the elements that are shown, joined.
func visible(selector string) string {
	return `[...document.querySelectorAll("` + selector + `")].filter(e => e.checkVisibility()).map(e => e.textContent).join("|")`
}

func testSearch(t *testing.T, b *chromium) {
	url := saved(t, reporttest.Of(reporttest.Abused(), reporttest.Quiet()))
	p := b.open(t, url)
	const all = "A job starts a program|A picture becomes a program|A job sends a file out"
	for _, c := range []struct {
		do             string // in the page
		findings, jobs string
	}{
		{`type("")`, all, strings.Repeat("MozillaUpdate 308046B0AF4A39CB|", 5) + "Updater|sync"},
		{`type("http://198.51.100.7 ^MNT")`, "", ""},
		{`type("hxxp://198[.]51[.]100.7 USN")`, "A picture becomes a program", ""},
		{`type("bitsadmin.exe")`, "", "Updater"},
		{`type("drop.example.org")`, "A job sends a file out", "sync"},
		{`document.querySelector("#clear").click()`, all, strings.Repeat("MozillaUpdate 308046B0AF4A39CB|", 5) + "Updater|sync"},
		{`document.querySelector("input[value=critical]").click(), document.querySelector("input[value=medium]").click()`, "A job starts a program|A job sends a file out", "Updater|sync"},
		{`location.hash = "layer=slack"`, "A job sends a file out", "sync"},
		{`location.hash = "host=h2&found=1"`, all, "Updater|sync"},
		{`location.hash = "host=h1&found=1"`, "", ""},
		{`location.hash = "q=powershell+amiller"`, "", "sync"},
	} {
		p.text(t, applied(`globalThis.type = (s) => { const q = document.querySelector("#q"); q.value = s; q.dispatchEvent(new Event("input")) }; `+c.do))
		if got := p.text(t, visible(".finding .head b")); got != c.findings {
			t.Errorf("%s shows the findings %s", c.do, got)
		}
		if got := p.text(t, visible(".job summary b")); got != c.jobs {
			t.Errorf("%s shows the jobs %s", c.do, got)
		}
	}
	if got := p.text(t, `document.querySelector("#none").hidden + " " + document.querySelectorAll("g.off").length`); got != "false 6" {
		t.Errorf("after a search that no finding fits: %s", got)
	}
	quiet(t, p)
	if got := b.open(t, url+"#q=powershell&sev=medium").text(t, visible(".job summary b")); got != "sync" {
		t.Errorf("an address with a search shows %s", got)
	}
}

// testAddresses: they can be shown as they are.
func testAddresses(t *testing.T, b *chromium) {
	p := b.open(t, saved(t, reporttest.Of(reporttest.Abused())))
	const first = `document.querySelector(".finding p").textContent.match(/h..ps?:[^ ]+/)[0]`
	for _, want := range []string{"hxxp://198[.]51[.]100[.]7:8080", "http://198.51.100.7:8080", "hxxp://198[.]51[.]100[.]7:8080"} {
		if got := p.text(t, first); got != want {
			t.Errorf("the address is shown as %s, want %s", got, want)
		}
		p.text(t, `document.querySelector("#plain").click(); ""`)
	}
	quiet(t, p)
}

// testLinks: a link to a job opens it, also when a filter hides it.
func testLinks(t *testing.T, b *chromium) {
	p := b.open(t, saved(t, reporttest.Of(reporttest.Abused(), reporttest.Quiet()))+"#q=sync")
	p.text(t, applied(`[...document.querySelectorAll(".finding a")].find(a => a.textContent === "Updater").click()`))
	if got := p.text(t, `const j = document.querySelector(location.hash); j.querySelector("b").textContent + j.open + j.checkVisibility()`); got != "Updatertruetrue" {
		t.Errorf("the link leads to %s", got)
	}
}

// testManyHosts: fifty hosts are one page, and each has its row and its section.
func testManyHosts(t *testing.T, b *chromium) {
	p := b.open(t, saved(t, reporttest.Fleet(50))+"#q=updater")
	if got := p.text(t, `document.querySelector("#said").textContent`); got != "14 of 21 findings, 7 of 193 jobs" {
		t.Errorf("the page says %q", got)
	}
	if got := p.text(t, `document.querySelectorAll("section.host").length + " " + document.querySelectorAll("svg[aria-label^=activity] a").length + " " + document.querySelectorAll("section.host:not([hidden])").length`); got != "50 50 7" {
		t.Errorf("there are %s", got)
	}
	quiet(t, p)
}
