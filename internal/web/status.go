// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/openbits/openbits"
)

// maxRetryAfter is the longest Retry-After that is obeyed: a longer one is as good as a mistake.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads a Retry-After field (RFC 9110, section 10.2.3) in both its forms. A date
// is taken relative to the answer's own Date where there is one, so that a wrong clock on
// either side does no harm. It answers 0 for what makes no sense.
func retryAfter(value, date string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := openbits.ParseHTTPTime(value)
	if err != nil {
		return 0
	}
	if t, err := openbits.ParseHTTPTime(date); err == nil {
		now = t
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// RetryAfterOf reads the Retry-After of an answer; 0: there is none.
func RetryAfterOf(resp *http.Response) time.Duration {
	return retryAfter(resp.Header.Get("Retry-After"), resp.Header.Get("Date"), time.Now())
}

// hints say what to do about statuses that people meet.
var hints = map[int]string{
	http.StatusUnauthorized:       "Give a user and password for this server, in the URL, in .netrc or as a header.",
	http.StatusForbidden:          "The server does not allow it; a link that expires may need to be renewed.",
	http.StatusNotFound:           "Check the URL.",
	http.StatusProxyAuthRequired:  "Give the proxy's user and password in its URL.",
	http.StatusGone:               "The file was removed for good; look for another URL.",
	http.StatusTooManyRequests:    "The server wants fewer requests; it is asked again later.",
	http.StatusServiceUnavailable: "The server is busy or under maintenance; it is asked again later.",
}

// StatusError is the error for an answer whose status is not a success.
func StatusError(resp *http.Response, host string) *openbits.Error {
	e := &openbits.Error{
		Kind: openbits.KindHTTP(resp.StatusCode), Context: openbits.ContextRemoteFile,
		Text: host + " answers " + strconv.Itoa(resp.StatusCode), Hint: hints[resp.StatusCode], After: RetryAfterOf(resp),
	}
	if words := http.StatusText(resp.StatusCode); words != "" {
		e.Text += " " + words
	}
	switch resp.StatusCode {
	case http.StatusNetworkAuthenticationRequired:
		return PortalError(host)
	case http.StatusProxyAuthRequired:
		e.Context = openbits.ContextTransport
		e.Text = "the proxy wants a user and password"
	}
	return e
}
