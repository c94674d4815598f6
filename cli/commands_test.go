// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/ese/esetest"
	"github.com/openbits/openbits/internal/places"
)

// commands are what scripts can say besides testscript's own words.
var commands = map[string]func(*testscript.TestScript, bool, []string){
	"exits":     exits,      // exits CODE ARG...: run bits and check its exit code
	"job":       job,        // job: keep what the last command printed as $JOB
	"reach":     reach,      // reach JOB STATE: return when the job has been seen in the state
	"moving":    moving,     // moving JOB BYTES: return when so many bytes were seen
	"clients":   clients,    // clients N: return when so many connections to the service are open besides this one
	"signal":    terminate,  // signal JOB TERM|HUP: send a signal to the command that created the job
	"service":   service,    // service kill|stop: end the service, and return when it is gone
	"ending":    ending,     // ending: own the state as a service that ends, until another was refused
	"origin":    origin,     // origin [http|https [expired] [clients]] [RATE]: start a server, $ORIGIN is its URL
	"serve":     serve,      // serve PATH SIZE [FAULT]: serve a file, $SHA256 is its digest
	"answer":    answer,     // answer PATH STATUS [NAME:VALUE...]: answer with a status and headers
	"signed":    signed,     // signed PATH SIZE SIG: serve a file to requests with ?sig=SIG, 403 to others
	"guarded":   guarded,    // guarded PATH SIZE NAME VALUE: serve a file to requests with this header, 403 to others
	"same":      same,       // same FILE PATH: the file is what the server serves
	"ancient":   ancient,    // ancient: an older service answers on the socket
	"yielding":  yielding,   // yielding: a service answers on the socket, with jobs that give way to others
	"tmpfs":     tmpfs,      // tmpfs DIR SIZE: mount a small disk
	"bind":      bind,       // bind DIR PLACE: mount a folder in another place
	"serving":   serving,    // serving DIR FLAG...: start "bits serve", serving stop: end it; its log is in server.log
	"packet":    packet,     // packet PATH TYPE [RANGE BODY] STATUS: send a packet to it, in the session that was created last
	"fetch":     fetch,      // fetch PATH STATUS [CONTENT]: download from it
	"figures":   figures,    // figures LINE: its metrics have this line
	"certified": certified,  // certified: make cert.pem and key.pem for "bits serve", and trust them
	"signin":    signin,     // signin [USER PASSWORD]: the requests that follow are this user's
	"holds":     holds,      // holds FILE CONTENT: the file has this content and no other
	"receiver":  receiver,   // receiver [nobits] [noput] [reply]: start a server that takes uploads, $SERVER is its URL; big.bin is a file to send
	"received":  received,   // received PATH FILE: the file arrived at the server, once
	"database":  database,   // database FILE [PAGESIZE]: write an ESE database
	"garble":    garble,     // garble FILE OFFSET: write wrong bytes
	"shift":     shift,      // shift FILE TO: a copy without two pages of 16 KiB at the beginning, at an odd place
	"logfile":   logfile,    // logfile FILE: write a log of an ESE database
	"evidence":  evidenceOf, // evidence DIR CASE: write the evidence of a host, one of qmgrtest's cases
	"evtxfile":  evtxFile,   // evtxfile FILE KIND: write an event log: good, dirty, gaps, slack, flipped, headless, pieces
}

func database(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: database FILE [PAGESIZE]")
	}
	pageSize := 4096
	if len(args) > 1 {
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		pageSize = n
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), esetest.Sample(pageSize, false).Bytes(), 0o600))
}

func garble(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: garble FILE OFFSET")
	}
	at, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	file, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR, 0)
	ts.Check(err)
	_, err = file.WriteAt([]byte("these bytes are wrong"), at)
	ts.Check(errors.Join(err, file.Close()))
}

func shift(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: shift FILE TO")
	}
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), append([]byte("something else"), data[2*16384:]...), 0o600))
}

func logfile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: logfile FILE")
	}
	log := esetest.Log{Generation: 8, Major: 8, Records: [][]byte{esetest.Insert(40, 10, []byte("key"), esetest.Big(9000))}}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), log.Bytes(), 0o600))
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits CODE ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("bits", args[1:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("bits %q exited with %d, want %d", args[1:], got, want)
	}
}

