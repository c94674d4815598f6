// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"slices"
	"time"
)

// product is a program that uses BITS, as it is seen on machines that nobody attacked. The true names are needed: a hunt knows them.
type product struct {
	key         string
	name        string
	description string
	creator     string
	owner       string // SID; empty: a user
	service     string
	remote      string
	local       string
	change      func(*Job)
	queue       bool // also on generations with a queue file
	anyName     bool // the name is the destination: there is no name to borrow
}

const (
	localService   = "S-1-5-19"
	networkService = "S-1-5-20"
	temp           = `C:\Users\alice\AppData\Local\Temp\`
)

// defaults of the job that products change.
func limits(retry, noProgress uint32) func(*Job) {
	return func(j *Job) { j.RetryDelay, j.NoProgress = retry, noProgress }
}

var products = []product{
	{
		key: "edge-component", name: "Edge Component Updater", description: "2132f61f-f790-4ae6-a355-8cf9a1533800",
		creator: `C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`,
		remote:  "http://msedge.b.tlu.dl.delivery.mp.microsoft.com/filestreamingservice/files/2132f61f-f790-4ae6-a355-8cf9a1533800?P1=1&P2=404&P3=2",
		local:   temp + `edge_BITS_2972_515758394\2132f61f-f790-4ae6-a355-8cf9a1533800`, change: limits(60, Day),
	},
	{
		key: "edge-webview", name: "Edge Component Updater", description: "ef5f792e-9df7-4748-accf-02ec33a4a2c4",
		creator: `C:\Program Files (x86)\Microsoft\EdgeWebView\Application\127.0.2651.74\msedgewebview2.exe`,
		remote:  "http://msedge.b.tlu.dl.delivery.mp.microsoft.com/filestreamingservice/files/ef5f792e-9df7-4748-accf-02ec33a4a2c4?P1=1&P2=404&P3=2",
		local:   temp + `edge_BITS_2888_29834416\ef5f792e-9df7-4748-accf-02ec33a4a2c4`,
		change: func(j *Job) {
			limits(60, Day)(j)
			j.Package, j.Application, j.Unknown.PackageWord = "Microsoft.OutlookForWindows_8wekyb3d8bbwe", "!Microsoft.OutlookforWindows", 0x25
		},
	},
	{
		key: "chrome-component", name: "Chrome Component Updater", description: "lmelglejhemejginpboagddgdfbepgmp_372_all_ZZ_a.crx3", queue: true,
		creator: `C:\Program Files\Google\Chrome\Application\chrome.exe`,
		remote:  "http://edgedl.me.gvt1.com/edgedl/release2/chrome_component/i73exzs4s3qvwnxxzwp6zdbtbe_372/lmelglejhemejginpboagddgdfbepgmp_372_all_ZZ_a.crx3",
		local:   temp + `chrome_BITS_9548_1667050988\lmelglejhemejginpboagddgdfbepgmp_372_all_ZZ_a.crx3`, change: limits(60, Day),
	},
	{
		key: "chrome-component-spotify", name: "Chrome Component Updater", creator: `C:\Users\alice\AppData\Roaming\Spotify\Spotify.exe`,
		remote: "http://r6---sn-p5qs7ned.gvt1.com/edgedl/release2/chrome_component/a_1/a_1_all_b.crx3",
		local:  temp + `chrome_BITS_1204_1667050990\a_1_all_b.crx3`, change: limits(60, Day),
	},
	{
		key: "google-update", name: temp + `{C8D534E6-ADCA-45CE-996A-F9FDD542F178}-84.0.4147.89_chrome_updater.exe`, description: "Google Update",
		creator: `C:\Program Files (x86)\Google\Update\GoogleUpdate.exe`, queue: true, anyName: true,
		remote: "http://r6---sn-p5qs7ned.gvt1.com/edgedl/release2/chrome/AKUkrLPygwSUJr84C7W76hc_84.0.4147.89/84.0.4147.89_chrome_updater.exe",
		local:  temp + `{C8D534E6-ADCA-45CE-996A-F9FDD542F178}-84.0.4147.89_chrome_updater.exe`,
		change: func(j *Job) {
			j.NotifyFlags, j.Headers, j.ProxyUsage, j.Security = 11, Headers(170), 1, RedirectReport
			limits(60, 300)(j)
		},
	},
	{
		key: "google-update-service", name: `C:\Program Files (x86)\Google\Update\1.3.36.152\Recovery\GUR1B59.tmp\GoogleUpdateSetup.crx3`,
		description: "Google Update", creator: `C:\Program Files (x86)\Google\Update\GoogleUpdate.exe`, owner: System, service: "Schedule", anyName: true,
		remote: "https://clients2.google.com/service/check2?crx3=true&appid=%7B430FD4D0-B729-4F61-AA34-91526481799D%7D&machine=1",
		local:  `C:\Program Files (x86)\Google\Update\1.3.36.152\Recovery\GUR1B59.tmp\GoogleUpdateSetup.crx3`,
		change: func(j *Job) {
			j.NotifyFlags, j.Headers, j.ProxyUsage, j.Security = 11, Headers(184), 1, RedirectReport
			limits(60, 0)(j)
			offline(j)
		},
	},
	{
		key: "onedrive-settings", name: "PreSignInSettingsConfigJSON", creator: `C:\Users\alice\AppData\Local\Microsoft\OneDrive\OneDriveStandaloneUpdater.exe`,
		remote: "https://g.live.com/odclientsettings/ProdV2", local: temp + `wct44D.tmp`, change: limits(10, 35),
	},
	{
		key: "onedrive-ring", name: "NucleusUpdateRingConfigJSON", creator: `C:\Program Files\Microsoft OneDrive\24.141.0714.0003\Microsoft.SharePoint.exe`,
		remote: "https://g.live.com/odclientsettings/NucleusProdV2", local: temp + `wct4C1B.tmp`,
		change: func(j *Job) {
			limits(10, 35)(j)
			j.Security = AllowHTTP
		},
	},
	{
		key: "onedrive-update", name: "UpdateDescriptionXml", creator: `C:\Program Files\Microsoft OneDrive\OneDriveStandaloneUpdater.exe`,
		owner: System, service: "Schedule", remote: "https://oneclient.sfx.ms/Win/Prod/update.xml", local: `C:\Windows\Temp\wct12A.tmp`, change: limits(10, 35),
	},
	{
		key: "click-to-run", name: "Microsoft Office Click-to-Run", creator: `C:\Program Files\Common Files\microsoft shared\ClickToRun\OfficeClickToRun.exe`, owner: System,
		remote: "http://f.c2r.ts.cdn.office.net/pr/492350f6-3a01-4f97-b9c0-c7c6ddf67d60/Office/Data/v64.cab",
		local:  `C:\Windows\Temp\OfficeC2R4D8A1F1E\v64.cab`,
		change: func(j *Job) {
			limits(600, 900)(j)
			j.MaxDownload, j.Priority, j.Unknown.AfterMethod = 30, Foreground, [3]byte{0, 1, 0}
		},
	},
	{
		key: "outlook-address-book", name: "Microsoft Outlook Offline Address Book 4b04cdd5-7e1e-48ed-b73a-c3d44d9e58fd",
		description: "Microsoft Outlook Offline Address Book Directory", creator: `C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE`,
		remote: "https://outlook.office365.com/OAB/f9ba0d6f-31b4-49cb-b814-3fdc955253bd/oab.xml",
		local:  `C:\Users\alice\AppData\Local\Microsoft\Outlook\Offline Address Books\4b04cdd5-7e1e-48ed-b73a-c3d44d9e58fd\oab.xml`,
		change: func(j *Job) {
			limits(300, 3600)(j)
			j.Headers, j.Priority = Headers(104), HighPrio
			refused(j)
		},
	},
	{
		key: "firefox", name: "MozillaUpdate 308046B0AF4A39CB", creator: `C:\Program Files\Mozilla Firefox\firefox.exe`,
		remote: "https://download-installer.cdn.mozilla.net/pub/firefox/releases/123.0.1/update/win64/en-US/firefox-123.0.1.complete.mar",
		local:  `C:\ProgramData\Mozilla-1de4eec8-1241-4177-a864-e594e8d1fb38\updates\308046B0AF4A39CB\updates\downloading\update.mar`,
		change: func(j *Job) {
			limits(60, 3600)(j)
			j.Security = RedirectReport
		},
	},
	{
		key: "speech-model", name: "SpeechModelDownloadJob", creator: `C:\Windows\System32\Speech_OneCore\common\SpeechModelDownload.exe`, owner: networkService,
		remote: "https://msftspeechmodelsprod.azureedge.net/SR/SV10-EV100/en-us-n/MV101/naspmodelsmetadata.xml",
		local:  `C:\Windows\ServiceProfiles\NetworkService\AppData\Local\Temp\tmp1A2B.tmp`,
		change: func(j *Job) { j.ProxyUsage = 3 },
	},
	{
		key: "font", name: "Font Download", creator: `C:\Windows\System32\svchost.exe`, owner: localService,
		remote: "https://fs.microsoft.com/fs/windows/config.json", local: `C:\Windows\ServiceProfiles\LocalService\AppData\Local\FontCache\Fonts\Download-1.tmp`,
	},
	{
		key: "push", name: "Push Notification Platform Job: 1", creator: `C:\Windows\System32\svchost.exe`,
		remote: "https://img-s-msn-com.akamaized.net/tenant/amp/entityid/AA1.img",
		local:  `C:\Users\alice\AppData\Local\Microsoft\Windows\Notifications\wpnidm\1a2b3c4d.jpg`,
	},
	{
		key: "windows-update", name: "WU Client Download", owner: System, queue: true, creator: `C:\Windows\System32\svchost.exe`,
		remote: "http://download.windowsupdate.com/d/msdownload/update/software/secu/2024/02/windows-kb5034831.cab",
		local:  `C:\Windows\SoftwareDistribution\Download\0f1e2d3c4b5a69788796a5b4c3d2e1f0\windows-kb5034831.cab`,
	},
	{
		key: "mecm-upload", name: "CCM Message Upload {0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0}", owner: System, queue: true, creator: `C:\Windows\CCM\CcmExec.exe`,
		remote: "http://cm01.corp.example:80/CCM_Incoming/{0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0}",
		local:  `C:\Windows\CCM\ServiceData\Messaging\OutgoingQueues\mp_relayendpoint\0000001A.msg`, change: upload,
	},
}

// offline is a job that could not reach its host: of no meaning by itself.
func offline(j *Job) {
	j.Files[0] = j.Files[0].Unstarted()
	j.Errors = []JobError{{Code: 0x80072ee7, Context: 5, Kind: 3}}
	j.TransientErrors = 1
	*j = j.In(TransientError, j.Modified)
}

// refused is a job whose server wanted a login.
func refused(j *Job) {
	j.Files[0] = j.Files[0].Unstarted()
	j.Errors = []JobError{{Code: 0x80190191, Context: 5, Kind: 4}}
	*j = j.In(Error, j.Modified)
}

// job is a job of the product.
func (p product) job(at time.Time) Job {
	owner := p.owner
	if owner == "" {
		owner = victim.SID
	}
	j := NewJob(p.name, owner, at, NewFile(p.remote, p.local, 975576, at.Add(-72*time.Hour)))
	j.Description, j.Creator, j.Service = p.description, p.creator, p.service
	j = j.In(Transferred, at.Add(time.Minute))
	if owner == localService || owner == networkService {
		j.Integrity = SystemLevel
	}
	if p.change != nil {
		p.change(&j)
	}
	return j
}

// on lists the kinds of evidence of a generation that the product is built for.
func (p product) on(g Generation) []Kind {
	switch {
	case !g.Database && !p.queue:
		return nil
	case p.change != nil && p.job(begin).Type == Upload:
		return slices.DeleteFunc(g.kinds(), func(k Kind) bool { return k == InTransfers && !g.Database })
	}
	return g.kinds()
}

// productCases are the products as they are.
func productCases() []Case {
	var list []Case
	for _, p := range products {
		j := p.job(begin)
		for _, g := range Generations {
			for _, k := range p.on(g) {
				list = append(list, Case{
					Name: "benign-" + p.key + "/" + g.Key + "/" + string(k), Generation: g, Kind: k, Job: j.ID, Computer: Host,
					build: func() Tree { return evidence(g, k, j, g.companion(), nil) },
				})
			}
		}
	}
	return list
}

// disguisedOn are the generations that disguises are built for.
var disguisedOn = []string{"win7", "server2019", "win11-24h2"}

// disguises are what an attacker changes in a job that borrows a product's name.
var disguises = []struct {
	wrong  string
	needs  part
	change func(*Job)
}{
	{"creator", inCreator, func(j *Job) { j.Creator = `C:\Users\alice\AppData\Roaming\helper\helper.exe` }},
	{"host", inURL, func(j *Job) { j.Files[0].Remote = "https://cdn.example.net/files/package.dat" }},
	{"destination", inLocal, func(j *Job) {
		j.Files[0].Local, j.Files[0].Temporary = `C:\Users\Public\Libraries\package.dat`, `C:\Users\Public\Libraries\BIT1A2B.tmp`
	}},
}

// disguiseCases are jobs with the name of a product and one other part that is not the product's.
func disguiseCases() []Case {
	var list []Case
	for _, p := range products {
		if p.anyName {
			continue
		}
		for _, d := range disguises {
			j := p.job(begin)
			j.ID = NewID("disguise " + p.key + d.wrong)
			j.Files[0].ID = NewID("disguised file " + p.key + d.wrong)
			d.change(&j)
			for _, key := range disguisedOn {
				g := GenerationOf(key)
				for _, k := range p.on(g) {
					if g.held(k)&d.needs != d.needs || k != InRow && k != InQueue && k != InTransfers {
						continue
					}
					other := g.companion().ID
					if k == InTransfers {
						other = ""
					}
					list = append(list, Case{
						Name: "disguise-" + p.key + "-" + d.wrong + "/" + g.Key + "/" + string(k), Generation: g, Kind: k, Job: j.ID, Computer: Host, Wrong: d.wrong,
						Companion: other, Wants: []Want{{0, Masquerading, "medium"}},
						build: func() Tree { return evidence(g, k, j, g.companion(), nil) },
					})
				}
			}
		}
	}
	return list
}
