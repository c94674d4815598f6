// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/bitsup"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/places"
	"github.com/openbits/openbits/internal/testlab"
)

var (
	bothKills = flag.Int("both-kills", 8, "how often TestKillBothEnds kills")
	bothSize  = flag.Int64("both-size", 8<<20, "bytes of the largest file that TestKillBothEnds sends")
	bothPace  = flag.Duration("both-kill-every", 300*time.Millisecond, "how long TestKillBothEnds lets both ends live, on average")
	bothSeed  = flag.Uint64("both-seed", 0, "seed of TestKillBothEnds; 0: a new one")
)

// ends are a real service and a real "bits serve", each in a process of its own.
type ends struct {
	t       *testing.T
	program string
	home    string // of the service
	dir     string // that is served
	app     string // URL of the application behind the server
	gateway *gateway
	log     *os.File

	service, server *exec.Cmd
	client.Client
}

func (e *ends) command(args ...string) *exec.Cmd {
	return &exec.Cmd{
		Path: e.program, Args: append([]string{"bits"}, args...), Stderr: e.log,
		Env: append(os.Environ(), places.Home+"="+e.home, "OPENBITS_AUTOSTART=0"),
	}
}

func (e *ends) startService() {
	e.t.Helper()
	e.service = e.command("daemon")
	if err := e.service.Start(); err != nil {
		e.t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) { // a socket announces itself to nobody
		if _, err := e.Service(e.t.Context()); err == nil {
			return
		} else if time.Now().After(deadline) {
			e.t.Fatalf("the service does not answer: %v", err)
		}
	}
}

func (e *ends) startServer() {
	e.t.Helper()
	e.server = e.command("serve", e.dir, "--listen", "127.0.0.1:0", "--public-url", e.gateway.url, "--notify-url", e.app, "--notify-mode", "value", "--log-level", "warn")
	out, err := e.server.StdoutPipe()
	if err == nil {
		err = e.server.Start()
	}
	if err != nil {
		e.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	parts := announced.FindStringSubmatch(line)
	if parts == nil {
		e.t.Fatalf("the server says %q, %v", line, err)
	}
	e.gateway.lead(strings.TrimPrefix(parts[1], "http://"))
}

// kill ends a process as nothing else can: it gets no chance to tidy up.
func kill(c *exec.Cmd) {
	if c != nil && c.ProcessState == nil {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
}

func newEnds(t *testing.T, bytesPerSecond int64) *ends {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.MkdirTemp("", "bits") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := sha256.New()
		if _, err := io.Copy(h, r.Body); err != nil {
			return // the server was killed
		}
		w.Header().Set("BITS-Copy-File-To-Destination", "1")
		_, _ = fmt.Fprintf(w, "%x", h.Sum(nil))
	}))
	e := &ends{
		t: t, program: program, home: home, dir: t.TempDir(), app: app.URL, gateway: startGateway(t, bytesPerSecond), log: log,
		Client: client.Client{Socket: filepath.Join(home, "bits.sock")},
	}
	t.Cleanup(func() {
		kill(e.service)
		kill(e.server)
		app.Close()
		_ = log.Close()
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			lines := strings.Split(string(text), "\n")
			t.Logf("the end of the log:\n%s", strings.Join(lines[max(0, len(lines)-40):], "\n"))
		}
		_ = os.RemoveAll(home)
	})
	e.startServer()
	e.startService()
	return e
}

// put runs "bits put" and answers the id of the job.
func (e *ends) put(args ...string) string {
	e.t.Helper()
	c := e.command(append([]string{"put", "--detach", "--priority", "foreground"}, args...)...) // a busy machine is nothing to give way to here
	out, err := c.Output()
	if err != nil {
		e.t.Fatalf("bits put %v: %v", args, err)
	}
	j, err := e.Find(e.t.Context(), strings.TrimSpace(string(out)))
	if err != nil {
		e.t.Fatalf("bits put prints %q: %v", out, err)
	}
	return j.ID
}

// killSome kills the service, the server or both, and starts them again.
func (e *ends) killSome(rng *rand.Rand) {
	which := rng.IntN(3)
	if which != 0 {
		e.gateway.lead("")
		kill(e.server)
	}
	if which != 1 {
		kill(e.service)
		e.startService()
	}
	if which != 0 {
		e.startServer()
	}
}

