// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"regexp"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/hunt/evidence"
)

// cmdlet is a call of a cmdlet that makes or fills a job. What is quoted or followed by a comma is a list of names, as in the module's own manifest.
var cmdlet = regexp.MustCompile(`(?i)(?:^|[\s;|&({=!"'])(?:BitsTransfer\\)?(Start-BitsTransfer|Add-BitsFile|Set-BitsTransfer)[ \t` + "`" + `]+([^\s,"')][^;|\r\n}]*|"[^;|\r\n}]*|'[^;|\r\n}]*)`)

// parameters of the cmdlets, in the order in which values without a name are taken.
var positional = []string{"source", "destination"}

// longer are the parameters that are read; PowerShell takes any beginning of a name that is clear.
var parameters = []string{
	"source", "destination", "displayname", "description", "transfertype", "priority", "credential", "customheaders", "customheaderswriteonly", "securityflags",
	"notifyflags", "notifycmdline", "retryinterval", "retrytimeout", "maxdownloadtime", "proxyusage", "proxylist", "proxybypass", "proxycredential",
	"proxyauthentication", "authentication", "transferpolicy", "aclflags", "asynchronous", "suspended", "dynamic", "confirm", "whatif", "bitsjob",
	"usestoredcredential", "httpmethod", "setownertocurrentuser",
}

// switches are those that take no value.
var switches = map[string]bool{"asynchronous": true, "suspended": true, "dynamic": true, "confirm": true, "whatif": true, "setownertocurrentuser": true}

// maxCmdlets bounds how many calls of one script are read.
const maxCmdlets = 200

// scriptCommands reads the calls of BITS's cmdlets in a script. Values that only running it would tell are left unknown.
func scriptCommands(text, image string) []*evidence.Job {
	if len(text) > maxCommand {
		text = text[:maxCommand]
	}
	if !strings.Contains(strings.ToLower(text), "-bits") {
		return nil
	}
	var jobs []*evidence.Job
	text = strings.NewReplacer("`\r\n", " ", "`\n", " ").Replace(text) // a backtick goes on in the next line
	for _, call := range cmdlet.FindAllStringSubmatch(text, maxCmdlets) {
		values := arguments(splitScript(call[2]))
		j := fromParameters(values)
		if strings.EqualFold(call[1], "Start-BitsTransfer") || len(j.Files) > 0 || j.Notify != nil || j.Security != nil || j.Headers != nil {
			j.Creator = &evidence.Creator{Path: orPowerShell(image)}
			jobs = append(jobs, j)
		}
	}
	return jobs
}

func orPowerShell(image string) string {
	if image == "" {
		return "powershell.exe"
	}
	return image
}

// splitScript splits the arguments of a cmdlet: at blanks, with both kinds of quotes. A comma joins a list.
func splitScript(text string) []string {
	var words []string
	var b strings.Builder
	var quote rune
	any := false
	for _, c := range text {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, any = c, true
		case quote == 0 && (c == ' ' || c == '\t'):
			if last := strings.TrimSpace(b.String()); last != "" && strings.HasSuffix(last, ",") {
				continue
			}
			if any || b.Len() > 0 {
				words = append(words, b.String())
			}
			b.Reset()
			any = false
		case quote == 0 && c == ')':
		default:
			b.WriteRune(c)
		}
	}
	if any || b.Len() > 0 {
		words = append(words, b.String())
	}
	return words
}

// arguments assigns words to parameters.
func arguments(words []string) map[string]string {
	values := map[string]string{}
	next := 0
	for i := 0; i < len(words); i++ {
		w := words[i]
		name, isParameter := parameter(w)
		switch {
		case isParameter && switches[name]:
		case isParameter:
			if _, v, found := strings.Cut(w, ":"); found && v != "" {
				values[name] = v
			} else if i+1 < len(words) {
				i++
				values[name] = words[i]
			}
		case len(w) > 1 && w[0] == '@' && w[1] != '(': // a table of parameters that only running the script would tell
		case !strings.HasPrefix(w, "-") && next < len(positional):
			for next < len(positional) && values[positional[next]] != "" {
				next++
			}
			if next < len(positional) {
				values[positional[next]] = w
				next++
			}
		}
	}
	return values
}

