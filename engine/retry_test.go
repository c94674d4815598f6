// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

// gaps are the times between the attempts at a URL.
func (w *world) gaps(url string) (list []time.Duration) {
	calls := w.servers.Calls(url)
	for i := 1; i < len(calls); i++ {
		list = append(list, calls[i].At.Sub(calls[i-1].Ended))
	}
	return list
}

// TestBackoff: 5 s, doubled up to 600 s, a fifth up or down.
func TestBackoff(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.servers.Trouble("example.org", enginetest.Fail(openbits.KindHTTP(500), site))
		id := w.create(files(1))
		w.after(2 * time.Hour)
		base := openbits.DefaultRetryDelay
		gaps := w.gaps(site + "f0")
		if len(gaps) < 12 {
			t.Fatalf("there were %d attempts in two hours", len(gaps)+1)
		}
		varied := false
		for i, gap := range gaps {
			w.within(fmt.Sprintf("wait %d", i), gap, base*4/5, base*6/5)
			varied = varied || gap != base
			base = min(base*2, openbits.MaxRetryDelay)
		}
		if !varied {
			t.Error("no wait differs from its base: there is no jitter")
		}
		j := w.is(id, openbits.StateTransientError, openbits.ReasonRetry)
		if j.ErrorCount != len(gaps)+1 || j.Error.Kind != openbits.KindHTTP(500) {
			t.Errorf("after %d failures the job counts %d, the last is %v", len(gaps)+1, j.ErrorCount, j.Error)
		}
		if !j.Reason.Until.Equal(j.NextTry) || !j.NextTry.After(time.Now()) {
			t.Errorf("the job says it tries again at %v, and does at %v", j.Reason.Until, j.NextTry)
		}
	})
}

// TestRetrySetting: the first back-off is the owner's, and a longer one than the cap stays as it is.
func TestRetrySetting(t *testing.T) {
	for _, delay := range []time.Duration{time.Minute, time.Hour} {
		inWorld(t, nil, func(w *world) {
			w.servers.Trouble("example.org", enginetest.Fail(openbits.KindHTTP(502), site))
			w.create(files(1), settings(func(s *openbits.Settings) { s.RetryDelay = delay }))
			w.after(6 * delay)
			gaps := w.gaps(site + "f0")
			if len(gaps) < 2 {
				t.Fatalf("only %d attempts in %v", len(gaps)+1, 6*delay)
			}
			second := min(2*delay, max(delay, openbits.MaxRetryDelay))
			w.within("the first wait", gaps[0], delay*4/5, delay*6/5)
			w.within("the second wait", gaps[1], second*4/5, second*6/5)
		})
	}
}

// TestRetryAfterProgress: a connection that brought bytes is tried again after a second, and nothing is fetched twice.
func TestRetryAfterProgress(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(300_000), ETag: `"v1"`})
		broken := enginetest.Fail(openbits.KindConnectionClosed, site)
		w.script("f0", enginetest.Attempt{Stop: 100_000, Break: broken}, enginetest.Attempt{Stop: 100_000, Break: broken})
		id := w.create(files(1))
		w.is(id, openbits.StateTransientError, openbits.ReasonRetry)
		w.after(3 * time.Second)
		w.is(id, openbits.StateAcknowledged)
		for i, gap := range w.gaps(site + "f0") {
			w.within(fmt.Sprintf("wait %d", i), gap, 800*time.Millisecond, 1200*time.Millisecond)
		}
		for i, c := range w.servers.Calls(site + "f0") {
			if c.From != int64(i)*100_000 {
				t.Errorf("attempt %d began at %d", i, c.From)
			}
		}
		w.holds("f0", body(300_000))
	})
}

// TestRetryAfterHeader: a server that asked for time is left alone by all jobs, others are not.
func TestRetryAfterHeader(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(10)})
		w.put("f1", enginetest.Page{Body: body(10)})
		w.script("f0", enginetest.Attempt{Err: enginetest.FailAfter(openbits.KindHTTP(503), site, 90*time.Second)})
		first := w.create(file("f0"))
		j := w.is(first, openbits.StateTransientError, openbits.ReasonHostWait)
		w.within("the wait", time.Until(j.Reason.Until), 89*time.Second, 91*time.Second)
		second := w.create(file("f1"))
		j = w.is(second, openbits.StateTransientError, openbits.ReasonHostWait)
		w.within("the second job's wait", time.Until(j.Reason.Until), 89*time.Second, 91*time.Second)
		elsewhere := w.create(w.one("other", time.Second))
		w.after(2 * time.Second)
		w.is(elsewhere, openbits.StateAcknowledged)

		w.after(86 * time.Second)
		w.act(second, openbits.ActionResume) // an owner who is impatient does not change that
		w.is(second, openbits.StateTransientError, openbits.ReasonHostWait)
		if n := len(w.servers.Calls("")); n != 2 {
			t.Errorf("the servers saw %d attempts, want 2", n)
		}
		w.after(3 * time.Second)
		w.is(first, openbits.StateAcknowledged)
		w.is(second, openbits.StateAcknowledged)
	})
}

