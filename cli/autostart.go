// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/places"
	"github.com/openbits/openbits/internal/version"
)

const (
	// idleExit is after how long without clients and runnable jobs a service that the CLI started ends.
	idleExit = "1m"
	// startTimeout is how long a service may take to answer: reading a large queue after a crash takes seconds.
	startTimeout = 60 * time.Second
	// maxLog is the size beyond which the log of started services begins anew, in bytes.
	maxLog = 1 << 20
)

// autostartVariable forbids to start a service when it is 0.
const autostartVariable = "OPENBITS_AUTOSTART"

// startService starts the user's own service, free of the terminal, the working folder and the environment of this
// process, and returns when it answers.
func (a *app) startService(ctx context.Context) error {
	p, err := a.places()
	if err != nil {
		return err
	}
	if a.system {
		return noService(p.Socket, hintSystem)
	}
	if a.env(autostartVariable) == "0" {
		return noService(p.Socket, autostartVariable+`=0 forbids to start one: run "bits daemon", or unset the variable.`)
	}
	known := setAside(p)
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, startError("it does not answer", nil))
	defer cancel()
	for patience := 100 * time.Millisecond; ; patience = min(2*patience, time.Second) {
		s, err := launch(p, idleExit)
		if err != nil {
			return err
		}
		// Another service owns the state: one that will answer soon, or one that is ending. After the latter
		// this one is needed all the same.
		if err := s.await(ctx, patience); !errors.Is(err, openbits.KindServiceRunning) {
			if now := setAside(p); now != known {
				a.tellDamage(now)
			}
			return err
		}
	}
}

// launched is a service that this process has started.
type launched struct {
	places  places.Places
	process *os.Process
	exited  <-chan struct{} // closed when it has ended
	log     int64           // length of the log before it
}

// hintSystem is what to do when the machine's service does not answer: it is not for this program to start.
const hintSystem = `Start it with "systemctl start openbits", or leave --system out to use your own service.`

func noService(socket, hint string) error {
	return &openbits.Error{
		Op: "reach the service on", Object: socket, Kind: openbits.KindServiceUnavailable, Context: openbits.ContextNone,
		Text: "no service is running", Hint: hint, File: -1,
	}
}

// launch runs this program as a service that ends when it has been idle for a time. More of the environment can be given.
func launch(p places.Places, idle string, env ...string) (*launched, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, startError(err.Error(), err)
	}
	if err := os.MkdirAll(p.State, 0o700); err != nil {
		return nil, &openbits.Error{
			Op: "start", Object: "the service", Kind: openbits.KindWriteDenied, Context: openbits.ContextLocalFile, Err: err, File: -1,
			Hint: "The service keeps its queue in " + p.State + "; OPENBITS_HOME names another folder.",
		}
	}
	log, err := openLog(logPath(p))
	if err != nil {
		return nil, startError(err.Error(), err)
	}
	defer func() { _ = log.Close() }()
	before, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, startError(err.Error(), err)
	}
	cmd := exec.Command(program, "daemon", "--idle-exit", idle)
	// Tests run this program under another name: the name decides what it is.
	cmd.Args[0] = os.Args[0]
	cmd.Dir = string(filepath.Separator)
	cmd.Env = append(serviceEnv(os.Environ()), env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = detached()
	if err := cmd.Start(); err != nil {
		return nil, startError(err.Error(), err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	return &launched{places: p, process: cmd.Process, exited: exited, log: before}, nil
}

// await returns when the service answers. One that ended at once may have found that another owns the
// state; when that one does not answer either for as long as patience says, the error is service_running.
func (s *launched) await(ctx context.Context, patience time.Duration) error {
	c := &client.Client{Socket: s.places.Socket, Version: version.Number}
	exited := s.exited
	var ended time.Time
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		_, err := c.Service(ctx)
		if err == nil || !errors.Is(err, openbits.KindServiceUnavailable) {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return err
		}
		if !ended.IsZero() {
			kind, text := lastError(logPath(s.places), s.log)
			if kind != openbits.KindServiceRunning || time.Since(ended) > patience {
				e := startError(text, nil)
				if kind == openbits.KindServiceRunning {
					e.Kind = kind
				}
				return e
			}
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-exited:
			timer.Stop()
			ended, exited = time.Now(), nil
		case <-timer.C:
		}
	}
}

func startError(text string, err error) *openbits.Error {
	return &openbits.Error{
		Op: "start", Object: "the service", Kind: openbits.KindServiceUnavailable, Context: openbits.ContextNone,
		Text: text, Hint: `Run "bits daemon" to see what it says.`, Err: err, File: -1,
	}
}

func logPath(p places.Places) string { return filepath.Join(p.State, "service.log") }

func openLog(path string) (*os.File, error) {
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		flags |= os.O_TRUNC
	}
	return os.OpenFile(path, flags, 0o600)
}

// lastError is what a service's log says, from an offset on, about why it ended.
func lastError(path string, from int64) (kind openbits.Kind, text string) {
	text = "it ended at once"
	data, err := os.ReadFile(path)
	if err != nil {
		return "", text
	}
	data = data[min(from, int64(len(data))):]
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if said, ok := strings.CutPrefix(line, "bits: "); ok {
			text = said
		}
		if _, rest, ok := strings.Cut(line, logEnded+`" kind=`); ok {
			word, _, _ := strings.Cut(rest, " ")
			kind = openbits.Kind(word)
		}
	}
	return kind, strings.TrimPrefix(text, "cannot start the service: ")
}

// kept are the variables that a service needs; what else stands in the environment of the
// program that happened to start it would outlive that program.
var kept = []string{
	"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "GODEBUG", "GOCOVERDIR", "GOMAXPROCS", "GOMEMLIMIT",
	"SYSTEMROOT", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "TEMP", "TMP", "USERNAME", "USERDOMAIN",
}

func serviceEnv(environ []string) []string {
	var env []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		upper := strings.ToUpper(name)
		keep := strings.HasPrefix(upper, "OPENBITS_")
		for _, k := range kept {
			keep = keep || upper == k
		}
		if keep {
			env = append(env, pair)
		}
	}
	return env
}