// parameter resolves "-Dest" to destination. Of several that begin so, the first of the list is meant.
func parameter(word string) (string, bool) {
	rest := strings.TrimLeft(word, "-–—―")
	if len(rest) == len(word) || rest == "" {
		return "", false
	}
	rest, _, _ = strings.Cut(strings.ToLower(rest), ":")
	for _, p := range parameters {
		if strings.HasPrefix(p, rest) {
			return p, true
		}
	}
	return "", false
}

func fromParameters(values map[string]string) *evidence.Job {
	j := &evidence.Job{
		Name: values["displayname"], Description: values["description"], Type: openbits.TypeDownload,
		Priority: openbits.Priority(strings.ToLower(values["priority"])),
	}
	upload := false
	switch strings.ToLower(values["transfertype"]) {
	case "upload":
		j.Type, upload = openbits.TypeUpload, true
	case "uploadreply":
		j.Type, upload = openbits.TypeUploadReply, true
	}
	sources, destinations := split(values["source"]), split(values["destination"])
	for i, s := range sources {
		d := ""
		if i < len(destinations) {
			d = destinations[i]
		} else if len(destinations) == 1 {
			d = destinations[0]
		}
		f := evidence.File{Index: i, URL: literal(s), Path: literal(d)}
		if upload { // of an upload the source is the local name
			f.URL, f.Path = f.Path, f.URL
		}
		if f.URL != "" || f.Path != "" {
			j.Files = append(j.Files, f)
		}
	}
	if v := values["notifycmdline"]; v != "" {
		j.Notify = &evidence.Notify{Program: strings.Trim(v, `@("')`)}
	}
	if values["customheaders"] != "" || values["customheaderswriteonly"] != "" {
		j.Headers = &evidence.Protected{}
	}
	if values["credential"] != "" {
		j.Credentials = &evidence.Protected{}
	}
	j.Security = securityOf(values["securityflags"])
	return j
}

func split(list string) []string {
	var all []string
	for _, v := range strings.Split(strings.Trim(list, "@() "), ",") {
		if v = strings.Trim(strings.TrimSpace(v), `"'`); v != "" {
			all = append(all, v)
		}
	}
	return all
}

// literal is a value as it stands; empty when it is a variable or has one in it that is no known folder.
func literal(v string) string {
	if strings.HasPrefix(normal(v), `c:\`) {
		return v
	}
	if strings.ContainsAny(v, "$") && !strings.Contains(v, "://") {
		return ""
	}
	if strings.HasPrefix(v, "$") {
		return ""
	}
	return v
}

// binding is a parameter as events 4103 and 800 have it.
var binding = regexp.MustCompile(`(?i)ParameterBinding\((Start-BitsTransfer|Add-BitsFile|Set-BitsTransfer)\):\s*name="([^"]+)";\s*value="([^"\r\n]*)"`)

// moduleCommands reads the parameters that PowerShell logged for one call; without any, the script that is in the text.
func moduleCommands(text, image string) []*evidence.Job {
	if len(text) > maxCommand {
		text = text[:maxCommand]
	}
	values := map[string]string{}
	for _, b := range binding.FindAllStringSubmatch(text, maxCmdlets) {
		values[strings.ToLower(b[2])] = b[3]
	}
	if len(values) == 0 {
		return scriptCommands(firstLine(text), image)
	}
	j := fromParameters(values)
	j.Creator = &evidence.Creator{Path: orPowerShell(image)}
	return []*evidence.Job{j}
}

// firstLine is the pipeline of event 800, before its details.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

var application = regexp.MustCompile(`(?im)Host ?Application\s*=\s*"?([^\r\n"]+?\.exe)`)

// hostApplication is the program that runs the script.
func hostApplication(text string) string {
	if m := application.FindStringSubmatch(text); m != nil {
		return strings.TrimSpace(m[1])
	}
	return ""
}