// TestCrowdedHost: 429 and 503 halve the host's connections; every 16 files that arrive give one back.
func TestCrowdedHost(t *testing.T) {
	for _, status := range []int{429, 503} {
		inWorld(t, nil, func(w *world) {
			host := "example.org"
			w.servers.Trouble(host, enginetest.Fail(openbits.KindHTTP(status), site))
			w.create(file("refused"))
			w.servers.Trouble(host, nil)
			w.after(30 * time.Second)
			for i := range 100 {
				w.put(fmt.Sprintf("f%d", i), slow(1000, time.Second))
			}
			id := w.create(files(100))
			if now, _ := w.servers.Going(host); now != 4 {
				t.Errorf("%d connections after %d, want 4", now, status)
			}
			w.after(5 * time.Second)
			if now, _ := w.servers.Going(host); now != 5 {
				t.Errorf("%d connections after 20 files, want 5", now)
			}
			w.after(time.Minute)
			w.is(id, openbits.StateAcknowledged)
			if _, most := w.servers.Going(host); most != 8 {
				t.Errorf("%d connections at most after 100 files, want 8", most)
			}
		})
	}
}

// TestHostForgives: a server that worked again is not punished for failures from long ago.
func TestHostForgives(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		refused := enginetest.Fail(openbits.KindConnectFailure, site)
		w.put("f0", enginetest.Page{Body: body(10)})
		w.put("f1", enginetest.Page{Body: body(10)})
		w.script("f0", enginetest.Attempt{Err: refused}, enginetest.Attempt{Err: refused}, enginetest.Attempt{Err: refused}, enginetest.Attempt{Err: refused})
		w.script("f1", enginetest.Attempt{Err: refused})
		first := w.create(file("f0"))
		w.after(5 * time.Minute)
		w.is(first, openbits.StateAcknowledged)
		second := w.create(file("f1"))
		j := w.is(second, openbits.StateTransientError, openbits.ReasonRetry)
		w.within("the wait after one failure", time.Until(j.NextTry), 4*time.Second, 6*time.Second)
		w.after(7 * time.Second)
		w.is(second, openbits.StateAcknowledged)
	})
}

// TestOtherJobsServerDown: a job that waits because another one could not use the server says that, and not that it failed.
func TestOtherJobsServerDown(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.servers.Trouble("example.org", enginetest.Fail(openbits.KindConnectFailure, site))
		first := w.create(file("f0"))
		w.is(first, openbits.StateTransientError, openbits.ReasonRetry)
		second := w.create(file("f1"))
		j := w.is(second, openbits.StateTransientError, openbits.ReasonRetry)
		if want := "example.org:80 could not be used a moment ago and is left alone for a while"; j.Reason.Text != want {
			t.Errorf("the reason is %q, want %q", j.Reason.Text, want)
		}
		if n := len(w.servers.Calls(site + "f1")); n != 0 {
			t.Errorf("the second job asked the server %d times", n)
		}
	})
}

// TestProxyDown: a proxy that fails holds up the jobs that use it, and no others.
func TestProxyDown(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f1", enginetest.Page{Body: body(10)})
		w.script("f0", enginetest.Attempt{Err: enginetest.Fail(openbits.KindProxyFailure, site)})
		proxied := func(n *openbits.NewJob) { n.Route.Proxy.HTTP = "http://proxy.example:3128" }
		w.is(w.create(file("f0"), proxied), openbits.StateTransientError, openbits.ReasonRetry)
		w.is(w.create(file("f2"), proxied), openbits.StateTransientError, openbits.ReasonRetry)
		if n := len(w.servers.Calls(site + "f2")); n != 0 {
			t.Errorf("a job with the same proxy asked %d times", n)
		}
		w.is(w.create(file("f1")), openbits.StateAcknowledged)
	})
}

