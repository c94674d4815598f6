// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"slices"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/hunt/evidence"
)

// commandsOf reads what an event of a process or of PowerShell asks of BITS: the jobs that its command line or script would make or change. The same
// rules judge them as the jobs of the queue, so that a download is found by its URL and local name, whichever evidence it is in.
func commandsOf(e *evidence.Event) []*evidence.Job {
	switch channel := strings.ToLower(e.Channel); {
	case channel == "microsoft-windows-sysmon/operational" && e.ID == 1:
		return processCommands(e, e.Field("Image"), e.Field("ParentImage"), e.Field("User"))
	case channel == "security" && e.ID == 4688:
		user := e.Field("SubjectUserName")
		if domain := e.Field("SubjectDomainName"); domain != "" && user != "" {
			user = domain + `\` + user
		}
		return processCommands(e, e.Field("NewProcessName"), e.Field("ParentProcessName"), user)
	case e.ID == 4104 && strings.HasSuffix(channel, "/operational"):
		return scriptCommands(e.Field("ScriptBlockText"), "")
	case e.ID == 4103 && strings.HasSuffix(channel, "/operational"):
		return moduleCommands(e.Field("Payload"), hostApplication(e.Field("ContextInfo")))
	case channel == "windows powershell" && e.ID == 800:
		var all []string
		for _, d := range e.Data {
			all = append(all, d.Value)
		}
		text := strings.Join(all, "\n")
		return moduleCommands(text, hostApplication(text))
	}
	return nil
}

// commandEvents are the events that commandsOf reads.
var commandEvents = []struct {
	channel string
	ids     []int
}{
	{"Microsoft-Windows-Sysmon/Operational", []int{1}},
	{"Security", []int{4688}},
	{"Microsoft-Windows-PowerShell/Operational", []int{4103, 4104}},
	{"PowerShellCore/Operational", []int{4103, 4104}},
	{"Windows PowerShell", []int{800}},
}

// telling are parts of every command line that asks something of BITS.
var telling = []string{"bits", "transfer", "addfile", "notifycmd", "lockscreenurl"}

// maxCommand bounds the bytes of a command line or script that are read.
const maxCommand = 256 << 10

func processCommands(e *evidence.Event, image, parent, user string) []*evidence.Job {
	line := e.Field("CommandLine")
	if len(line) > maxCommand {
		line = line[:maxCommand]
	}
	low := strings.ToLower(line)
	if !slices.ContainsFunc(telling, func(part string) bool { return strings.Contains(low, part) }) && !strings.EqualFold(baseName(image), "bitsadmin.exe") {
		return nil
	}
	words := splitCommand(line)
	name, original := baseName(image), strings.ToLower(e.Field("OriginalFileName"))
	var jobs []*evidence.Job
	switch {
	case name == "desktopimgdownldr.exe" || original == "desktopimgdownldr.exe":
		jobs = lockScreenCommand(words)
	case isPowerShell(name) || isPowerShell(original):
		jobs = scriptCommands(line, image)
	case name == "bitsadmin.exe" || original == "bitsadmin.exe" || looksLikeBitsadmin(words) && (!isShell(name) || isVerb(flag(words[1]))): // no shell begins so
		jobs = bitsadminCommands(words)
	}
	for _, j := range jobs {
		j.Owner.Name = user
		if j.Creator == nil {
			j.Creator = &evidence.Creator{}
		}
		j.Creator.Path, j.Creator.CommandLine, j.Creator.Parent = image, line, parent
	}
	return jobs
}

func isPowerShell(name string) bool {
	return name == "powershell.exe" || name == "pwsh.exe" || name == "powershell_ise.exe" || name == "pwsh.dll"
}

// isShell tells programs whose command line holds that of another process, which the log has on its own.
func isShell(name string) bool {
	return name == "cmd.exe" || name == "bash.exe" || name == "sh.exe" || name == "wmic.exe" || name == "conhost.exe" || name == "psexec.exe"
}

// splitCommand splits a command line at blanks, as Windows programs do: quotes hold together, and a quote after a backslash is plain.
func splitCommand(line string) []string {
	var words []string
	var b strings.Builder
	quoted, any := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line) && line[i+1] == '"' && quoted && strings.IndexByte(line[i+2:], '"') >= 0 && !endsWord(line[i+2:]):
			b.WriteByte('"')
			i++
		case c == '"':
			quoted, any = !quoted, true
		case (c == ' ' || c == '\t' || c == '\r' || c == '\n') && !quoted:
			if any || b.Len() > 0 {
				words = append(words, b.String())
			}
			b.Reset()
			any = false
		default:
			b.WriteByte(c)
		}
	}
	if any || b.Len() > 0 {
		words = append(words, b.String())
	}
	return words
}

// endsWord tells whether a word ends here, so that the quote before it closed a path such as "C:\x\".
func endsWord(rest string) bool { return rest == "" || rest[0] == ' ' || rest[0] == '\t' }

// flag is a word without its mark, in lower case; empty: it is no flag.
func flag(word string) string {
	for _, mark := range []string{"/", "-", "–", "—", "―"} {
		if rest, ok := strings.CutPrefix(word, mark); ok && rest != "" && !strings.ContainsAny(rest, `\:`) {
			return strings.ToLower(rest)
		}
	}
	return ""
}

// looksLikeBitsadmin knows bitsadmin's way to speak under whatever name: "/transfer NAME REMOTE LOCAL" and the like.
func looksLikeBitsadmin(words []string) bool {
	for i, w := range words {
		rest := len(words) - i - 1
		switch flag(w) {
		case "transfer":
			return rest >= 2 && hasRemote(words[i+1:])
		case "addfile", "setnotifycmdline":
			return rest >= 3
		}
	}
	return false
}

func hasRemote(words []string) bool {
	for _, w := range words {
		if isRemote(w) {
			return true
		}
	}
	return false
}

// isRemote tells what can be a remote name of BITS.
func isRemote(word string) bool {
	low := strings.ToLower(word)
	return strings.Contains(low, "://") || strings.HasPrefix(low, `\\`) || len(low) > 2 && low[1] == ':' && (low[2] == '\\' || low[2] == '/')
}

// options of /transfer and /create, with the number of words that follow.
var bitsadminOptions = map[string]int{
	"download": 0, "upload": 0, "upload-reply": 0, "priority": 1, "aclflags": 1, "dynamic": 0, "rawreturn": 0, "nowrap": 0, "wrap": 0,
}

// bitsadminCommands reads bitsadmin's command line.
func bitsadminCommands(words []string) []*evidence.Job {
	var jobs []*evidence.Job
	for i := 0; i < len(words); i++ {
		verb := flag(words[i])
		end := i + 1
		for end < len(words) && !isVerb(flag(words[end])) {
			end++
		}
		if j := bitsadminCommand(verb, words[i+1:end]); j != nil {
			jobs = append(jobs, j)
			i = end - 1
		}
	}
	return merged(jobs)
}

func isVerb(flag string) bool {
	return flag == "transfer" || flag == "create" || strings.HasPrefix(flag, "addfile") || strings.HasPrefix(flag, "set") || flag == "replaceremoteprefix" ||
		flag == "complete" || flag == "resume" || flag == "suspend" || flag == "cancel" || flag == "takeownership"
}

func bitsadminCommand(verb string, rest []string) *evidence.Job {
	j := &evidence.Job{Type: openbits.TypeDownload}
	var plain []string
	for i := 0; i < len(rest); i++ {
		f := flag(rest[i])
		skip, known := bitsadminOptions[f]
		if !known || strings.HasPrefix(verb, "set") {
			plain = append(plain, rest[i])
			continue
		}
		switch f {
		case "upload":
			j.Type = openbits.TypeUpload
		case "upload-reply":
			j.Type = openbits.TypeUploadReply
		case "priority":
			if i+1 < len(rest) {
				j.Priority = openbits.Priority(strings.ToLower(rest[i+1]))
			}
		}
		i += skip
	}
	if len(plain) > 0 && (verb != "transfer" || len(plain)%2 == 1 || !isRemote(plain[0])) {
		j.Name, plain = plain[0], plain[1:]
	}
	switch {
	case verb == "transfer" || verb == "addfile" || verb == "addfilewithranges":
		if verb == "addfilewithranges" && len(plain) > 2 {
			plain = plain[:2]
		}
		addPairs(j, plain)
	case verb == "addfileset" || verb == "create":
	case verb == "setnotifycmdline":
		if len(plain) > 0 && !strings.EqualFold(plain[0], "NULL") {
			j.Notify = &evidence.Notify{Program: plain[0], Arguments: notNull(strings.Join(plain[1:], " "))}
		} else {
			return nil
		}
	case verb == "setcustomheaders":
		j.Headers = &evidence.Protected{}
	case verb == "setcredentials":
		j.Credentials = &evidence.Protected{}
	case verb == "setsecurityflags" && len(plain) > 0:
		j.Security = securityOf(plain[0])
	case verb == "replaceremoteprefix" && len(plain) > 1:
		j.Files = []evidence.File{{URL: plain[1]}}
	default:
		return nil
	}
	return j
}

func notNull(text string) string {
	if strings.EqualFold(text, "NULL") {
		return ""
	}
	return text
}

// addPairs adds remote and local names, which come in turn. For uploads, too, the remote name is first.
func addPairs(j *evidence.Job, words []string) {
	for i := 0; i < len(words); i += 2 {
		f := evidence.File{Index: len(j.Files), URL: words[i]}
		if i+1 < len(words) {
			f.Path = words[i+1]
		}
		j.Files = append(j.Files, f)
	}
}

// merged makes one of commands for one job, so that a line that makes, fills and arms a job is judged whole.
func merged(jobs []*evidence.Job) []*evidence.Job {
	var list []*evidence.Job
	for _, j := range jobs {
		var same *evidence.Job
		for _, other := range list {
			if other.Name == j.Name {
				same = other
			}
		}
		if same == nil {
			list = append(list, j)
			continue
		}
		same.Files = append(same.Files, j.Files...)
		if j.Notify != nil {
			same.Notify = j.Notify
		}
		if j.Headers != nil {
			same.Headers = j.Headers
		}
		if j.Credentials != nil {
			same.Credentials = j.Credentials
		}
		if j.Security != nil {
			same.Security = j.Security
		}
		if j.Type != openbits.TypeDownload {
			same.Type = j.Type
		}
	}
	return list
}

// lockScreenCommand reads the command line of desktopimgdownldr.exe.
func lockScreenCommand(words []string) []*evidence.Job {
	for _, w := range words {
		rest := strings.TrimLeft(w, "/-–—―")
		if len(rest) < len(w) && len(rest) > len("lockscreenurl:") && strings.EqualFold(rest[:len("lockscreenurl:")], "lockscreenurl:") {
			return []*evidence.Job{{
				Name: "Download LockScreen Image", Type: openbits.TypeDownload,
				Files: []evidence.File{{URL: rest[len("lockscreenurl:"):]}},
			}}
		}
	}
	return nil
}
