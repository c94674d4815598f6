// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"regexp"
	"slices"
	"strings"
)

// Kinds of folders, as fields local_folder and creator_folder have them.
const (
	folderDriveRoot   = "drive_root"   // C:\x.exe
	folderRootFolder  = "root_folder"  // C:\temp\x.exe: a folder of its own on the system's drive
	folderPublic      = "public"       // of all users
	folderStartup     = "startup"      // what is in it is run at logon
	folderDesktop     = "desktop"      //
	folderDownloads   = "downloads"    //
	folderDocuments   = "documents"    // and pictures, music, videos
	folderProfileRoot = "profile_root" // C:\Users\name\x.exe
	folderUsersRoot   = "users_root"   // C:\Users\x.exe
	folderTemp        = "temp"         // of a user or of the system
	folderAppDataRoot = "appdata_root" // directly in AppData's Local or Roaming
	folderAppData     = "appdata"      //
	folderProgramData = "programdata"  // in a folder of a product
	folderDataRoot    = "programdata_root"
	folderPrograms    = "program_files"    //
	folderSystem      = "system"           // System32, SysWOW64
	folderWindowsRoot = "windows_root"     // C:\Windows\x.exe
	folderWindowsOpen = "windows_writable" // beneath Windows, but everybody may write there
	folderWindows     = "windows"          // any other folder beneath Windows
	folderUpdateCache = "update_cache"     // of Windows Update and Configuration Manager
	folderPerfLogs    = "perflogs"         //
	folderRecycleBin  = "recycle_bin"      //
	folderShare       = "share"            // \\server\share
	folderOtherDrive  = "other_drive"      //
	folderRelative    = "relative"         // the path does not say where
)

// FolderKinds are all kinds of folders with a word on each.
var FolderKinds = [][2]string{
	{folderDriveRoot, `the root of a drive`},
	{folderRootFolder, `a folder of its own in the root of drive C:, such as C:\temp`},
	{folderPublic, `C:\Users\Public`},
	{folderStartup, `a Startup folder: what is in it runs at logon`},
	{folderDesktop, `a user's desktop`},
	{folderDownloads, `a user's downloads`},
	{folderDocuments, `a user's documents, pictures, music or videos`},
	{folderProfileRoot, `directly in a user's folder`},
	{folderUsersRoot, `directly in C:\Users`},
	{folderTemp, `a folder for temporary files, of a user or of Windows`},
	{folderAppDataRoot, `directly in AppData\Local, LocalLow or Roaming`},
	{folderAppData, `elsewhere in AppData`},
	{folderProgramData, `a product's folder in C:\ProgramData`},
	{folderDataRoot, `directly in C:\ProgramData`},
	{folderPrograms, `Program Files`},
	{folderSystem, `System32 or SysWOW64`},
	{folderWindowsRoot, `directly in C:\Windows`},
	{folderWindowsOpen, `a folder beneath C:\Windows in which everybody may write`},
	{folderWindows, `elsewhere beneath C:\Windows`},
	{folderUpdateCache, `the download folders of Windows Update and Configuration Manager`},
	{folderPerfLogs, `C:\PerfLogs`},
	{folderRecycleBin, `the recycle bin`},
	{folderShare, `a share of another computer`},
	{folderOtherDrive, `a folder on another drive than C:`},
	{folderRelative, `not known: the path is relative`},
}

