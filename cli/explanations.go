// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import "github.com/openbits/openbits"

// callKinds are errors of a call, which leaves everything as it was.
var callKinds = map[openbits.Kind]bool{
	openbits.KindInvalidArgument: true, openbits.KindInvalidState: true, openbits.KindEmpty: true, openbits.KindNotFound: true,
	openbits.KindAmbiguous: true, openbits.KindIDInUse: true, openbits.KindTooManyFiles: true, openbits.KindStringTooLong: true,
	openbits.KindNotSupported: true, openbits.KindAccessDenied: true, openbits.KindBlockedByPolicy: true,
	openbits.KindServiceUnavailable: true, openbits.KindServiceRunning: true, openbits.KindServiceTooOld: true,
	openbits.KindDestinationBusy: true, openbits.KindInvalidName: true,
}

// kindTable explains every kind of openbits.Kinds; a test holds it to that.
var kindTable = map[openbits.Kind]explanation{
	openbits.KindInvalidArgument: {
		"A value that was given is not allowed; the message names it.", "Correct the value.",
	},
	openbits.KindInvalidState: {
		"The job's state does not allow what was asked. A final job cannot be changed, a job without whole files cannot be completed.",
		`"bits show JOB" tells its state.`,
	},
	openbits.KindEmpty: {
		"The job has no files, or none that is left to move.", `Add files with "bits add JOB URL DEST".`,
	},
	openbits.KindNotFound: {
		"There is no such job or file. Final jobs leave the list after 30 days.", `"bits list --all" shows all jobs.`,
	},
	openbits.KindAmbiguous: {
		"Several jobs have this name, or an id that begins so.", "Give more letters of the id.",
	},
	openbits.KindIDInUse: {
		"Another request has created a job with this id.", "Choose a new id: each job has its own.",
	},
	openbits.KindTooManyFiles: {
		"The job would have more files than a job may have: 100,000.", "Make several jobs of them.",
	},
	openbits.KindStringTooLong: {
		"A text is longer than its limit: 256 bytes for a name, 1,024 for a description, 8,192 for a URL.", "Shorten it.",
	},
	openbits.KindNotSupported: {
		"The service knows what is asked but cannot do it here.", "The message says what is missing.",
	},
	openbits.KindAccessDenied: {
		"The service serves the account that it runs as, and no other; root's service is no exception.",
		"Use your own service: leave --system out, and check OPENBITS_HOME and XDG_RUNTIME_DIR.",
	},
	openbits.KindBlockedByPolicy: {
		"The administrator's rules forbid it.", "Ask the administrator; the message names the rule.",
	},
	openbits.KindServiceUnavailable: {
		"No service answers on the socket.",
		`"bits get" and the other verbs that move jobs start it, unless OPENBITS_AUTOSTART=0; "bits daemon" runs it in the foreground.`,
	},
	openbits.KindServiceRunning: {
		"Another service owns this state folder. Two at once would damage the queue.",
		"Use the one that runs, or stop it first. OPENBITS_HOME names another folder for a second one.",
	},
	openbits.KindServiceTooOld: {
		"The service that runs is older than this program and does not know the call.",
		"Stop the service; the next command starts the installed one, and the jobs go on.",
	},
	openbits.KindDatabaseCorrupt: {
		"The queue could not be read. It was set aside in the state folder and rebuilt as far as possible; published files are not concerned.",
		`Check "bits list"; give jobs that are missing again. Look after the disk: this does not happen by itself.`,
	},
	openbits.KindSecretUnreadable: {
		"URLs and credentials are kept sealed, and the key that seals them is missing or another one.",
		`Restore the key file in the state folder, or give the URL again with "bits set JOB url[0]=URL".`,
	},
	openbits.KindInternal: {
		"The service failed in a way that is its own fault.",
		"Look at the service's log, and report it at https://github.com/openbits/openbits/issues.",
	},

	openbits.KindFileExists: {
		"A file stands under the destination's name already. Files are never replaced unless that was asked for.",
		"Move the file away and resume the job, or give --overwrite when creating it.",
	},
	openbits.KindDestinationBusy: {
		"Another unfinished job writes this destination. Two jobs never write one path.",
		"Wait for that job, cancel it, or choose another destination.",
	},
	openbits.KindFolderMissing: {
		"The destination folder does not exist, or another volume is mounted in its place. Folders are never made by the service.",
		"Create or mount it.",
	},
	openbits.KindInvalidName: {
		"The destination's name cannot be the name of a file there.", "Choose another name with -o.",
	},
	openbits.KindUnsafePath: {
		"The destination leads through a symbolic link that could be changed by others, or to something that is not a plain file.",
		"Name the real folder and a name that is free.",
	},
	openbits.KindWriteDenied: {
		"The destination folder cannot be written with your rights.", "Change the folder's rights or choose another one, then resume the job.",
	},
	openbits.KindDiskFull: {
		"The volume or your quota has no room for what is still to come. What was fetched is kept.", "Make room; or cancel other jobs.",
	},
	openbits.KindFileTooLarge: {
		"The file is larger than the file system, or a limit of the process, allows.", "Choose a destination on another file system.",
	},
	openbits.KindLocalFile: {
		"The disk answered with an error.", "Look at the system's log; check the disk.",
	},

	openbits.KindSourceMissing: {
		"The file that is to be sent does not exist, or not any more.", "Bring it back, then resume the job.",
	},
	openbits.KindReadDenied: {
		"The service, which has your own rights, may not read the file that is to be sent.", "Give yourself the right to read it, then resume the job.",
	},
	openbits.KindLocalFileChanged: {
		"The file changed while it was sent: its size or time of change is another, or another file stands under its name. Two versions are never mixed.",
		"Resume the job: it sends what the file holds then, from its first byte. For a log that only grows use --growing.",
	},
	openbits.KindNetworkDisconnected: {
		"The machine has no network but itself.", "Connect it.",
	},
	openbits.KindNameNotResolved: {
		"The server's name has no address.", "Check the name in the URL, and the machine's DNS.",
	},
	openbits.KindConnectFailure: {
		"The server cannot be reached, or refuses the connection.", "Check the URL's host and port; perhaps a firewall or a proxy is in between.",
	},
	openbits.KindConnectionClosed: {
		"The connection ended before the file was whole.", "Nothing, when it happens now and then: the next attempt goes on where this one ended.",
	},
	openbits.KindTimeout: {
		"The server stopped answering.", "Wait, or try another mirror.",
	},
	openbits.KindTLS: {
		"There is no secure connection: the server's certificate or its protocol is not accepted.",
		"Check the machine's clock and the URL. For a private authority give its certificate with --cacert. There is no way to switch the check off.",
	},
	openbits.KindInvalidProxyInfo: {
		"The proxy's address makes no sense, or what answers there is no proxy.", "Check --proxy, or the proxy variables of the environment the job was created in.",
	},
	openbits.KindProxyFailure: {
		"The proxy cannot be reached, or refuses to connect to the server.", "Check the proxy and what it allows.",
	},

	openbits.KindInvalidServerResponse: {
		"The server's answer contradicts itself or what was asked, for example a wrong range or length. Its bytes are not taken.",
		"Try another mirror, or without the proxy.",
	},
	openbits.KindContentEncoded: {
		"The server compressed the content although it was asked not to; its bytes are not the file's.", "Tell whoever runs the server, or try another mirror.",
	},
	openbits.KindTooManyRedirects: {
		"The redirects do not end.", "Open the URL in a browser to see where it leads.",
	},
	openbits.KindRedirectRefused: {
		"The redirect leads from https to http, or away from HTTP. That would drop the protection that the URL promises.",
		"Use the URL that it leads to, if you trust it.",
	},
	openbits.KindCaptivePortal: {
		"A sign-in page of the network answers in place of the server.", "Open a browser and sign in.",
	},
	openbits.KindRemoteFileChanged: {
		"The file on the server changed again and again while it was fetched. Parts of two versions are never put together.",
		"Wait until the server's file rests, or use a URL with a version in it; then resume the job.",
	},
	openbits.KindDigestMismatch: {
		"The whole file does not have the expected digest. It is kept hidden and never published.",
		"Check the digest and where it came from. \"bits resume JOB\" fetches the file again.",
	},
	openbits.KindProtocolMismatch: {
		"The server does not speak the BITS upload protocol at this URL.",
		"Send the file with --protocol put, or auto. On IIS, BITS uploads must be enabled for the folder.",
	},
	openbits.KindRemoteFileExists: {
		"A file with that name stands on the server already, and the server does not let it be replaced.", "Choose another name.",
	},
	openbits.KindRemoteFolderMissing: {
		"The folder that the URL names does not exist on the server: it says so, or answers 409 to a PUT.", "Make the folder on the server, or check the URL.",
	},
	openbits.KindTooLarge: {
		"The file is larger than the server takes, or the server's reply is larger than --reply-limit.", "The message says which; have that limit raised.",
	},
	openbits.KindSessionNotFound: {
		"The server forgot the upload again and again, which begins anew each time.",
		"Nothing: it is tried again. If it goes on, several servers without a common store may stand behind the name.",
	},
	openbits.KindNoReply: {
		"The server has the whole file, and its application gave no reply to it.", "Resume the job when the application works, or send the file without --reply.",
	},
	openbits.KindValidationFailed: {
		"The owner looked at the whole file and marked it invalid. It is never published.", "\"bits resume JOB\" fetches it again; \"bits cancel JOB\" gives it up.",
	},

	openbits.KindNoProgress: {
		"Transient errors went on for the job's no-progress timeout without a byte (14 days, unless set), or the server lost one upload after another and never had more of the file.",
		"Mend the cause that \"bits show JOB\" names, then resume the job.",
	},
	openbits.KindMaxDownloadTime: {
		"The job was connecting and transferring for its maximum time (90 days, unless set).", "Resume it to give it the same time again.",
	},
	openbits.KindExpired: {
		"The job's life ended: 90 days after it was created, whatever happens.", "Create it again.",
	},
}

