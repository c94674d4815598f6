// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package testlab

import (
	"math/rand/v2"
	"sync"
)

// Fault is one way in which an origin misbehaves.
type Fault string

const (
	// FaultNone: the answer is right.
	FaultNone Fault = "none"
	// FaultCut: the connection ends in order after Step.At bytes of the body.
	FaultCut Fault = "cut"
	// FaultReset: the connection is reset after Step.At bytes.
	FaultReset Fault = "reset"
	// FaultStall: after Step.At bytes nothing more comes, until the client leaves or Origin.Stall passed.
	FaultStall Fault = "stall"
	// FaultDribble: the body comes in many small pieces.
	FaultDribble Fault = "dribble"
	// FaultGzip: the whole content comes compressed, under the ETag of the plain one.
	FaultGzip Fault = "gzip"
	// FaultGzipRange: a 206 that says its content is compressed.
	FaultGzipRange Fault = "gzip_range"
	// FaultIgnoreRange: 200 although a range was asked for.
	FaultIgnoreRange Fault = "ignore_range"
	// FaultIgnoreIfRange: 206 of the present version, whatever If-Range says.
	FaultIgnoreIfRange Fault = "ignore_if_range"
	// FaultUnasked: 206 of the whole although no range was asked for.
	FaultUnasked Fault = "unasked_206"
	// FaultWrongStart: a 206 that begins elsewhere, and says so.
	FaultWrongStart Fault = "wrong_start"
	// FaultWrongTotal: a 206 whose Content-Range has a wrong total.
	FaultWrongTotal Fault = "wrong_total"
	// FaultWrongLength: a 206 whose Content-Length is less than its Content-Range.
	FaultWrongLength Fault = "wrong_length"
	// FaultNoContentRange: a 206 without Content-Range.
	FaultNoContentRange Fault = "no_content_range"
	// FaultBadContentRange: a 206 whose Content-Range cannot be read.
	FaultBadContentRange Fault = "bad_content_range"
	// FaultStarTotal: a 206 that does not tell the total. That is allowed.
	FaultStarTotal Fault = "star_total"
	// FaultMultipart: a 206 in the form for several ranges.
	FaultMultipart Fault = "multipart"
	// FaultShortRange: a 206 of less than was asked for. That is allowed.
	FaultShortRange Fault = "short_range"
	// Fault416: 416 with the right total although the range is there.
	Fault416 Fault = "416"
	// FaultBare416: the same without Content-Range.
	FaultBare416 Fault = "bare_416"
	// FaultLongLength: the length is larger than what comes before the connection ends.
	FaultLongLength Fault = "long_length"
	// FaultShortLength: Content-Length is less than the content, and so is what comes. Only a digest or another answer shows it.
	FaultShortLength Fault = "short_length"
	// FaultChunked: no length, in chunks. That is allowed.
	FaultChunked Fault = "chunked"
	// FaultCloseEnd: no length; the end is marked by closing the connection. HTTP/1 only.
	FaultCloseEnd Fault = "close_end"
	// FaultOtherTag: the right content under an ETag of its own, as mirrors do.
	FaultOtherTag Fault = "other_tag"
	// FaultRedirect: a redirect within the origin.
	FaultRedirect Fault = "redirect"
	// FaultRedirectOther: a redirect to the other origin.
	FaultRedirectOther Fault = "redirect_other"
	// FaultLoop: redirects without end.
	FaultLoop Fault = "redirect_loop"
	// FaultPage: status 200 with a page of HTML in place of the content.
	FaultPage Fault = "page"
	// FaultPageRedirect: a redirect to such a page of the other origin, as captive portals do.
	FaultPageRedirect Fault = "page_redirect"
	// FaultStatus: the status Step.Status, with Step.RetryAfter.
	FaultStatus Fault = "status"
)

// Faults lists the faults after which a careful client still has the right bytes or an error:
// all but FaultShortLength, which no client can notice at the first answer.
var Faults = []Fault{
	FaultNone, FaultCut, FaultReset, FaultStall, FaultDribble, FaultGzip, FaultGzipRange, FaultIgnoreRange,
	FaultIgnoreIfRange, FaultUnasked, FaultWrongStart, FaultWrongTotal, FaultWrongLength, FaultNoContentRange,
	FaultBadContentRange, FaultStarTotal, FaultMultipart, FaultShortRange, Fault416, FaultBare416, FaultLongLength,
	FaultChunked, FaultCloseEnd, FaultOtherTag, FaultRedirect, FaultRedirectOther, FaultLoop, FaultPage,
	FaultPageRedirect, FaultStatus,
}

// Step is what happens to one request.
type Step struct {
	Fault      Fault // empty: FaultNone
	At         int64 // where in the body it strikes, in bytes
	Change     bool  // before that, but after the answer was begun, the file gets another version
	Grow       int64 // by how many bytes that version is larger, or smaller
	Status     int
	RetryAfter string
}

// Plan says what happens to the n-th request for a file, from 0 on.
type Plan func(n int) Step

// Steps is the plan that follows the list and is faultless after it.
func Steps(list ...Step) Plan {
	return func(n int) Step {
		if n < len(list) {
			return list[n]
		}
		return Step{}
	}
}

// Seeded is a plan of faults drawn from the list, a quarter of all steps being faultless,
// for a file of about the given size. Seed and order of requests determine it.
func Seeded(seed uint64, size int64, faults ...Fault) Plan {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 0x6f62))
	return func(int) Step {
		mu.Lock()
		defer mu.Unlock()
		s := Step{Fault: faults[rng.IntN(len(faults))], At: rng.Int64N(size + 1)}
		if rng.IntN(4) == 0 {
			s.Fault = FaultNone
		}
		if rng.IntN(4) == 0 {
			s.Change = true
			if rng.IntN(2) == 0 {
				s.Grow = rng.Int64N(size/4+2) - size/8
			}
		}
		if s.Fault == FaultStatus {
			s.Status = []int{401, 403, 404, 408, 410, 412, 429, 500, 502, 503, 504, 511}[rng.IntN(12)]
			s.RetryAfter = []string{"", "0", "1", "Wed, 21 Oct 2015 07:28:00 GMT"}[rng.IntN(4)]
		}
		return s
	}
}