// variables stand for folders, in command lines and in old jobs.
var variables = [][2]string{
	{"%temp%", `c:\users\-\appdata\local\temp`},
	{"%tmp%", `c:\users\-\appdata\local\temp`},
	{"$env:temp", `c:\users\-\appdata\local\temp`},
	{"$env:tmp", `c:\users\-\appdata\local\temp`},
	{"%localappdata%", `c:\users\-\appdata\local`},
	{"$env:localappdata", `c:\users\-\appdata\local`},
	{"%appdata%", `c:\users\-\appdata\roaming`},
	{"$env:appdata", `c:\users\-\appdata\roaming`},
	{"%userprofile%", `c:\users\-`},
	{"$env:userprofile", `c:\users\-`},
	{"$home", `c:\users\-`},
	{"%public%", `c:\users\public`},
	{"$env:public", `c:\users\public`},
	{"%programdata%", `c:\programdata`},
	{"$env:programdata", `c:\programdata`},
	{"%allusersprofile%", `c:\programdata`},
	{"%programfiles%", `c:\program files`},
	{"%programfiles(x86)%", `c:\program files (x86)`},
	{"%systemroot%", `c:\windows`},
	{"$env:systemroot", `c:\windows`},
	{"%windir%", `c:\windows`},
	{"$env:windir", `c:\windows`},
	{"%systemdrive%", `c:`},
	{"%homedrive%", `c:`},
	{"$env:programfiles", `c:\program files`},
	{"%programw6432%", `c:\program files`},
	{"$env:systemdrive", `c:`},
	{"$env:homedrive", `c:`},
	{`~\`, `c:\users\-\`},
	{`\systemroot\`, `c:\windows\`},
}

// shortNames are names of 8.3 characters of well-known folders. Windows makes them by itself, and takes one wherever it takes a path.
var shortNames = map[string]string{
	"progra~1": "program files", "progra~2": "program files (x86)", "progra~3": "programdata", "startm~1": "start menu", "locals~1": "local settings",
	"applic~1": "application data", "downlo~1": "downloads", "docume~1": "documents", "mydocu~1": "my documents", "$recyc~1.bin": "$recycle.bin", "softwa~1": "softwaredistribution",
}

// volume is how the kernel, and paths that begin with \\?\, name a volume without its letter.
var volume = regexp.MustCompile(`^\\?(globalroot\\)?(device\\harddiskvolume\d+|volume\{[0-9a-f-]+\})\\`)

var drive = regexp.MustCompile(`^[a-z]:`)

// normal is a path in lower case with backslashes, without the prefixes \\?\ and \??\, and with variables resolved.
// A volume without a letter is taken for drive C:, which nearly always is right.
func normal(path string) string {
	p := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(path)), "/", `\`)
	if rest, ok := strings.CutPrefix(p, "${env:"); ok {
		p = "$env:" + strings.Replace(rest, "}", "", 1)
	}
	for _, v := range variables {
		if rest, ok := strings.CutPrefix(p, v[0]); ok {
			p = v[1] + rest
			break
		}
	}
	for _, prefix := range []string{`\\?\unc\`, `\\.\unc\`} {
		if rest, ok := strings.CutPrefix(p, prefix); ok {
			return `\\` + rest
		}
	}
	for _, prefix := range []string{`\\?\`, `\\.\`, `\??\`} {
		p = strings.TrimPrefix(p, prefix)
	}
	if at := volume.FindString(p); at != "" {
		p = `c:\` + p[len(at):]
	}
	return p
}

// resolved is a path's folders and its file as Windows resolves them: without drive, ".", ".." and what ends a name for the eye alone, and with short names at length.
func resolved(p string) []string {
	var parts []string
	for _, part := range strings.Split(drive.ReplaceAllString(p, ""), `\`) {
		if part == ".." {
			parts = parts[:max(0, len(parts)-1)]
			continue
		}
		part = strings.TrimRight(part, ". ")
		if part == "" {
			continue
		}
		if long, ok := shortNames[part]; ok {
			part = long
			if part == "documents" && len(parts) == 0 { // before Vista
				part = "documents and settings"
			}
		}
		parts = append(parts, part)
	}
	return parts
}

// folderOf tells in what kind of folder the file of that path lies; empty: there is no path.
func folderOf(path string) string {
	p := normal(path)
	switch {
	case p == "":
		return ""
	case strings.HasPrefix(p, `\\`):
		return folderShare
	case !drive.MatchString(p) && !strings.HasPrefix(p, `\`):
		return folderRelative
	}
	onC := !drive.MatchString(p) || p[0] == 'c'
	parts := resolved(p)
	if len(parts) <= 1 {
		return folderDriveRoot
	}
	dirs := parts[:len(parts)-1]
	switch dirs[0] {
	case "$recycle.bin", "recycler", "recycled":
		return folderRecycleBin
	case "perflogs":
		return folderPerfLogs
	case "users", "documents and settings":
		return userFolder(dirs)
	case "programdata":
		return dataFolder(dirs)
	case "program files", "program files (x86)", "program files (arm)":
		return folderPrograms
	case "windows", "winnt":
		return windowsFolder(dirs)
	}
	if !onC {
		return folderOtherDrive
	}
	return folderRootFolder
}

const startup = `\start menu\programs\startup`

func userFolder(dirs []string) string {
	rest := `\` + strings.Join(dirs[min(2, len(dirs)):], `\`)
	switch {
	case len(dirs) == 1:
		return folderUsersRoot
	case strings.Contains(rest+`\`, startup+`\`):
		return folderStartup
	case dirs[1] == "public" || dirs[1] == "all users" || dirs[1] == "default":
		return folderPublic
	}
	rest = strings.TrimPrefix(rest, `\`)
	rest = strings.Replace(rest, `local settings\temp`, `appdata\local\temp`, 1) // XP and 2003
	rest = strings.Replace(rest, `local settings\application data`, `appdata\local`, 1)
	if r, ok := strings.CutPrefix(rest, `application data`); ok {
		rest = `appdata\roaming` + r
	}
	first, _, _ := strings.Cut(rest, `\`)
	switch {
	case rest == "":
		return folderProfileRoot
	case first == "desktop" || strings.HasPrefix(rest, `onedrive\desktop`):
		return folderDesktop
	case first == "downloads":
		return folderDownloads
	case slices.Contains([]string{"documents", "my documents", "pictures", "music", "videos"}, first):
		return folderDocuments
	case beneath(rest, `appdata\local\temp`) || beneath(rest, `appdata\locallow\temp`) || beneath(rest, `appdata\roaming\temp`):
		return folderTemp
	case slices.Contains([]string{`appdata`, `appdata\local`, `appdata\locallow`, `appdata\roaming`}, rest):
		return folderAppDataRoot
	}
	return folderAppData
}

func dataFolder(dirs []string) string {
	rest := `\` + strings.Join(dirs[1:], `\`)
	switch {
	case len(dirs) == 1:
		return folderDataRoot
	case strings.Contains(rest+`\`, startup+`\`):
		return folderStartup
	}
	return folderProgramData
}

// openToAll are folders beneath Windows in which every user may write: places to hide programs where rules trust the path.
var openToAll = []string{
	`tasks`, `tracing`, `debug\wia`, `registration\crmlog`, `system32\tasks`, `syswow64\tasks`, `system32\spool\drivers\color`, `system32\spool\printers`,
	`system32\spool\servers`, `system32\com\dmp`, `syswow64\com\dmp`, `system32\fxstmp`, `syswow64\fxstmp`, `system32\microsoft\crypto\rsa\machinekeys`,
	`fonts`, `addins`, `ime`,
}

func windowsFolder(dirs []string) string {
	rest := strings.Join(dirs[1:], `\`)
	switch {
	case rest == "":
		return folderWindowsRoot
	case beneath(rest, "temp") || beneath(rest, "systemtemp"):
		return folderTemp
	case beneath(rest, "softwaredistribution") || beneath(rest, "ccm") || beneath(rest, "ccmcache") || beneath(rest, "ccmsetup"):
		return folderUpdateCache
	case slices.ContainsFunc(openToAll, func(open string) bool { return beneath(rest, open) }):
		return folderWindowsOpen
	}
	for _, profile := range []string{`system32\config\systemprofile\`, `syswow64\config\systemprofile\`, `serviceprofiles\localservice\`, `serviceprofiles\networkservice\`} {
		if r, ok := strings.CutPrefix(rest+`\`, profile); ok { // of the system's own accounts
			return userFolder(append([]string{"users", "-"}, strings.FieldsFunc(r, func(c rune) bool { return c == '\\' })...))
		}
	}
	if beneath(rest, "system32") || beneath(rest, "syswow64") || beneath(rest, "sysnative") {
		return folderSystem
	}
	return folderWindows
}

func beneath(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+`\`) }

// stream splits the name of an alternate data stream off a path. "::$DATA" is the file itself.
func stream(path string) (file, name string) {
	p := normal(path)
	skip := 0
	if drive.MatchString(p) {
		skip = 2
	}
	last := strings.LastIndexByte(p, '\\') + 1
	if at := strings.IndexByte(p[max(skip, last):], ':'); at >= 0 {
		at += max(skip, last)
		return p[:at], strings.TrimSuffix(strings.TrimSuffix(p[at+1:], ":$data"), ":")
	}
	return p, ""
}

// baseName is the last part of a path, in lower case and without a data stream.
func baseName(path string) string {
	file, _ := stream(path)
	return file[strings.LastIndexByte(file, '\\')+1:]
}
