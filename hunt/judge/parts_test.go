// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/hunt/evidence"
)

func TestFolders(t *testing.T) {
	for path, want := range map[string]string{
		``:                               "",
		`C:\x.exe`:                       "drive_root",
		`D:\x.exe`:                       "drive_root",
		`c:\temp\vlc.exe`:                "root_folder",
		`C:/Temp/vlc.exe`:                "root_folder",
		`D:\games\a.iso`:                 "other_drive",
		`x.exe`:                          "relative",
		`%PUBLIC%\x.exe`:                 "public",
		`$env:TEMP\x.exe`:                "temp",
		`\\?\C:\Users\Public\x.exe`:      "public",
		`\\?\UNC\srv\c$\x.exe`:           "share",
		`\\srv\share\x.exe`:              "share",
		`C:\Users\bits.ps1`:              "users_root",
		`C:\Users\ann\x.exe`:             "profile_root",
		`C:\Users\ann\Desktop\x.exe`:     "desktop",
		`C:\Users\ann\Downloads\a\x.exe`: "downloads",
		`C:\Users\ann\Pictures\x.jpg`:    "documents",
		`C:\Users\ann\AppData\Local\x`:   "appdata_root",
		`C:\Users\ann\AppData\Local\Temp\edge_BITS_1\x`:                                    "temp",
		`C:\Users\ann\AppData\Local\Microsoft\OneDrive\OneDrive.exe`:                       "appdata",
		`C:\Users\ann\AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Startup\x.lnk`: "startup",
		`C:\ProgramData\Microsoft\Windows\Start Menu\Programs\StartUp\x.lnk`:               "startup",
		`C:\Documents and Settings\All Users\Start Menu\Programs\Startup\x.exe`:            "startup",
		`C:\Documents and Settings\ann\Local Settings\Temp\x.exe`:                          "temp",
		`C:\Documents and Settings\ann\Application Data\x.exe`:                             "appdata_root",
		`C:\ProgramData\x.exe`:                                           "programdata_root",
		`C:\ProgramData\Mozilla\updates\update.mar`:                      "programdata",
		`C:\Program Files (x86)\Google\Update\GoogleUpdate.exe`:          "program_files",
		`C:\Program Files evil\x.exe`:                                    "root_folder",
		`C:\Windows\x.exe`:                                               "windows_root",
		`C:\Windows\System32\cmd.exe`:                                    "system",
		`C:\Windows\Temp\x.tmp`:                                          "temp",
		`C:\Windows\Tasks\x.exe`:                                         "windows_writable",
		`C:\Windows\System32\spool\drivers\color\x.exe`:                  "windows_writable",
		`C:\Windows\SoftwareDistribution\Download\x.cab`:                 "update_cache",
		`C:\Windows\System32\config\systemprofile\AppData\Local\Temp\x`:  "temp",
		`C:\Windows\ServiceProfiles\NetworkService\AppData\Local\Temp\x`: "temp",
		`C:\Windows\Speech_OneCore\x`:                                    "windows",
		`C:\$Recycle.Bin\S-1-5-21\x.exe`:                                 "recycle_bin",
		`C:\PerfLogs\Admin\x.exe`:                                        "perflogs",
		// What is written another way than it is meant.
		`C:\Users\ann\AppData\Local\Temp\..\..\..\..\Public\x.exe`:                      "public",
		`C:\Windows\Temp\..\System32\x.dll`:                                             "system",
		`C:\..\..\Users\Public\x.exe`:                                                   "public",
		`C:\Users\Public. \x.exe`:                                                       "public",
		`C:\Users\ann\AppData\Roaming\MICROS~1\Windows\STARTM~1\Programs\Startup\x.exe`: "startup",
		`C:\DOCUME~1\ann\LOCALS~1\Temp\x.tmp`:                                           "temp",
		`C:\Users\ann\DOCUME~1\x.exe`:                                                   "documents",
		`C:\PROGRA~1\Acme\acme.exe`:                                                     "program_files",
		`C:\PROGRA~3\x.exe`:                                                             "programdata_root",
		`\\?\Volume{11111111-2222-3333-4444-555555555555}\Users\Public\x.exe`:           "public",
		`\\?\GLOBALROOT\Device\HarddiskVolume3\Windows\System32\x.dll`:                  "system",
		`\Device\HarddiskVolume2\Program Files\Acme\acme.exe`:                           "program_files",
		`${env:PUBLIC}\x.exe`:                                                           "public",
		`~\Downloads\x.exe`:                                                             "downloads",
		`\SystemRoot\System32\cmd.exe`:                                                  "system",
	} {
		if got := folderOf(path); got != want {
			t.Errorf("%s is in %q, not %q", path, got, want)
		}
	}
	kinds := map[string]bool{}
	for _, k := range FolderKinds {
		kinds[k[0]] = true
	}
	for _, kind := range []string{folderOf(`C:\x`), folderOf(`\\a\b`), folderOf(`C:\Windows\IME\x`)} {
		if !kinds[kind] {
			t.Errorf("%q is not documented", kind)
		}
	}
}