// TestKillBothEnds kills a real service and a real "bits serve", in turn and together, while files and questions are sent. At the end
// each file is there once and right, each answer was published once, and little was sent twice.
//
// The full form: go test ./cli -run TestKillBothEnds -both-kills 200 -both-size 268435456 -both-kill-every 2s -timeout 60m
func TestKillBothEnds(t *testing.T) {
	seed := *bothSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	sizes := []int64{0, 1, 4892, 5 << 10, 64 << 10, *bothSize / 64, *bothSize / 8, *bothSize / 2, *bothSize, 0, 1, 70_000, *bothSize / 4}
	const questions = 4 // the last of them
	files := map[string]testlab.Content{}
	var content int64
	for _, size := range sizes {
		content += size
	}
	e := newEnds(t, content*int64(time.Second)/int64(*bothPace)/int64(*bothKills))
	in, answers := t.TempDir(), t.TempDir()
	var plain, jobs []string
	for i, size := range sizes {
		name := fmt.Sprintf("f%d.bin", i)
		files[name] = testlab.Content{Seed: rng.Uint64(), Size: size}
		path := filepath.Join(in, name)
		if err := files[name].WriteFile(path); err != nil {
			t.Fatal(err)
		}
		if i < len(sizes)-questions {
			plain = append(plain, path)
			continue
		}
		jobs = append(jobs, e.put(path, e.gateway.url+"/"+name, "--reply", filepath.Join(answers, name)))
	}
	jobs = append(jobs, e.put(append(plain, e.gateway.url+"/")...))
	for range *bothKills {
		time.Sleep(time.Duration(rng.Int64N(int64(2 * *bothPace)))) // the moment is the point
		e.killSome(rng)
	}
	ended, err := e.Wait(t.Context(), jobs...)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range ended {
		if j.State != openbits.StateAcknowledged || j.FilesDone != j.FilesTotal {
			t.Errorf("a job ended %s with %d of %d files: %+v", j.State, j.FilesDone, j.FilesTotal, j.Error)
		}
	}
	e.holdsExactly(files)
	e.answered(answers, files, jobs[:questions])
	sent := e.gateway.sent.Load()
	t.Logf("%d kills, %d bytes of content, %d sent: %.3f", *bothKills, content, sent, float64(sent)/float64(content))
	// The short form restarts as often for far fewer bytes: the first fragment of each attempt weighs more.
	if most := content + content*15/100 + int64(*bothKills)*int64(openbits.MaxConnectionsPerHost)*(64<<10); *bothSize < 256<<20 && sent > most || *bothSize >= 256<<20 && sent > content+content*15/100 {
		t.Errorf("%d bytes were sent for %d of content", sent, content)
	}
}

// holdsExactly checks that the served folder holds the files and nothing else, and nothing unfinished.
func (e *ends) holdsExactly(files map[string]testlab.Content) {
	e.t.Helper()
	n := 0
	err := fs.WalkDir(os.DirFS(e.dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		c, known := files[path]
		switch {
		case known:
			n++
			b, err := os.ReadFile(filepath.Join(e.dir, path))
			if err != nil || !c.Is(b) {
				e.t.Errorf("%s has %d bytes that are not the %d that were sent, %v", path, len(b), c.Size, err)
			}
		case !strings.HasPrefix(path, bitsup.StateDir+"/"):
			e.t.Errorf("%s came from nowhere", path)
		case strings.HasSuffix(path, ".data") || strings.HasSuffix(path, ".reply"):
			e.t.Errorf("%s is left", path)
		}
		return nil
	})
	if err != nil || n != len(files) {
		e.t.Errorf("%d of %d files are there, %v", n, len(files), err)
	}
}

// answered checks that the folder holds the answer to each question and nothing else, and that each was published once.
func (e *ends) answered(dir string, files map[string]testlab.Content, jobs []string) {
	e.t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(jobs) {
		e.t.Errorf("there are the answers %v, want %d, %v", entries, len(jobs), err)
	}
	for _, entry := range entries {
		b, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if want := files[entry.Name()].SHA256(); err != nil || string(b) != want {
			e.t.Errorf("the answer to %s is %q, want %q, %v", entry.Name(), b, want, err)
		}
	}
	for _, id := range jobs {
		if n := e.publications(id); n != 1 {
			e.t.Errorf("job %s published %d files, want 1", id, n)
		}
	}
}

// publications counts the files that a job ever published.
func (e *ends) publications(id string) (n int) {
	e.t.Helper()
	j, err := e.Job(e.t.Context(), id)
	if err != nil {
		e.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(e.t.Context(), time.Minute)
	defer cancel()
	for up, err := range e.Watch(ctx, client.WatchOptions{Job: id, After: 1, Once: true}) {
		switch {
		case err != nil:
			e.t.Fatalf("after %d publications: %v", n, err)
		case up.Event == nil:
		case up.Event.Type == openbits.EventFile && up.Event.State == string(openbits.FilePublished):
			n++
		case up.Event.Type == openbits.EventState && up.Event.State == string(j.State):
			return n
		}
	}
	return n
}
