// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/testlab"
)

var (
	kills    = flag.Int("kills", 12, "how often TestKill kills the service")
	killSize = flag.Int64("kill-size", 96<<20, "bytes of the job that TestKill runs")
	killPace = flag.Duration("kill-every", 150*time.Millisecond, "how long TestKill lets the service live, on average")
	killSeed = flag.Uint64("kill-seed", 0, "seed of TestKill; 0: a new one")
)

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

// seeded is the chance of a test, whose seed it tells.
func seeded(t *testing.T) *rand.Rand {
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, seed))
}

// killThrough lets a service carry out a job, and kills it so many times meanwhile, every so often on average. The job must end
// whole, and be there once.
func killThrough(t *testing.T, job api.NewJob, rnd *rand.Rand, times int, every time.Duration) {
	t.Helper()
	s := newService(t)
	s.start()
	ctx := t.Context()
	if _, _, err := s.Create(ctx, job); err != nil {
		t.Fatal(err)
	}
	for range times {
		time.Sleep(time.Duration(rnd.Int64N(int64(2 * every)))) // the moment is the point
		s.kill()
		s.start()
	}
	jobs, err := s.Wait(ctx, job.ID)
	if err != nil {
		t.Fatal(err)
	}
	if jobs[0].State != openbits.StateAcknowledged || jobs[0].FilesDone != len(job.Files) {
		t.Errorf("the job ended %s with %d of %d files: %+v", jobs[0].State, jobs[0].FilesDone, len(job.Files), jobs[0].Error)
	}
	s.checkOnce(job.ID)
}

// TestKill kills the real service again and again during a job of mixed files from a real nginx. Every
// file must arrive right, the job must be there once, and little may be fetched twice.
//
// The full form: go test ./daemon -run TestKill -kills 200 -kill-size 1073741824 -kill-every 1s -timeout 30m
func TestKill(t *testing.T) {
	rnd := seeded(t)
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
	killThrough(t, job, rnd, *kills, *killPace)
	checkFolder(t, out, files)
	fetched := fetchedBytes(t, filepath.Join(nginx.Dir, "logged.log"))
	t.Logf("%d kills, %d bytes of content, %d fetched: %.3f", *kills, content, fetched, float64(fetched)/float64(content))
	// The short form restarts as often for far fewer bytes: what is on the way when the service dies weighs more, and on a busy machine
	// there is more of it. Fetching anew what was there would take many times the content.
	if most := content + content/10 + int64(*kills)*(6<<20); *killSize < 1<<30 && fetched > most || *killSize >= 1<<30 && fetched > content+content/10 {
		t.Errorf("%d bytes were fetched for %d of content", fetched, content)
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
