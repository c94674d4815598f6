// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/mover/bitsup"
	"github.com/openbits/openbits/mover/httpput"
)

// post is a rig with a server that takes uploads.
type post struct {
	*rig
	server *testlab.Receiver
}

func newPost(t *testing.T, opt testlab.ReceiverOptions, hook func(*testlab.Received) *testlab.Reaction) *post {
	t.Helper()
	s, err := testlab.StartReceiver(opt)
	if err != nil {
		t.Fatal(err)
	}
	s.Hook = hook
	t.Cleanup(s.Close)
	r := newRig(t, func(o *engine.Options) {
		o.Uploads = map[openbits.Protocol]engine.Sender{
			openbits.ProtocolBITS: bitsup.New(bitsup.Options{}), openbits.ProtocolPUT: httpput.New(httpput.Options{}),
		}
		o.Sources = o.Sink.(engine.Sources)
	})
	return &post{r, s}
}

// letter writes a file and makes a request to send it.
func (p *post) letter(name string, c testlab.Content, options ...func(*openbits.NewJob)) openbits.NewJob {
	p.t.Helper()
	if err := c.WriteFile(filepath.Join(p.dir, name)); err != nil {
		p.t.Fatal(err)
	}
	n := p.job(nil, func(n *openbits.NewJob) {
		n.Type = openbits.TypeUpload
		n.Files = []openbits.NewFile{{URL: p.server.URL + "/in/" + name, Folder: p.dir, Name: name, Upload: &openbits.NewUpload{}}}
	})
	for _, o := range options {
		o(&n)
	}
	return n
}

// by asks for a protocol.
func by(protocol openbits.Protocol) func(*openbits.NewJob) {
	return func(n *openbits.NewJob) { n.Files[0].Upload.Protocol = protocol }
}

func answered(n *openbits.NewJob) { n.Type = openbits.TypeUploadReply }

func (p *post) arrived(name string, c testlab.Content) {
	p.t.Helper()
	if got, times := p.server.Object("/in/" + name); times != 1 || !c.Is(got) {
		p.t.Errorf("%s arrived %d times and has %d bytes, want once and %d", name, times, len(got), c.Size)
	}
}

func (p *post) file(id string) openbits.File {
	p.t.Helper()
	f, err := p.File(p.ctx, id, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	return f
}

var letter = testlab.Content{Seed: 5, Size: 3 << 20}

// TestProtocols: what is spoken with which server, and what is remembered of it.
func TestProtocols(t *testing.T) {
	for name, c := range map[string]struct {
		ask    openbits.Protocol
		server testlab.ReceiverOptions
		spoken openbits.Protocol
		fails  openbits.Kind
	}{
		"auto, both":       {openbits.ProtocolAuto, testlab.ReceiverOptions{}, openbits.ProtocolBITS, ""},
		"auto, PUT alone":  {openbits.ProtocolAuto, testlab.ReceiverOptions{NoBITS: true}, openbits.ProtocolPUT, ""},
		"auto, BITS alone": {openbits.ProtocolAuto, testlab.ReceiverOptions{NoPUT: true}, openbits.ProtocolBITS, ""},
		"auto, neither":    {openbits.ProtocolAuto, testlab.ReceiverOptions{NoBITS: true, NoPUT: true}, openbits.ProtocolPUT, openbits.KindHTTP(405)},
		"bits, PUT alone":  {openbits.ProtocolBITS, testlab.ReceiverOptions{NoBITS: true}, "", openbits.KindProtocolMismatch},
		"put, both":        {openbits.ProtocolPUT, testlab.ReceiverOptions{}, "", ""},
		"put, BITS alone":  {openbits.ProtocolPUT, testlab.ReceiverOptions{NoPUT: true}, "", openbits.KindHTTP(405)},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPost(t, c.server, nil)
			j := p.create(p.letter("a.bin", letter, by(c.ask)))
			if c.fails != "" {
				if j = p.awaitState(j.ID, openbits.StateError); j.Error.Kind != c.fails {
					t.Errorf("it fails with %v", j.Error)
				}
				if got := p.file(j.ID).Upload.Spoken; got != c.spoken {
					t.Errorf("%q is remembered, want %q", got, c.spoken)
				}
				return
			}
			p.awaitState(j.ID, openbits.StateAcknowledged)
			p.arrived("a.bin", letter)
			f := p.file(j.ID)
			if f.State != openbits.FilePublished || f.BytesDone != letter.Size || !f.Upload.Sent || !f.Upload.Session.Zero() || f.Upload.Spoken != c.spoken {
				t.Errorf("the file is %s, %d bytes, %+v", f.State, f.BytesDone, f.Upload)
			}
		})
	}
}