func TestRemotes(t *testing.T) {
	for url, want := range map[string]string{
		"":                                    "  ",
		"https://www.Example.com./a/B.JPG?x":  "name internet www.example.com jpg",
		"HTTP://user:pw@Example.com:8080/":    "name internet example.com ",
		"http://microsoft.com@192.0.2.1/a.b":  "ip internet 192.0.2.1 b",
		"http://10.0.0.1/":                    "ip internal 10.0.0.1 ",
		"http:/192.0.2.1/a.b":                 "ip internet 192.0.2.1 b",
		`HTTP:\\192.0.2.1\a.b`:                "ip internet 192.0.2.1 b",
		"https://example.com/a.b;c=d":         "name internet example.com b",
		"http://192。0。2．１/a.b":                "ip internet 192.0.2.1 b",
		"http://ｐａｓｔｅbin｡c\u200bom../":        "name internet pastebin.com ",
		"http://100.64.1.1/":                  "ip internal 100.64.1.1 ",
		"http://[fd00::1]/x":                  "ip internal fd00::1 ",
		"http://[2001:db8::1]:80/x.cab":       "ip internet 2001:db8::1 cab",
		"http://127.0.0.1/":                   "loopback loopback 127.0.0.1 ",
		"http://2130706433/":                  "loopback loopback 127.0.0.1 ",
		"http://0x7f.1/":                      "loopback loopback 127.0.0.1 ",
		"http://017700000001/":                "loopback loopback 127.0.0.1 ",
		"http://0.0.0.0/":                     "loopback loopback 0.0.0.0 ",
		"http://[::ffff:127.0.0.1]/":          "loopback loopback 127.0.0.1 ",
		"http://localhost:1/x":                "loopback loopback localhost ",
		"http://%31%32%37.0.0.1/":             "loopback loopback 127.0.0.1 ",
		"http://256.1.1.1/":                   "name internet 256.1.1.1 ",
		"http://sccm01:80/CCM_Incoming/{1-2}": "name internal sccm01 ",
		"http://wsus.corp/x.cab":              "name internal wsus.corp cab",
		`\\srv\share\a.dll`:                   "unc internal srv dll",
		`\\192.0.2.1@8080\DavWWWRoot\a.dll`:   "unc internet 192.0.2.1 dll",
		`file://srv/share/a.dll`:              "unc internal srv dll",
		`file:///C:/x/a.exe`:                  "file   exe",
		`file:C:\x\a.exe`:                     "file   exe",
		`C:\Windows\system32\cmd.exe`:         "path   exe",
		`http:///x`:                           "path   ",
		`https://e.com\a.exe`:                 "name internet e.com exe",
		`https://e.com/a%2Eexe`:               "name internet e.com exe",
		`https://e.com`:                       "name internet e.com ",
	} {
		r := parseRemote(url)
		if got := strings.Join([]string{r.kind, r.place, r.host, r.ext}, " "); strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("%s is %q, not %q", url, got, want)
		}
	}
}

func TestStreams(t *testing.T) {
	for path, want := range map[string][2]string{
		`C:\a\b.txt:x.exe`:   {`b.txt`, `x.exe`},
		`C:\a\b.txt:x:$DATA`: {`b.txt`, `x`},
		`C:\a\b.txt::$DATA`:  {`b.txt`, ``}, // the file itself
		`C:\a\b.txt`:         {`b.txt`, ``},
		`\\?\C:\a\b`:         {`b`, ``},
		`b:x`:                {`x`, ``}, // a drive
		`bb:x`:               {`bb`, `x`},
		`D:b`:                {`d:b`, ``},
	} {
		if _, s := stream(path); s != want[1] || baseName(path) != want[0] && path != `b:x` {
			t.Errorf("%s: %q in %q", path, s, baseName(path))
		}
	}
}

// commandLine shows what was read of commands: name, type, pairs, notify.
func commandLine(jobs []*evidence.Job) []string {
	var list []string
	for _, j := range jobs {
		parts := []string{string(j.Type) + " " + j.Name}
		for _, f := range j.Files {
			parts = append(parts, f.URL+" > "+f.Path)
		}
		if j.Notify != nil {
			parts = append(parts, "runs "+j.Notify.Program+" ("+j.Notify.Arguments+")")
		}
		if j.Headers != nil {
			parts = append(parts, "headers")
		}
		if j.Credentials != nil {
			parts = append(parts, "credentials")
		}
		if j.Security != nil {
			parts = append(parts, strings.Join(j.Security.Flags, "+"))
		}
		list = append(list, strings.Join(parts, "; "))
	}
	return list
}