// httpTable has more than the name of the statuses that people meet.
var httpTable = map[int]explanation{
	401: {"It wants a user name and a password, or others than it got.", "Give them in ~/.netrc or with -H 'Authorization: …'."},
	403: {"It knows what is asked and does not give it: the URL may need a login, or its signature has expired.", `Renew the URL with "bits set JOB url[0]=URL"; bytes are kept.`},
	404: {"There is no such file there.", "Check the URL."},
	407: {"The proxy wants a user name and a password.", "Write them into the proxy's URL: http://USER:PASSWORD@HOST:PORT."},
	410: {"The file was there and is gone for good.", "Look for its new place."},
	416: {"It does not have the range that was asked for: its file is shorter than the one that was begun.", "Resume the job: the file is fetched from its first byte."},
	429: {"It gets too many requests; the service waits as long as the server asks and opens fewer connections.", "Wait."},
	500: {"It failed.", "Wait, or try another mirror."},
	502: {"A gateway before it got no proper answer.", "Wait, or try another mirror."},
	503: {"It is overloaded or being looked after; the service waits as long as the server asks.", "Wait, or try another mirror."},
	504: {"A gateway before it got no answer in time.", "Wait, or try another mirror."},
}

// reasonText explains every reason of openbits.Reasons; a test holds it to that.
var reasonText = map[openbits.ReasonCode]explanation{
	openbits.ReasonNotStarted:    {"The job was created and never resumed.", `Start it with "bits resume JOB".`},
	openbits.ReasonSuspended:     {"You suspended the job.", `"bits resume JOB" lets it go on.`},
	openbits.ReasonTurn:          {"Jobs of the same priority are ahead and no place is free.", `It starts by itself. "bits set JOB priority=high" moves it forward.`},
	openbits.ReasonPriority:      {"A job of a higher priority runs or is about to.", `It goes on by itself after that one. "bits set JOB priority=high" changes the order.`},
	openbits.ReasonHostBusy:      {"The most connections that one host gets are in use by other jobs.", "It goes on by itself."},
	openbits.ReasonHostWait:      {"The server asked to come back later (429 or 503 with Retry-After).", `It goes on by itself at the time that "bits why JOB" tells.`},
	openbits.ReasonRetry:         {"The last attempt failed and the next one has its time.", `"bits resume JOB" tries again at once.`},
	openbits.ReasonOffline:       {"The machine has no network.", "It goes on by itself when there is one."},
	openbits.ReasonCaptivePortal: {"A sign-in page of the network answers in place of the server.", "Open a browser and sign in."},
	openbits.ReasonDiskFull:      {"The destination's volume has no room for what is still to come.", "Make room: it goes on by itself."},
	openbits.ReasonFolderMissing: {"The destination folder is gone, or another volume is mounted in its place.", "Create or mount it: the job goes on by itself."},
	openbits.ReasonYielding:      {"The job moves, but only as a trickle: others need the network, on this computer or beyond it.", `It speeds up by itself when they stop. "bits set JOB priority=foreground" lets it compete with them.`},
	openbits.ReasonNeedsComplete: {"Every file is whole; you have not completed the job.", `"bits complete JOB" publishes the files.`},
	openbits.ReasonFailed:        {"Files failed and need you.", `"bits show JOB" names them. "bits resume JOB" tries them again, "bits complete JOB" keeps the others.`},
	openbits.ReasonCompleted:     {"The job is over, its files are published.", "There is nothing to do."},
	openbits.ReasonCancelled:     {"The job is over, you cancelled it.", "Create it again if you need it."},
	openbits.ReasonExpired:       {"The job is over: its life ended before it was completed.", "Create it again if you need it."},
}