// TestCompleteUpload: an upload that does not complete by itself waits for its owner, whose call only ends it.
func TestCompleteUpload(t *testing.T) {
	p := newPost(t, testlab.ReceiverOptions{}, nil)
	j := p.create(p.letter("a.bin", letter, func(n *openbits.NewJob) { n.Settings.AutoComplete, n.Start = false, false }))
	if _, err := p.Act(p.ctx, j.ID, openbits.ActionComplete); openbits.KindOf(err) != openbits.KindInvalidState {
		t.Errorf("an upload that was not sent is completed: %v", err)
	}
	if _, err := p.Act(p.ctx, j.ID, openbits.ActionResume); err != nil {
		t.Fatal(err)
	}
	p.awaitState(j.ID, openbits.StateTransferred)
	p.arrived("a.bin", letter)
	if j, err := p.Act(p.ctx, j.ID, openbits.ActionComplete); err != nil || j.State != openbits.StateAcknowledged {
		t.Errorf("complete: %s, %v", j.State, err)
	}
	if f := p.file(j.ID); f.State != openbits.FilePublished {
		t.Errorf("the file is %s", f.State)
	}
}

// TestSourceChanges: two versions are never mixed, and resuming sends the later one.
func TestSourceChanges(t *testing.T) {
	changes := map[string]func(path string) error{
		"grows":      func(path string) error { return appendTo(path, "more") },
		"shrinks":    func(path string) error { return os.Truncate(path, 1<<20) },
		"is touched": func(path string) error { return os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour)) },
		"is replaced": func(path string) error {
			if err := letter.WriteFile(path + ".new"); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		},
		"is removed": os.Remove,
	}
	for name, change := range changes {
		for _, protocol := range []openbits.Protocol{openbits.ProtocolBITS, openbits.ProtocolPUT} {
			t.Run(name+", "+string(protocol), func(t *testing.T) {
				var p *post
				changed := false
				p = newPost(t, testlab.ReceiverOptions{Rate: 8 << 20}, func(r *testlab.Received) *testlab.Reaction {
					if !changed && (r.Packet == "Fragment" && r.N == 1 || r.Method == "PUT") {
						changed = true
						if err := change(filepath.Join(p.dir, "a.bin")); err != nil {
							t.Error(err)
						}
					}
					return nil
				})
				j := p.create(p.letter("a.bin", letter, by(protocol)))
				j = p.awaitState(j.ID, openbits.StateError)
				if j.Error.Kind != openbits.KindLocalFileChanged || j.Error.Hint == "" {
					t.Fatalf("it fails with %v (%s)", j.Error, j.Error.Kind)
				}
				if n := len(p.server.Paths()); n != 0 {
					t.Errorf("%d objects stand on the server", n)
				}
				if n := p.server.Sessions(); n != 0 {
					t.Errorf("%d sessions are open at the server", n)
				}
				if name == "is removed" {
					return
				}
				if _, err := p.Act(p.ctx, j.ID, openbits.ActionResume); err != nil {
					t.Fatal(err)
				}
				p.awaitState(j.ID, openbits.StateAcknowledged)
				want, _ := os.ReadFile(filepath.Join(p.dir, "a.bin"))
				if got, times := p.server.Object("/in/a.bin"); times != 1 || string(got) != string(want) {
					t.Errorf("%d bytes arrived, want the %d of the later version", len(got), len(want))
				}
			})
		}
	}
}

