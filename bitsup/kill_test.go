// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup_test

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits/bitsup"
)

var killings = flag.Int("kills", 10, "how often TestKill kills the server; 200 is the full form, with files of up to 256 MiB")

// serveDir makes this test's own program a server of the folder that it names.
const serveDir = "OPENBITS_TEST_SERVE_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveDir); dir != "" {
		fmt.Fprintln(os.Stderr, serveFolder(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// serveFolder serves until it is killed, or the test is gone. The first line says where.
func serveFolder(dir string) error {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the test, however that ends
		os.Exit(1)
	}()
	s, err := bitsup.New(bitsup.Options{Dir: dir})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return http.Serve(l, s)
}

// victim is a server in a process of its own.
type victim struct {
	t       *testing.T
	dir     string
	cmd     *exec.Cmd
	address string
}

func (v *victim) start() {
	v.t.Helper()
	program, err := os.Executable()
	if err != nil {
		v.t.Fatal(err)
	}
	v.cmd = exec.Command(program)
	v.cmd.Env = append(os.Environ(), serveDir+"="+v.dir)
	v.cmd.Stderr = os.Stderr
	if _, err := v.cmd.StdinPipe(); err != nil {
		v.t.Fatal(err)
	}
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		v.t.Fatalf("the server did not start: %v", err)
	}
	v.address = strings.TrimSpace(line)
}

// kill ends the server without a chance to tidy up.
func (v *victim) kill() {
	_ = v.cmd.Process.Kill()
	_ = v.cmd.Wait()
}

// sender uploads a file over servers that die. What each server acknowledged it holds against the next one.
type sender struct {
	t       *testing.T
	content []byte
	target  string
	rng     *rand.Rand
	step    int // bytes of a fragment at most

	session string
	acked   int64
	sent    int64
	conn    net.Conn
	in      *bufio.Reader
	killAt  int64  // after so many bytes more, the server is killed
	kill    func() // ends the server that is there now
}

var errLost = errors.New("the connection is lost")

// exchange sends a packet and reads its answer, unless the connection ends before that.
func (s *sender) exchange(packet string, body []byte) (got, error) {
	w := &wire{t: s.t, conn: s.conn, in: s.in}
	if _, err := io.WriteString(s.conn, packet); err != nil {
		return got{}, errLost
	}
	for len(body) > 0 {
		n := min(len(body), 64<<10)
		if s.killAt >= 0 && s.killAt < int64(n) {
			n = int(s.killAt)
		}
		m, err := s.conn.Write(body[:n])
		s.sent += int64(m)
		s.due(int64(m))
		if err != nil {
			return got{}, errLost
		}
		body = body[m:]
	}
	s.due(1)
	g, err := w.tryRead()
	if err != nil {
		return got{}, errLost
	}
	return g, nil
}

// due counts down to the next killing, which comes a little later, at a random moment of what the server does then.
func (s *sender) due(n int64) {
	if s.killAt < 0 {
		return
	}
	if s.killAt -= n; s.killAt > 0 {
		return
	}
	s.killAt = -1
	time.AfterFunc(time.Duration(s.rng.IntN(4000))*time.Microsecond, s.kill)
}

// upload goes on until the session is closed or the connection is lost.
func (s *sender) upload() error {
	if s.session == "" {
		g, err := s.exchange(createPacket(s.target), nil)
		if err != nil {
			return err
		}
		s.session = g.want(s.t, 200).headers.Get("BITS-Session-Id")
	} else if g, err := s.exchange(request(s.target, "", "BITS-Packet-Type: Ping", "Content-Length: 0"), nil); err != nil {
		return err
	} else if g.want(s.t, 200); s.t.Failed() {
		return errors.New("the server has no Ping")
	}
	for {
		g, err := s.fragment()
		if err != nil {
			return err
		}
		if g.status == 500 && g.headers.Get("BITS-Error-Code") == "0x8020001F" && s.acked == 0 {
			s.session = "" // what received nothing is not kept
			return s.upload()
		}
		if g.status != 200 && g.status != 416 {
			return fmt.Errorf("a fragment is answered %d\n%s", g.status, g.head)
		}
		next, err := strconv.ParseInt(g.headers.Get("BITS-Received-Content-Range"), 10, 64)
		if err != nil || next < s.acked {
			return fmt.Errorf("acknowledged bytes are lost: %d were, the server has %d (%v)", s.acked, next, err)
		}
		if s.acked = next; s.acked == int64(len(s.content)) {
			break
		}
	}
	g, err := s.exchange(plainPacket("Close-Session", s.target, s.session), nil)
	if err != nil {
		return err
	}
	if g.status != 200 {
		return fmt.Errorf("Close-Session is answered %d\n%s", g.status, g.head)
	}
	return nil
}