func job(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("JOB", strings.TrimSpace(ts.ReadFile("stdout")))
}

func serviceOf(ts *testscript.TestScript) *client.Client {
	return &client.Client{Socket: places.In(ts.Getenv(places.Home)).Socket}
}

func reach(ts *testscript.TestScript, _ bool, args []string) {
	watchUntil(ts, args[0], func(state openbits.State, _ int64) bool { return string(state) == args[1] })
}

func moving(ts *testscript.TestScript, _ bool, args []string) {
	least, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	watchUntil(ts, args[0], func(_ openbits.State, done int64) bool { return done >= least })
}

// clients asks again and again: nobody announces that a connection was made.
func clients(ts *testscript.TestScript, _ bool, args []string) {
	least, err := strconv.Atoi(args[0])
	ts.Check(err)
	ctx, cancel := testContext()
	defer cancel()
	c := serviceOf(ts)
	defer c.Close()
	for {
		text, err := c.Metrics(ctx)
		ts.Check(err)
		_, rest, _ := strings.Cut(text, "\nopenbits_clients ")
		value, _, _ := strings.Cut(rest, "\n")
		n, err := strconv.Atoi(value)
		ts.Check(err)
		if n > least {
			return
		}
	}
}

func watchUntil(ts *testscript.TestScript, name string, is func(openbits.State, int64) bool) {
	ctx, cancel := testContext()
	defer cancel()
	c := serviceOf(ts)
	for u, err := range c.Watch(ctx, client.WatchOptions{}) {
		ts.Check(err)
		for _, j := range u.Jobs {
			if (j.ID == name || j.Name == name) && is(j.State, j.BytesDone) {
				return
			}
		}
	}
}

// terminate finds the command by what the service knows of it.
func terminate(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := testContext()
	defer cancel()
	j, err := serviceOf(ts).Find(ctx, args[0])
	ts.Check(err)
	process, err := os.FindProcess(j.Client.PID)
	ts.Check(err)
	ts.Check(process.Signal(map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[args[1]]))
}

// service ends the service and returns when it is gone: then its end of a connection is closed.
func service(ts *testscript.TestScript, _ bool, args []string) {
	signal := map[string]os.Signal{"kill": os.Kill, "stop": stopSignal}[args[0]]
	if !endService(ts.Getenv(places.Home), signal) {
		ts.Fatalf("no service is running")
	}
}

// stopSignal ends a service in order where there is a way to.
var stopSignal = map[bool]os.Signal{true: os.Kill, false: os.Interrupt}[runtime.GOOS == "windows"]

func endService(home string, signal os.Signal) bool {
	ctx, cancel := testContext()
	defer cancel()
	p := places.In(home)
	c := &client.Client{Socket: p.Socket}
	s, err := c.Service(ctx)
	if err != nil {
		return false
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for _, err := range c.Watch(ctx, client.WatchOptions{Once: true}) {
			if err != nil {
				return
			}
		}
	}()
	process, err := os.FindProcess(s.PID)
	if err != nil || process.Signal(signal) != nil {
		return false
	}
	<-gone
	if signal == os.Kill {
		return true
	}
	// Connections end first, the lock is held to the very end. After a kill somebody else may have it by now.
	lock := flock.New(filepath.Join(p.State, "lock"))
	if err := lock.Lock(); err != nil {
		return false
	}
	return lock.Close() == nil
}

// ending takes the lock of the state, and gives it back when a service has found it taken. There is no
// event to wait for in another process's log: it is read again and again.
func ending(ts *testscript.TestScript, _ bool, _ []string) {
	p := places.In(ts.Getenv(places.Home))
	ts.Check(os.MkdirAll(p.State, 0o700))
	lock := flock.New(filepath.Join(p.State, "lock"))
	ts.Check(lock.Lock())
	ctx, cancel := testContext()
	ts.Defer(cancel)
	go func() {
		defer func() { _ = lock.Close() }()
		for kind := openbits.Kind(""); kind != openbits.KindServiceRunning && ctx.Err() == nil; runtime.Gosched() {
			kind, _ = lastError(logPath(p), 0)
		}
	}()
}

// testContext ends long after everything that a script waits for.
func testContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 2*time.Minute)
}