// TestSourceChangesBetween: a change that is noticed before anything is sent ends the session at the server, too.
func TestSourceChangesBetween(t *testing.T) {
	p := newPost(t, testlab.ReceiverOptions{Rate: 1 << 20}, nil)
	j := p.create(p.letter("a.bin", letter))
	p.await(j.ID, func(j openbits.Job) bool { return j.BytesDone > 100_000 })
	if _, err := p.Act(p.ctx, j.ID, openbits.ActionSuspend); err != nil {
		t.Fatal(err)
	}
	p.awaitState(j.ID, openbits.StateSuspended)
	if err := appendTo(filepath.Join(p.dir, "a.bin"), "more"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Act(p.ctx, j.ID, openbits.ActionResume); err != nil {
		t.Fatal(err)
	}
	if j = p.awaitState(j.ID, openbits.StateError); j.Error.Kind != openbits.KindLocalFileChanged {
		t.Fatalf("it fails with %v", j.Error)
	}
	if n := p.server.Sessions(); n != 0 {
		t.Errorf("%d sessions are open at the server", n)
	}
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// TestGrowingSource: what the file held at the start is sent, and nothing else; a file that shrinks is still refused.
func TestGrowingSource(t *testing.T) {
	for _, shrinks := range []bool{false, true} {
		var p *post
		p = newPost(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
			if r.Packet == "Fragment" && r.N < 5 {
				path := filepath.Join(p.dir, "log")
				if err := appendTo(path, "one more line\n"); err != nil {
					t.Error(err)
				}
				if shrinks && r.N == 1 {
					_ = os.Truncate(path, 10)
				}
			}
			return nil
		})
		j := p.create(p.letter("log", letter, func(n *openbits.NewJob) { n.Files[0].Upload.Growing = true }))
		if shrinks {
			if j = p.awaitState(j.ID, openbits.StateError); j.Error.Kind != openbits.KindLocalFileChanged {
				t.Errorf("it fails with %v", j.Error)
			}
			continue
		}
		p.awaitState(j.ID, openbits.StateAcknowledged)
		p.arrived("log", letter)
	}
}

// TestCancelUpload: the server is told, after a restart of the service, too.
func TestCancelUpload(t *testing.T) {
	healed := make(chan struct{})
	p := newPost(t, testlab.ReceiverOptions{Rate: 1 << 20}, func(r *testlab.Received) *testlab.Reaction {
		if r.Packet == "Cancel-Session" {
			select {
			case <-healed:
			default:
				return &testlab.Reaction{Status: 503}
			}
		}
		return nil
	})
	j := p.create(p.letter("a.bin", letter))
	p.await(j.ID, func(j openbits.Job) bool { return j.BytesDone > 100_000 })
	if _, err := p.Act(p.ctx, j.ID, openbits.ActionCancel); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return p.server.Sessions() == 1 && told(p.server) > 0 })
	p.Close()
	p.store = p.store.Reopen()
	close(healed)
	p.start()
	waitFor(t, func() bool { return p.server.Sessions() == 0 })
	waitFor(t, func() bool { return p.file(j.ID).Upload.Session.Zero() })
	if n := len(p.server.Paths()); n != 0 {
		t.Errorf("%d objects stand on the server", n)
	}
	if _, err := os.Stat(filepath.Join(p.dir, "a.bin")); err != nil {
		t.Errorf("the source is gone: %v", err)
	}
}

// told counts the attempts to tell a server of the end of a session.
func told(s *testlab.Receiver) (n int) {
	for _, r := range s.Requests() {
		if r.Packet == "Cancel-Session" {
			n++
		}
	}
	return n
}

// waitFor waits for what no event tells.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not happen")
		}
	}
}

