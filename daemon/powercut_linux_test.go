// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/testlab"
)

var (
	powerCuts = flag.Int("power-cuts", 3, "how often TestPowerCut cuts the power")
	powerSeed = flag.Uint64("power-seed", 0, "seed of TestPowerCut; 0: a new one")
)

// disk is an ext4 file system in a file, whose power can be cut: EXT4_IOC_SHUTDOWN without
// flushing the journal loses everything that was not synced, as a real cut does.
type disk struct {
	t          *testing.T
	image, dir string
}

func newDisk(t *testing.T) *disk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a disk whose power is cut")
	}
	if _, err := exec.LookPath("mkfs.ext4"); err != nil {
		t.Skip("mkfs.ext4 is not installed (Debian package e2fsprogs)")
	}
	base, err := os.MkdirTemp("", "openbits-") // short: a socket will stand in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	d := &disk{t: t, image: filepath.Join(base, "image"), dir: filepath.Join(base, "disk")}
	if err := os.Mkdir(d.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, 1<<30); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", d.image).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.ext4: %v\n%s", err, out)
	}
	if out, err := exec.Command("mount", "-o", "loop", d.image, d.dir).CombinedOutput(); err != nil {
		t.Skipf("a loop disk cannot be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", d.dir).Run() })
	return d
}

// cut cuts the power: nothing reaches the disk any more.
func (d *disk) cut() {
	d.t.Helper()
	const (
		shutdown   = 0x8004587D // EXT4_IOC_SHUTDOWN
		noLogFlush = 2          // EXT4_GOING_FLAGS_NOLOGFLUSH
	)
	f, err := os.Open(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := unix.IoctlSetPointerInt(int(f.Fd()), shutdown, noLogFlush); err != nil {
		d.t.Skipf("the power cannot be cut here: %v", err)
	}
}

// restore mounts the disk again, as after the power is back.
func (d *disk) restore() {
	d.t.Helper()
	for _, args := range [][]string{{"umount", d.dir}, {"mount", "-o", "loop", d.image, d.dir}} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			d.t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
}

// promises are what the service has answered and must hold whatever happens.
type promises struct {
	mu        sync.Mutex
	published map[string]bool // names of files that were said to be published
}

// listen collects promises until ctx ends or the service is gone.
func (p *promises) listen(ctx context.Context, s *service, job string) {
	for u, err := range s.Watch(ctx, client.WatchOptions{Job: job, Once: true}) {
		if err != nil {
			return
		}
		for _, f := range u.Files {
			if f.State == "published" {
				p.mu.Lock()
				p.published[filepath.Base(f.Path)] = true
				p.mu.Unlock()
			}
		}
	}
}

// TestPowerCut cuts the power of the disk under queue and destination at random moments. Nothing that was answered
// or published may be lost, and nothing half-written may stand under a final name.
//
// The full form: go test ./daemon -run TestPowerCut -power-cuts 50 -timeout 30m
func TestPowerCut(t *testing.T) {
	d := newDisk(t)
	seed := *powerSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, seed))
	origin, err := testlab.StartOrigin(testlab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(origin.Close)

	s := newService(t)
	s.home = filepath.Join(d.dir, "home")
	s.Socket = filepath.Join(s.home, "bits.sock")
	var job *powerJob
	jobs := map[string]bool{}
	published, finished := 0, 0
	for cut := range *powerCuts {
		t.Setenv(inBoot, fmt.Sprintf("boot-%d", cut))
		s.start()
		if job != nil {
			state := job.check(s)
			if published += job.newlyPublished(); state == "acknowledged" {
				finished, job = finished+1, nil
			}
		}
		if job == nil {
			job = newPowerJob(t, d, s, origin, rnd)
			jobs[job.id] = true
		}
		ctx, stop := context.WithCancel(t.Context())
		var listening sync.WaitGroup
		listening.Go(func() { job.promised.listen(ctx, s, job.id) })
		time.Sleep(time.Duration(rnd.Int64N(int64(900 * time.Millisecond)))) // the moment is the point
		d.cut()
		s.kill()
		stop()
		listening.Wait()
		d.restore()
		job.checkFolder()
	}
	t.Setenv(inBoot, "boot-last")
	s.start()
	if _, err := s.Wait(t.Context(), job.id); err != nil {
		t.Fatal(err)
	}
	if state := job.check(s); state != "acknowledged" {
		t.Errorf("the last job ended %s", state)
	}
	for j, err := range s.AllJobs(t.Context(), api.JobQuery{}) {
		if err != nil {
			t.Fatal(err)
		}
		if !jobs[j.ID] {
			t.Errorf("job %s came from nowhere", j.ID)
		}
		delete(jobs, j.ID)
	}
	for id := range jobs {
		t.Errorf("job %s was lost", id)
	}
	t.Logf("%d cuts, %d jobs finished, %d files promised before a cut", *powerCuts, finished+1, published)
}

// powerJob is one job of TestPowerCut.
type powerJob struct {
	t        *testing.T
	id, out  string
	files    map[string]testlab.Content
	promised promises
	counted  int
}

func newPowerJob(t *testing.T, d *disk, s *service, origin *testlab.Origin, rnd *rand.Rand) *powerJob {
	t.Helper()
	j := &powerJob{t: t, id: client.NewID(), files: mixed(8<<20, rnd), promised: promises{published: map[string]bool{}}}
	j.out = filepath.Join(d.dir, j.id)
	if err := os.Mkdir(j.out, 0o755); err != nil {
		t.Fatal(err)
	}
	syncPath(t, d.dir) // the folder is the caller's own affair
	origin.SetRate(24 << 20)
	n := api.NewJob{ID: j.id, Start: true, Settings: api.NewSettings{AutoComplete: true}}
	for name, c := range j.files {
		origin.Put("/"+j.id+name, testlab.File{Content: c})
		n.Files = append(n.Files, api.NewFile{URL: origin.URL + "/" + j.id + name, Destination: api.Destination{Path: filepath.Join(j.out, name)}})
	}
	if _, _, err := s.Create(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	return j
}

func syncPath(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
}

// checkFolder checks that what stands under a final name is whole, and that what was promised stands there.
func (j *powerJob) checkFolder() {
	j.t.Helper()
	for name, c := range j.files {
		b, err := os.ReadFile(filepath.Join(j.out, name))
		switch {
		case err == nil && !c.Is(b):
			j.t.Errorf("%s stands there with %d bytes that are not the origin's %d", name, len(b), c.Size)
		case err != nil && j.promised.published[name]:
			j.t.Errorf("%s was said to be published and is gone: %v", name, err)
		}
	}
}

// check checks what the service says after the cut, and answers the job's state.
func (j *powerJob) check(s *service) string {
	j.t.Helper()
	job, err := s.Job(j.t.Context(), j.id)
	if err != nil {
		j.t.Fatalf("the job was answered and is lost: %v", err)
	}
	n := 0
	for f, err := range s.AllFiles(j.t.Context(), j.id, api.FileQuery{}) {
		if err != nil {
			j.t.Fatal(err)
		}
		n++
		if name := filepath.Base(f.Path); j.promised.published[name] && f.State != "published" {
			j.t.Errorf("%s was said to be published and is %s", name, f.State)
		}
	}
	if n != len(j.files) {
		j.t.Errorf("the job has %d files, want %d", n, len(j.files))
	}
	return string(job.State)
}

func (j *powerJob) newlyPublished() int {
	n := len(j.promised.published) - j.counted
	j.counted += n
	return n
}