// TestServerDown: the files of a server that cannot be reached fail together, which counts once for the server.
func TestServerDown(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.servers.Trouble("example.org", enginetest.Fail(openbits.KindConnectFailure, site))
		id := w.create(files(100))
		j := w.is(id, openbits.StateTransientError, openbits.ReasonRetry)
		if n := len(w.servers.Calls("")); n > openbits.MaxConnectionsPerHost {
			t.Errorf("%d attempts at a server that cannot be reached", n)
		}
		w.within("the wait", time.Until(j.NextTry), 4*time.Second, 6*time.Second)
		for i := range 100 {
			w.put(fmt.Sprintf("f%d", i), enginetest.Page{Body: body(10)})
		}
		w.servers.Trouble("example.org", nil)
		w.after(15 * time.Second)
		w.is(id, openbits.StateAcknowledged)
	})
}

func TestNoProgressTimeout(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(200_000), ETag: `"v1"`})
		w.script("f0", enginetest.Attempt{Stop: 100_000, Break: enginetest.Fail(openbits.KindTimeout, site)})
		id := w.create(files(1), settings(func(s *openbits.Settings) { s.NoProgressTimeout = time.Hour }))
		w.servers.Trouble("example.org", enginetest.Fail(openbits.KindHTTP(500), site))
		w.after(59 * time.Minute)
		w.is(id, openbits.StateTransientError)
		w.after(15 * time.Minute)
		j := w.is(id, openbits.StateError, openbits.ReasonFailed)
		if j.Error.Kind != openbits.KindNoProgress || j.ErrorCount < 5 {
			t.Errorf("the job ended with %v after %d errors", j.Error, j.ErrorCount)
		}
		if f := w.fileOf(id, 0); f.State != openbits.FileError || f.BytesDone != 100_000 {
			t.Errorf("the file is %s with %d bytes, want its 100,000 kept", f.State, f.BytesDone)
		}
		count := j.ErrorCount
		w.servers.Trouble("example.org", nil)
		w.act(id, openbits.ActionResume)
		j = w.is(id, openbits.StateAcknowledged)
		if j.ErrorCount != count || j.Error != nil {
			t.Errorf("afterwards the job counts %d errors, want %d, and its error is %v", j.ErrorCount, count, j.Error)
		}
		w.holds("f0", body(200_000))
	})
}

// TestNoProgressBegins: bytes that arrive begin the time anew.
func TestNoProgressBegins(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(1_000_000), ETag: `"v1"`})
		lost := enginetest.Fail(openbits.KindConnectionClosed, site)
		dead := enginetest.Attempt{Err: enginetest.Fail(openbits.KindHTTP(500), site)}
		some := enginetest.Attempt{Stop: 100_000, Break: lost}
		// 5+10+20+40+80+160 s without a byte, then some, and again.
		var script []enginetest.Attempt
		for range 3 {
			script = append(script, dead, dead, dead, dead, dead, dead, some)
		}
		w.script("f0", script...)
		id := w.create(files(1), settings(func(s *openbits.Settings) { s.NoProgressTimeout = 7 * time.Minute }))
		w.after(25 * time.Minute)
		w.is(id, openbits.StateAcknowledged)
	})
}

// TestNoRetryAtAll: with a timeout of 0, or a delay beyond the timeout, the first transient error is final.
func TestNoRetryAtAll(t *testing.T) {
	tests := map[string]struct {
		set  func(*openbits.Settings)
		kind openbits.Kind
	}{
		"no timeout":   {func(s *openbits.Settings) { s.NoProgressTimeout = 0 }, openbits.KindHTTP(500)},
		"longer delay": {func(s *openbits.Settings) { s.NoProgressTimeout, s.RetryDelay = time.Minute, time.Hour }, openbits.KindNoProgress},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.servers.Trouble("example.org", enginetest.Fail(openbits.KindHTTP(500), site))
				id := w.create(files(1), settings(tt.set))
				j := w.is(id, openbits.StateError, openbits.ReasonFailed)
				if j.Error == nil || j.Error.Kind != tt.kind || j.ErrorCount != 1 {
					t.Errorf("the job ended with %v after %d errors", j.Error, j.ErrorCount)
				}
				w.after(time.Hour)
				if n := len(w.servers.Calls("")); n != 1 {
					t.Errorf("the server saw %d attempts", n)
				}
			})
		})
	}
}

