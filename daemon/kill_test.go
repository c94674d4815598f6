// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/daemon"
	"github.com/openbits/openbits/internal/places"
	"github.com/openbits/openbits/internal/testlab"
)

var (
	kills    = flag.Int("kills", 12, "how often TestKill kills the service")
	killSize = flag.Int64("kill-size", 96<<20, "bytes of the job that TestKill runs")
	killPace = flag.Duration("kill-every", 150*time.Millisecond, "how long TestKill lets the service live, on average")
	killSeed = flag.Uint64("kill-seed", 0, "seed of TestKill; 0: a new one")
)

// asService is the environment variable that makes the test's program a service.
const asService = "OPENBITS_TEST_SERVICE"

func TestMain(m *testing.M) {
	if os.Getenv(asService) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	p, err := places.Default()
	if err == nil {
		log := slog.New(slog.NewTextHandler(os.Stderr, nil))
		err = daemon.Run(ctx, daemon.Options{Places: p, Log: log})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// service is a real service in a process of its own.
type service struct {
	t    *testing.T
	home string
	cmd  *exec.Cmd
	log  *os.File
	client.Client
}

func newService(t *testing.T) *service {
	t.Helper()
	// A socket's path must be short: the name of the test is not in it.
	home, err := os.MkdirTemp("", "openbits-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, home: home, log: log, Client: client.Client{Socket: filepath.Join(home, "bits.sock")}}
	t.Cleanup(func() {
		s.kill()
		_ = log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			lines := strings.Split(string(text), "\n")
			t.Logf("the end of the service's log:\n%s", strings.Join(lines[max(0, len(lines)-40):], "\n"))
		}
	})
	return s
}

// start starts the service and waits until it answers.
func (s *service) start() {
	s.t.Helper()
	s.cmd = exec.Command(os.Args[0])
	s.cmd.Env = append(os.Environ(), asService+"=1", places.Home+"="+s.home)
	s.cmd.Stderr = s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) { // a socket announces itself to nobody
		if _, err := s.Service(s.t.Context()); err == nil {
			return
		} else if time.Now().After(deadline) {
			s.t.Fatalf("the service does not answer: %v", err)
		}
	}
}

// kill ends the service as nothing else can: it gets no chance to tidy up.
func (s *service) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// mixed is a set of files of about the given size together: a few large ones, some of medium size, many small ones, some empty.
func mixed(total int64, rnd *rand.Rand) map[string]testlab.Content {
	files := map[string]testlab.Content{}
	add := func(size int64) {
		files[fmt.Sprintf("f%03d.bin", len(files))] = testlab.Content{Seed: rnd.Uint64(), Size: size}
	}
	for range 4 {
		add(total / 5)
	}
	for range 10 {
		add(total/60 + rnd.Int64N(4096))
	}
	for range 150 {
		add(rnd.Int64N(64 << 10))
	}
	add(0)
	add(1)
	return files
}

// TestKill kills the real service again and again during a job of mixed files from a real nginx. Every
// file must arrive right, the job must be there once, and little may be fetched twice.
//
// The full form: go test ./daemon -run TestKill -kills 200 -kill-size 1073741824 -kill-every 1s -timeout 30m
func TestKill(t *testing.T) {
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, seed))
	nginx := testlab.StartPeer(t, "nginx")
	files := mixed(*killSize, rnd)
	var content int64
	out := t.TempDir()
	job := api.NewJob{ID: client.NewID(), Start: true, Settings: api.NewSettings{AutoComplete: true}}
	modified := time.Now().Add(-time.Hour)
	// The origin is slow enough for the kills to fall all over the job. A limit of the service's own would
	// leave the bytes in the buffers of its connections, and each kill would throw those away; so does the first
	// second of each answer, which nginx sends at once. That is why the full form takes its time.
	rate := fmt.Sprintf("?rate=%d", *killSize/int64(*kills)*int64(time.Second / *killPace)/openbits.MaxConnectionsPerHost)
	for name, c := range files {
		path, err := nginx.Put(name, c, modified)
		if err != nil {
			t.Fatal(err)
		}
		content += c.Size
		job.Files = append(job.Files, api.NewFile{URL: nginx.URL + "/logged" + path + rate, Destination: api.Destination{Path: filepath.Join(out, name)}})
	}
	s := newService(t)
	s.start()
	ctx := t.Context()
	if _, _, err := s.Create(ctx, job); err != nil {
		t.Fatal(err)
	}
	for range *kills {
		time.Sleep(time.Duration(rnd.Int64N(int64(2 * *killPace)))) // the moment is the point
		s.kill()
		s.start()
	}
	jobs, err := s.Wait(ctx, job.ID)
	if err != nil {
		t.Fatal(err)
	}
	if jobs[0].State != "acknowledged" || jobs[0].FilesDone != len(files) {
		t.Errorf("the job ended %s with %d of %d files: %+v", jobs[0].State, jobs[0].FilesDone, len(files), jobs[0].Error)
	}
	s.checkOnce(job.ID)
	checkFolder(t, out, files)
	fetched := fetchedBytes(t, filepath.Join(nginx.Dir, "logged.log"))
	t.Logf("%d kills, %d bytes of content, %d fetched: %.3f", *kills, content, fetched, float64(fetched)/float64(content))
	// The short form restarts as often for far fewer bytes: what is on the way when the service dies weighs more.
	if most := content + content/10 + int64(*kills)*(2<<20); *killSize < 1<<30 && fetched > most || *killSize >= 1<<30 && fetched > content+content/10 {
		t.Errorf("%d bytes were fetched for %d of content", fetched, content)
	}
}

// checkOnce checks that the job is there, and there once.
func (s *service) checkOnce(id string) {
	s.t.Helper()
	n := 0
	for j, err := range s.AllJobs(s.t.Context(), api.JobQuery{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		if n++; j.ID != id {
			s.t.Errorf("job %s came from nowhere", j.ID)
		}
	}
	if n != 1 {
		s.t.Errorf("%d jobs are listed, want 1", n)
	}
}

// checkFolder checks that the folder holds exactly the files, each right.
func checkFolder(t *testing.T, dir string, files map[string]testlab.Content) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := files[e.Name()]; !ok {
			t.Errorf("%s is left in the folder", e.Name())
		}
	}
	for name, c := range files {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if !c.Is(b) {
			t.Errorf("%s has %d bytes that are not the origin's %d", name, len(b), c.Size)
		}
	}
}

// fetchedBytes adds up the bodies in nginx's log.
func fetchedBytes(t *testing.T, log string) (sum int64) {
	t.Helper()
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var n int64
		if _, err := fmt.Sscanf(lines.Text(), "%d", &n); err != nil {
			t.Fatalf("cannot read %q: %v", lines.Text(), err)
		}
		sum += n
	}
	return sum
}
