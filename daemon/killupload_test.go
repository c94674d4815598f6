// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/testlab"
)

var (
	uploadKills = flag.Int("upload-kills", 12, "how often TestKillUpload kills the service")
	uploadSize  = flag.Int64("upload-size", 24<<20, "bytes of the largest file that TestKillUpload sends")
	uploadPace  = flag.Duration("upload-kill-every", 150*time.Millisecond, "how long TestKillUpload lets the service live, on average")
)

// TestKillUpload kills the real service again and again while it sends files by the BITS upload protocol. Each
// must arrive once and right, and little may be sent twice.
//
// The full form: go test ./daemon -run TestKillUpload -upload-kills 200 -upload-size 268435456 -upload-kill-every 1s -timeout 30m
func TestKillUpload(t *testing.T) {
	rnd := seeded(t)
	files := map[string]testlab.Content{}
	var content int64
	for i, size := range []int64{0, 1, 4892, 5 << 10, 64 << 10, *uploadSize / 64, *uploadSize / 8, *uploadSize / 2, *uploadSize} {
		c := testlab.Content{Seed: rnd.Uint64(), Size: size}
		files[fmt.Sprintf("f%d.bin", i)] = c
		content += size
	}
	// The server is slow enough for the kills to fall all over the job.
	rate := content / int64(*uploadKills) * int64(time.Second / *uploadPace)
	server, err := testlab.StartReceiver(testlab.ReceiverOptions{Rate: rate})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	in := t.TempDir()
	job := api.NewJob{ID: client.NewID(), Type: openbits.TypeUpload, Start: true, Settings: api.NewSettings{AutoComplete: true}}
	for name, c := range files {
		path := filepath.Join(in, name)
		if err := c.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		job.Files = append(job.Files, api.NewFile{
			URL: server.URL + "/in/" + name, Upload: &api.NewUpload{Source: api.Source{Path: path}, Protocol: openbits.ProtocolBITS},
		})
	}
	killThrough(t, job, rnd, *uploadKills, *uploadPace)
	for name, c := range files {
		if got, times := server.Object("/in/" + name); times != 1 || !c.Is(got) {
			t.Errorf("%s arrived %d times and has %d bytes, want once and %d", name, times, len(got), c.Size)
		}
	}
	if n := len(server.Paths()); n != len(files) {
		t.Errorf("%d objects stand on the server", n)
	}
	t.Logf("%d kills, %d bytes of content, %d received: %.3f", *uploadKills, content, server.Bytes(), float64(server.Bytes())/float64(content))
	// The short form restarts as often for far fewer bytes: the first fragment of each attempt weighs more.
	if most := content + content*15/100 + int64(*uploadKills)*int64(openbits.MaxConnectionsPerHost)*(64<<10); server.Bytes() > most {
		t.Errorf("%d bytes were sent for %d of content", server.Bytes(), content)
	}
}