func TestMaxDownloadTime(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", slow(100_000, 100*time.Minute))
		id := w.create(files(1), settings(func(s *openbits.Settings) { s.MaxDownloadTime = 30 * time.Minute }))
		w.after(20 * time.Minute)
		w.act(id, openbits.ActionSuspend)
		w.after(10 * time.Hour) // does not count
		w.act(id, openbits.ActionResume)
		w.after(29 * time.Minute) // nor does what was before the resume
		w.is(id, openbits.StateTransferring)
		w.after(2 * time.Minute)
		j := w.is(id, openbits.StateError, openbits.ReasonFailed)
		if j.Error == nil || j.Error.Kind != openbits.KindMaxDownloadTime || j.Error.Hint == "" {
			t.Errorf("the job ended with %v", j.Error)
		}
		f := w.fileOf(id, 0)
		w.act(id, openbits.ActionResume)
		if got := w.job(id).BytesDone; got < f.BytesDone {
			t.Errorf("the job had %d bytes and has %d after being resumed", f.BytesDone, got)
		}
		longer := 24 * time.Hour
		if _, err := w.Change(w.ctx, id, openbits.JobChange{MaxDownloadTime: &longer}); err != nil {
			t.Fatal(err)
		}
		w.after(time.Hour)
		w.is(id, openbits.StateAcknowledged)
	})
}

// TestMaxDownloadTimeOverRuns: time adds up over waits, pre-emptions and restarts of the service.
func TestMaxDownloadTimeOverRuns(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", slow(100_000, 100*time.Minute))
		id := w.create(files(1), settings(func(s *openbits.Settings) { s.MaxDownloadTime = 30 * time.Minute }))
		w.after(10 * time.Minute)
		above := w.create(w.one("above", time.Hour), priority(openbits.PriorityHigh))
		w.after(59 * time.Minute)
		w.is(id, openbits.StateQueued, openbits.ReasonPriority)
		w.after(2 * time.Minute)
		w.is(above, openbits.StateAcknowledged)
		w.after(8 * time.Minute)
		w.is(id, openbits.StateTransferring)
		w.restart("")
		w.after(9 * time.Minute)
		w.is(id, openbits.StateTransferring)
		w.after(4 * time.Minute)
		if j := w.is(id, openbits.StateError); j.Error == nil || j.Error.Kind != openbits.KindMaxDownloadTime {
			t.Errorf("the job ended with %v", j.Error)
		}
	})
}

// TestErrorClearsWhenBytesMove: the last error is told until the job moves again; the count stays.
func TestErrorClearsWhenBytesMove(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", slow(1000, time.Minute))
		w.script("f0", enginetest.Attempt{Err: enginetest.Fail(openbits.KindHTTP(500), site)}, enginetest.Attempt{Delay: 10 * time.Second})
		id := w.create(files(1))
		j := w.is(id, openbits.StateTransientError)
		if j.Error == nil || j.ErrorCount != 1 {
			t.Errorf("after a failure the error is %v, the count %d", j.Error, j.ErrorCount)
		}
		w.after(7 * time.Second)
		if j = w.is(id, openbits.StateConnecting); j.Error == nil {
			t.Error("the error was cleared before a byte moved")
		}
		w.after(11 * time.Second)
		if j = w.is(id, openbits.StateTransferring); j.Error != nil || j.ErrorCount != 1 {
			t.Errorf("while bytes move the error is %v, the count %d", j.Error, j.ErrorCount)
		}
		w.after(2 * time.Minute)
		w.is(id, openbits.StateAcknowledged)
	})
}

// TestRetryAfterForManyFiles: that many files were asked to come back later says nothing of how long to leave
// their server alone when it fails without asking.
func TestRetryAfterForManyFiles(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		const n = openbits.MaxConnectionsPerHost
		for i := range n {
			name := fmt.Sprintf("f%d", i)
			w.put(name, enginetest.Page{Body: body(100)})
			w.script(name,
				enginetest.Attempt{Delay: time.Second, Err: enginetest.FailAfter("http_503", site+name, time.Second)},
				enginetest.Attempt{Delay: time.Second, Err: enginetest.Fail("http_429", site+name)})
		}
		id := w.create(files(n))
		w.after(2 * time.Hour)
		w.is(id, openbits.StateAcknowledged)

		var calls []enginetest.Call
		for i := range n {
			calls = append(calls, w.servers.Calls(fmt.Sprintf("%sf%d", site, i))...)
		}
		slices.SortFunc(calls, func(a, b enginetest.Call) int { return a.At.Compare(b.At) })
		first, second := calls[n], calls[n+1]
		if openbits.AsError(first.Err).Kind != openbits.KindHTTP(429) {
			t.Fatalf("after %d requests at once came one that ended with %v", n, first.Err)
		}
		base := openbits.DefaultRetryDelay
		w.within("the pause after the first 429", second.At.Sub(first.Ended), base*4/5, base*6/5)
	})
}