// TestRefusedUploads: what cannot be sent is refused when the job is made.
func TestRefusedUploads(t *testing.T) {
	p := newPost(t, testlab.ReceiverOptions{}, nil)
	if err := os.Symlink("a.bin", filepath.Join(p.dir, "link")); err != nil {
		t.Skipf("links cannot be made here: %v", err)
	}
	_ = os.Mkdir(filepath.Join(p.dir, "folder"), 0o700)
	for name, c := range map[string]struct {
		change func(*openbits.NewJob)
		want   openbits.Kind
	}{
		"missing":       {func(n *openbits.NewJob) { n.Files[0].Name = "nothing" }, openbits.KindSourceMissing},
		"no folder":     {func(n *openbits.NewJob) { n.Files[0].Folder += "/nowhere" }, openbits.KindSourceMissing},
		"a link":        {func(n *openbits.NewJob) { n.Files[0].Name = "link" }, openbits.KindUnsafePath},
		"a folder":      {func(n *openbits.NewJob) { n.Files[0].Name = "folder" }, openbits.KindUnsafePath},
		"a path":        {func(n *openbits.NewJob) { n.Files[0].Name = "../a.bin" }, openbits.KindInvalidName},
		"relative":      {func(n *openbits.NewJob) { n.Files[0].Folder = "x" }, openbits.KindInvalidArgument},
		"a protocol":    {by("ftp"), openbits.KindInvalidArgument},
		"PUT, answered": {func(n *openbits.NewJob) { answered(n); by(openbits.ProtocolPUT)(n) }, openbits.KindInvalidArgument},
		"a reply":       {func(n *openbits.NewJob) { n.Files[0].Upload.ReplyFolder, n.Files[0].Upload.ReplyName = p.dir, "r" }, openbits.KindInvalidArgument},
		"a digest":      {func(n *openbits.NewJob) { n.Files[0].Digest.Algorithm = "sha256" }, openbits.KindInvalidArgument},
		"no source":     {func(n *openbits.NewJob) { n.Files[0].Upload = nil }, openbits.KindInvalidArgument},
		"two, answered": {func(n *openbits.NewJob) { answered(n); n.Files = append(n.Files, n.Files[0]) }, openbits.KindTooManyFiles},
		"own headers":   {func(n *openbits.NewJob) { n.Route.Headers = []openbits.Header{{Name: "BITS-Session-Id", Value: "x"}} }, openbits.KindInvalidArgument},
		"a download":    {func(n *openbits.NewJob) { n.Type = openbits.TypeDownload }, openbits.KindInvalidArgument},
	} {
		if _, _, err := p.Create(p.ctx, p.letter("a.bin", letter, c.change)); openbits.KindOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestUploadLimit: a limit of the job is effective at once, and for a suspended upload what was acknowledged is kept.
func TestUploadLimit(t *testing.T) {
	p := newPost(t, testlab.ReceiverOptions{}, nil)
	j := p.create(p.letter("a.bin", letter, func(n *openbits.NewJob) { n.Settings.Limit = 100_000 }))
	p.await(j.ID, func(j openbits.Job) bool { return j.BytesDone > 0 })
	if _, err := p.Act(p.ctx, j.ID, openbits.ActionSuspend); err != nil {
		t.Fatal(err)
	}
	p.awaitState(j.ID, openbits.StateSuspended)
	waitFor(t, func() bool { return p.file(j.ID).State == openbits.FileQueued })
	if f := p.file(j.ID); f.BytesDone == 0 || f.Upload.Session.Zero() {
		t.Errorf("%d bytes are kept, session %+v", f.BytesDone, f.Upload.Session)
	}
	none := int64(0)
	if _, err := p.Change(p.ctx, j.ID, openbits.JobChange{Limit: &none}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Act(p.ctx, j.ID, openbits.ActionResume); err != nil {
		t.Fatal(err)
	}
	p.awaitState(j.ID, openbits.StateAcknowledged)
	p.arrived("a.bin", letter)
}
