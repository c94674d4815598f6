// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import (
	"strconv"
	"strings"
)

// Kind is the stable name of a condition. Where BITS has a code for it, the kind is
// that code's name in lower case without its BG_E_.
//
// Errors are compared by kind: errors.Is(err, openbits.KindNotFound).
type Kind string

// Error makes a kind a target for errors.Is.
func (k Kind) Error() string { return string(k) }

// The calls of an owner.
const (
	// KindInvalidArgument: a value in the request is not allowed; the message names it.
	KindInvalidArgument Kind = "invalid_argument"
	// KindInvalidState: the job's state does not allow this call.
	KindInvalidState Kind = "invalid_state"
	// KindEmpty: the job has no files, or none that is left to move.
	KindEmpty Kind = "empty"
	// KindNotFound: there is no such job or file, or it belongs to somebody else.
	KindNotFound Kind = "not_found"
	// KindAmbiguous: the name or the beginning of an id fits several jobs.
	KindAmbiguous Kind = "ambiguous"
	// KindIDInUse: another request has created a job with this id.
	KindIDInUse Kind = "id_in_use"
	// KindTooManyFiles: the job would have more files than a job of its type may have.
	KindTooManyFiles Kind = "too_many_files"
	// KindStringTooLong: a text is longer than its limit.
	KindStringTooLong Kind = "string_too_long"
	// KindNotSupported: the service knows what is asked but cannot do it here.
	KindNotSupported Kind = "not_supported"
	// KindAccessDenied: the caller's account may not use this service.
	KindAccessDenied Kind = "access_denied"
	// KindBlockedByPolicy: the administrator's rules forbid it.
	KindBlockedByPolicy Kind = "blocked_by_policy"
	// KindServiceUnavailable: no service answers on the socket.
	KindServiceUnavailable Kind = "service_unavailable"
	// KindServiceRunning: another service owns this state folder.
	KindServiceRunning Kind = "service_running"
	// KindServiceTooOld: the service does not know this call; a newer one is installed than runs.
	KindServiceTooOld Kind = "service_too_old"
	// KindDatabaseCorrupt: the queue cannot be read; it was set aside and rebuilt as far as possible.
	KindDatabaseCorrupt Kind = "database_corrupt"
	// KindSecretUnreadable: a job's URL or credentials cannot be read, because the key they were sealed with is missing or another.
	KindSecretUnreadable Kind = "secret_unreadable"
	// KindInternal: the service failed in a way that is its own fault.
	KindInternal Kind = "internal"
)

// The destination.
const (
	// KindFileExists: a file stands under the destination's name already.
	KindFileExists Kind = "file_exists"
	// KindDestinationBusy: another job writes this destination.
	KindDestinationBusy Kind = "destination_busy"
	// KindFolderMissing: the destination folder does not exist, or not any more.
	KindFolderMissing Kind = "folder_missing"
	// KindInvalidName: the destination's name cannot be the name of a file.
	KindInvalidName Kind = "invalid_name"
	// KindUnsafePath: the destination leads through a link, or to something that is not a plain file.
	KindUnsafePath Kind = "unsafe_path"
	// KindWriteDenied: the destination folder cannot be written.
	KindWriteDenied Kind = "write_denied"
	// KindDiskFull: the volume or the quota has no room.
	KindDiskFull Kind = "disk_full"
	// KindFileTooLarge: the file is larger than the file system or the process's limit allows.
	KindFileTooLarge Kind = "file_too_large"
	// KindLocalFile: the disk answered with an error.
	KindLocalFile Kind = "local_file"
)

// The file that is sent.
const (
	// KindSourceMissing: the file that is to be sent does not exist, or not any more.
	KindSourceMissing Kind = "source_missing"
	// KindReadDenied: the file that is to be sent may not be read.
	KindReadDenied Kind = "read_denied"
	// KindLocalFileChanged: the file changed while it was sent.
	KindLocalFileChanged Kind = "local_file_changed"
)

// The network.
const (
	// KindNetworkDisconnected: the machine has no network.
	KindNetworkDisconnected Kind = "network_disconnected"
	// KindNameNotResolved: the server's name has no address.
	KindNameNotResolved Kind = "name_not_resolved"
	// KindConnectFailure: the server cannot be reached or refuses the connection.
	KindConnectFailure Kind = "connect_failure"
	// KindConnectionClosed: the connection ended before the file was whole.
	KindConnectionClosed Kind = "connection_closed"
	// KindTimeout: the server stopped answering.
	KindTimeout Kind = "timeout"
	// KindTLS: no secure connection: the server's certificate or protocol is not accepted.
	KindTLS Kind = "tls_failure"
	// KindInvalidProxyInfo: the proxy's address or answer makes no sense.
	KindInvalidProxyInfo Kind = "invalid_proxy_info"
	// KindProxyFailure: the proxy cannot be reached or refuses to connect.
	KindProxyFailure Kind = "proxy_failure"
)