func TestBitsadminCommands(t *testing.T) {
	for line, want := range map[string][]string{
		`bitsadmin /transfer n https://a.example/x C:\x`:                                                              {`download n; https://a.example/x > C:\x`},
		`bitsadmin.exe   /transfer /Download /priority Foreground https://a/x C:\x`:                                   {`download ; https://a/x > C:\x`},
		`bitsadmin /rawreturn -transfer "my job" /download /priority high "https://a/x y" "C:\a b\x" https://b/ D:\y`: {`download my job; https://a/x y > C:\a b\x; https://b/ > D:\y`},
		`bitsadmin /transfer n hello.html`:                                                                            {`download n; hello.html > `},
		`bitsadmin /create AtomicBITS`:                                                                                {`download AtomicBITS`},
		`bitsadmin /create /upload-reply up`:                                                                          {`upload_reply up`},
		`bitsadmin /addfile 1 c:\a.exe c:\b.txt:cmd.exe`:                                                              {`download 1; c:\a.exe > c:\b.txt:cmd.exe`},
		`bitsadmin /create 1 bitsadmin /addfile 1 https://a/x c:\x bitsadmin /SetNotifyCmdLine 1 cmd.exe "/c calc" bitsadmin /resume 1`: {`download 1; https://a/x > c:\x; bitsadmin > ; runs cmd.exe (/c calc bitsadmin)`},
		`bitsadmin /setnotifycmdline x C:\a.exe NULL`:     {`download x; runs C:\a.exe ()`},
		`bitsadmin /setnotifycmdline x NULL NULL`:         nil,
		`bitsadmin /setcustomheaders x "A: b"`:            {`download x; headers`},
		`bitsadmin /setcredentials x SERVER BASIC ann pw`: {`download x; credentials`},
		`bitsadmin /setsecurityflags x 30`:                {`download x; ignore_cn+ignore_date+ignore_unknown_ca+ignore_usage`},
		`bitsadmin /list /allusers /verbose`:              nil,
		`bitsadmin /complete x`:                           nil,
		`bitsadmin`:                                       nil,
		``:                                                nil,
	} {
		if diff := cmp.Diff(want, commandLine(bitsadminCommands(splitCommand(line)))); diff != "" {
			t.Errorf("%s:\n%s", line, diff)
		}
	}
}

func TestScriptCommands(t *testing.T) {
	for text, want := range map[string][]string{
		`Start-BitsTransfer -Source https://a/x -Destination C:\x`:                            {`download ; https://a/x > C:\x`},
		`start-bitstransfer https://a/x 'C:\a b\x' -Async`:                                    {`download ; https://a/x > C:\a b\x`},
		`$j = Start-BitsTransfer -Dest C:\x -So "https://a/x?b=c" -DisplayName upd`:           {`download upd; https://a/x?b=c > C:\x`},
		"Start-BitsTransfer `\r\n -Source https://a/x `\r\n -Destination C:\\x":               {`download ; https://a/x > C:\x`},
		`Start-BitsTransfer -Source "https://a/1","https://a/2" -Destination C:\1, C:\2`:      {`download ; https://a/1 > C:\1; https://a/2 > C:\2`},
		`Start-BitsTransfer $url $env:TEMP\x.exe`:                                             {`download ;  > $env:TEMP\x.exe`},
		`Start-BitsTransfer @params`:                                                          {`download `},
		`Start-BitsTransfer -Source C:\d.zip -Destination https://a/up -TransferType Upload`:  {`upload ; https://a/up > C:\d.zip`},
		`powershell -c "Start-BitsTransfer -Source https://a/x -Destination C:\x"`:            {`download ; https://a/x > C:\x`},
		`if ($x) { Start-BitsTransfer https://a/x C:\x }; Start-BitsTransfer https://b/ C:\b`: {`download ; https://a/x > C:\x`, `download ; https://b/ > C:\b`},
		`Set-BitsTransfer -BitsJob $j -NotifyCmdLine @("C:\a.exe","x")`:                       {`download ; runs C:\a.exe,x ()`},
		`Set-BitsTransfer -BitsJob $j -SecurityFlags 2`:                                       {`download ; ignore_cn`},
		`Set-BitsTransfer -BitsJob $j -Priority High`:                                         nil,
		`CmdletsToExport="Add-BitsFile","Start-BitsTransfer","Set-BitsTransfer"`:              nil,
		`Get-Command Start-BitsTransfer`:                                                      nil,
		`Get-BitsTransfer`:                                                                    nil,
	} {
		if diff := cmp.Diff(want, commandLine(scriptCommands(text, ""))); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
}

func TestExpand(t *testing.T) {
	values := map[string][]string{"a": {"x"}, "many": {"1", "2", "3", "4"}, "bad": {"a\x1b[31m\u202eb"}, "long": {strings.Repeat("y", 500)}}
	get := func(name string) []string { return values[name] }
	for text, want := range map[string]string{
		"a is {a}[, b is {b}][, and {a}].": "a is x, and x.",
		"{many}":                           "1, 2, 3, …",
		"{b}":                              "(not known)",
		"{bad}":                            `a\x1b[31m\u202eb`,
		"open [ {a":                        "open",
	} {
		if got := expand(text, get); got != want {
			t.Errorf("%q becomes %q, not %q", text, got, want)
		}
	}
	if got := expand("{long}", get); len(got) > 200 {
		t.Errorf("%d bytes are shown", len(got))
	}
}