func (s *sender) fragment() (got, error) {
	if len(s.content) == 0 {
		return s.exchange(request(s.target, "", "BITS-Packet-Type: Fragment", "BITS-Session-Id: "+s.session,
			"Content-Range: bytes */0", "Content-Length: 0"), nil)
	}
	// Who was told that all is there, and could not close, sends the last fragment again.
	first := min(s.acked, int64(len(s.content))-1)
	body := s.content[first:min(int(first)+1+s.rng.IntN(s.step), len(s.content))]
	return s.exchange(request(s.target, "", "BITS-Packet-Type: Fragment", "BITS-Session-Id: "+s.session,
		fmt.Sprintf("Content-Range: bytes %d-%d/%d", first, first+int64(len(body))-1, len(s.content)),
		fmt.Sprintf("Content-Length: %d", len(body))), body)
}

// TestKill kills the server again and again while files are uploaded. In the end each file is there, right and once, and
// no server has ever less than one before acknowledged.
func TestKill(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	largest, step := 4<<20, 256<<10
	if *killings > 50 {
		largest, step = 256<<20, 2<<20
	}
	sizes := []int{0, 1, largest}
	v := &victim{t: t, dir: t.TempDir()}
	v.start()
	defer func() { v.kill() }()
	var content, sent int64
	left := *killings
	for n := 0; left > 0; n++ {
		size := rng.IntN(largest)
		if n < len(sizes) {
			size = sizes[n]
		}
		c := randomContent(rng, size)
		s := &sender{t: t, content: c, target: fmt.Sprintf("/f%d", n), rng: rng, step: step}
		left -= s.overDyingServers(v, 1+rng.IntN(min(left, 10)))
		if t.Failed() {
			return
		}
		got, err := os.ReadFile(filepath.Join(v.dir, s.target[1:]))
		if err != nil || !bytes.Equal(got, c) {
			t.Fatalf("file %d of %d bytes is not what was sent: %d bytes, %v", n, size, len(got), err)
		}
		if err := os.Remove(filepath.Join(v.dir, s.target[1:])); err != nil {
			t.Fatal(err)
		}
		content, sent = content+int64(size), sent+s.sent
	}
	rest, err := os.ReadDir(v.dir)
	if err != nil || len(rest) != 1 {
		t.Errorf("there are other files than were sent: %v, %v", rest, err)
	}
	if data, err := filepath.Glob(filepath.Join(v.dir, bitsup.StateDir, "uploads", "*.data")); err != nil || len(data) > 0 {
		t.Errorf("data of sessions that ended is left: %v, %v", data, err)
	}
	t.Logf("%d kills, %d bytes of content, %d sent (%.3f)", *killings, content, sent, float64(sent)/float64(content))
}

// overDyingServers uploads one file, and kills up to so many servers meanwhile. It answers how many it killed.
func (s *sender) overDyingServers(v *victim, kills int) (killed int) {
	for {
		dead := make(chan struct{})
		s.killAt = -1
		if killed < kills {
			s.killAt = 1 + s.rng.Int64N(int64(len(s.content)-int(s.acked))/int64(kills)+4)
		}
		s.kill = func() { v.kill(); close(dead) }
		err := errLost
		if conn, dialErr := net.Dial("tcp", v.address); dialErr == nil {
			s.conn, s.in = conn, bufio.NewReader(conn)
			err = s.upload()
			_ = conn.Close()
		}
		pending := killed < kills && s.killAt < 0
		switch {
		case pending:
			<-dead // it comes for sure
			killed++
			v.start()
		case err != nil:
			s.t.Errorf("file of %d bytes: %v", len(s.content), err)
			return killed
		}
		if err == nil {
			return killed
		}
		if !errors.Is(err, errLost) {
			s.t.Errorf("file of %d bytes: %v", len(s.content), err)
			return killed
		}
	}
}

func randomContent(rng *rand.Rand, size int) []byte {
	c := make([]byte, size)
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(rng.Uint32())
	}
	_, _ = rand.NewChaCha8(seed).Read(c)
	return c
}