// The server's answer.
const (
	// KindInvalidServerResponse: the answer contradicts itself or what was asked.
	KindInvalidServerResponse Kind = "invalid_server_response"
	// KindContentEncoded: the server compressed the content although it was asked not to.
	KindContentEncoded Kind = "content_encoded"
	// KindTooManyRedirects: the redirects do not end.
	KindTooManyRedirects Kind = "too_many_redirects"
	// KindRedirectRefused: the redirect leads from https to http or away from HTTP.
	KindRedirectRefused Kind = "redirect_refused"
	// KindCaptivePortal: a sign-in page answers in place of the server.
	KindCaptivePortal Kind = "captive_portal"
	// KindRemoteFileChanged: the file on the server changed again and again while it was fetched.
	KindRemoteFileChanged Kind = "remote_file_changed"
	// KindDigestMismatch: the whole file does not have the expected digest.
	KindDigestMismatch Kind = "digest_mismatch"
	// KindProtocolMismatch: the server does not speak the protocol of the upload.
	KindProtocolMismatch Kind = "client_server_protocol_mismatch"
	// KindRemoteFileExists: a file stands under that name on the server already and is not to be replaced.
	KindRemoteFileExists Kind = "remote_file_exists"
	// KindRemoteFolderMissing: the folder that the URL names does not exist on the server.
	KindRemoteFolderMissing Kind = "remote_folder_missing"
	// KindTooLarge: the file is larger than the server takes, or the reply larger than its limit.
	KindTooLarge Kind = "too_large"
	// KindSessionNotFound: the server forgot the upload again and again.
	KindSessionNotFound Kind = "session_not_found"
	// KindNoReply: the server has the file and gave no reply to it.
	KindNoReply Kind = "no_reply"
	// KindValidationFailed: the owner marked the file invalid.
	KindValidationFailed Kind = "validation_failed"
)

// The life of a job.
const (
	// KindNoProgress: transient errors went on for the job's no-progress timeout, or the server lost one upload after another.
	KindNoProgress Kind = "no_progress"
	// KindMaxDownloadTime: the job was active for its maximum download time.
	KindMaxDownloadTime Kind = "maxdownload_timeout"
	// KindExpired: the job's life ended.
	KindExpired Kind = "expired"
)

// Kinds lists all kinds but those of HTTP statuses, which KindHTTP makes.
var Kinds = []Kind{
	KindInvalidArgument, KindInvalidState, KindEmpty, KindNotFound, KindAmbiguous, KindIDInUse, KindTooManyFiles,
	KindStringTooLong, KindNotSupported, KindAccessDenied, KindBlockedByPolicy, KindServiceUnavailable,
	KindServiceRunning, KindServiceTooOld, KindDatabaseCorrupt, KindSecretUnreadable, KindInternal,
	KindFileExists, KindDestinationBusy, KindFolderMissing, KindInvalidName, KindUnsafePath, KindWriteDenied,
	KindDiskFull, KindFileTooLarge, KindLocalFile,
	KindSourceMissing, KindReadDenied, KindLocalFileChanged,
	KindNetworkDisconnected, KindNameNotResolved, KindConnectFailure, KindConnectionClosed, KindTimeout, KindTLS,
	KindInvalidProxyInfo, KindProxyFailure,
	KindInvalidServerResponse, KindContentEncoded, KindTooManyRedirects, KindRedirectRefused, KindCaptivePortal,
	KindRemoteFileChanged, KindDigestMismatch, KindProtocolMismatch, KindRemoteFileExists, KindRemoteFolderMissing, KindTooLarge,
	KindSessionNotFound, KindNoReply, KindValidationFailed,
	KindNoProgress, KindMaxDownloadTime, KindExpired,
}

// KindHTTP is the kind of an HTTP status that is an error, such as "http_404".
func KindHTTP(status int) Kind { return Kind("http_" + strconv.Itoa(status)) }

// HTTPStatus is the status that KindHTTP made k of, or 0.
func (k Kind) HTTPStatus() int {
	digits, ok := strings.CutPrefix(string(k), "http_")
	if !ok {
		return 0
	}
	status, err := strconv.Atoi(digits)
	if err != nil || status < 100 || status > 599 {
		return 0
	}
	return status
}

// transient lists the kinds that are expected to heal by themselves.
var transient = map[Kind]bool{
	KindDiskFull: true, KindFolderMissing: true,
	KindNetworkDisconnected: true, KindNameNotResolved: true, KindConnectFailure: true, KindConnectionClosed: true,
	KindTimeout: true, KindProxyFailure: true, KindInvalidServerResponse: true, KindCaptivePortal: true, KindSessionNotFound: true,
}

// Transient reports whether what failed with this kind is tried again by itself.
// HTTP statuses follow BITS's table, with 423 (a file of WebDAV that is locked), 425 and 429, which are younger, added.
func (k Kind) Transient() bool {
	switch status := k.HTTPStatus(); {
	case status == 0:
		return transient[k]
	case status == 408, status == 409, status == 423, status == 425, status == 429:
		return true
	case status == 501, status == 505:
		return false
	default:
		return status >= 500
	}
}

// Blocking reports whether the kind ends with a change of the machine rather than with time:
// such a failure is not retried by the clock and does not count as an error.
func (k Kind) Blocking() bool {
	return k == KindNetworkDisconnected || k == KindDiskFull || k == KindFolderMissing
}
