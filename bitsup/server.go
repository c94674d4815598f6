// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/openbits/openbits/internal/urlpath"
)

// Server is the handler. Close ends it.
type Server struct {
	options Options
	store   *store
	table   *table
	usage   *usage
	buffers buffers
	tell    *http.Client // of the application
	counted counters
	now     func() time.Time

	closing  context.Context
	close    context.CancelFunc
	sweeping sync.WaitGroup
	requests gate
}

// New takes possession of a folder and goes on with the sessions of an earlier server. Kinds of errors:
// invalid_argument, folder_missing, unsafe_path, write_denied, service_running (another server has the folder), local_file.
func New(o Options) (*Server, error) { return start(o, time.Now) }

func start(o Options, now func() time.Time) (*Server, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	disk, err := openStore(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{
		options: o, store: disk, now: now, tell: newTeller(), buffers: newBuffers(),
		table: newTable(limits{
			sessions: o.Sessions, perClient: o.ClientSessions, userQuota: o.UserQuota, takeOver: takeOver, remembered: remembered,
		}),
	}
	s.usage = newUsage(o.Quota, disk.root.FS(), now)
	s.closing, s.close = context.WithCancel(context.Background())
	if err := s.restore(); err != nil {
		s.close()
		return nil, errors.Join(err, disk.close())
	}
	s.sweeping.Go(s.sweepNowAndThen)
	return s, nil
}

// restore takes in the sessions that are on the disk.
func (s *Server) restore() error {
	err := s.store.load(func(r record) {
		at := &session{record: r, turn: newTurn(), client: clientOf(r.User, r.Address), stale: true}
		if at.over() {
			s.store.removeData(r.ID) // a crash may have left it
		}
		s.table.restore(at)
		if r.ReplyID != "" {
			s.table.offerReply(at)
		}
	})
	n := s.table.counts()
	s.options.Log.Debug("sessions were read", "open", n[phaseOpen], "over", n[phaseOver])
	return err
}

// Close ends the server: requests under way are answered first, those of an application given up, and later ones are
// refused. Clients go on with the next server. An http.Server in front is to be closed before: a
// client that sends slowly is waited for.
func (s *Server) Close() error {
	s.close()
	s.sweeping.Wait()
	s.requests.close()
	return s.store.close()
}

// ServeHTTP answers packets, and requests for replies.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.requests.enter() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	defer s.requests.leave()
	switch id := r.URL.Query().Get(replyParameter); {
	case r.Method == Method:
		s.servePacket(w, r)
	case id != "" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		s.serveReply(w, r, id)
	default:
		s.options.Next.ServeHTTP(w, r)
	}
}

// Disabled answers packets where uploads are not enabled, as IIS 6 does: with status 501, which clients do not try again.
func Disabled(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != Method {
			next.ServeHTTP(w, r)
			return
		}
		refused := refuse(http.StatusNotImplemented, codeDenied, "uploads are not enabled")
		refused.hangUp = r.ContentLength != 0
		refused.write(w, "")
	})
}

// Unauthorized answers a packet of a client that has not signed in: with status 401, after its body, so that the client
// gets to see the challenge that a handler in front has set.
func (s *Server) Unauthorized(w http.ResponseWriter, r *http.Request) {
	if r.Method != Method {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	b := newBody(w, r, s.options.BodyTimeout)
	b.drain()
	refused := refuse(http.StatusUnauthorized, codeDenied, "nobody signed in")
	refused.bare, refused.hangUp = true, !b.ended
	refused.write(w, "")
}

// call is a packet with all that is known of where it comes from and goes to.
type call struct {
	packet
	w      http.ResponseWriter
	r      *http.Request
	body   *body
	client client
	target string
}

// answer is a success.
type answer struct {
	session string
	headers [][2]string
}

func (s *Server) servePacket(w http.ResponseWriter, r *http.Request) {
	c := call{w: w, r: r, body: newBody(w, r, s.options.BodyTimeout)}
	a, refused := s.answer(&c)
	s.counted.packet(c.kind, refused)
	// An answer to a body that is still being sent would get lost in the reset of the connection.
	c.body.drain()
	if refused != nil {
		refused.hangUp = refused.hangUp || !c.body.ended
		s.options.Log.Debug("a packet was refused", "packet", string(c.kind), "status", refused.status, "because", refused.why)
		refused.write(w, a.session)
		return
	}
	h := ack(w, a.session)
	for _, pair := range a.headers {
		h[pair[0]] = []string{pair[1]}
	}
	w.WriteHeader(http.StatusOK)
}

// answer checks a packet in the order of [MC-BUP] 3.2.5.2.3: its form, the right to write there, its length, its
// session. What it answers also tells the session when it is refused, except when that is not known.
func (s *Server) answer(c *call) (answer, *refusal) {
	var refused *refusal
	if c.packet, refused = parsePacket(c.r); refused != nil {
		return answer{}, refused
	}
	c.client = clientOf(s.options.User(c.r), address(c.r))
	if c.target, refused = parseTarget(c.r.URL); refused != nil {
		return answer{}, refused
	}
	if c.length < 0 {
		return answer{}, refuse(http.StatusLengthRequired, codeInvalid, "there is no Content-Length")
	}
	switch c.kind {
	case createSession:
		return s.create(c)
	case ping:
		return answer{session: c.session}, nil
	}
	at, refused := s.table.take(c.r, c.session, c.client.user)
	if refused != nil {
		return answer{}, refused
	}
	defer at.give()
	if at.Target != c.target {
		// The session exists for another file. Here it does not.
		return answer{}, noSession()
	}
	if refused := s.refresh(at); refused != nil {
		return answer{}, refused
	}
	var a answer
	switch c.kind {
	case fragment:
		a, refused = s.fragment(c, at)
	case closeSession:
		refused = s.closeSession(c, at)
	case cancelSession:
		refused = s.cancel(at)
	}
	a.session = at.ID
	return a, refused
}

// refresh compares a session of an earlier run with what is on the disk.
func (s *Server) refresh(at *session) *refusal {
	if !at.stale {
		return nil
	}
	r, err := s.store.verify(at.ID)
	switch {
	case errors.Is(err, errShort), errors.Is(err, fs.ErrNotExist):
		s.discard(at)
		return noSession()
	case err != nil:
		return s.diskRefusal("read a session", err)
	}
	at.record, at.stale = r, false
	return nil
}

// parseTarget finds the file that a URL names. Names that are kept for the server are refused like anything that may not be written.
func parseTarget(u *url.URL) (string, *refusal) {
	target, err := urlpath.New(u)
	switch {
	case errors.Is(err, urlpath.ErrHidden):
		return "", refuse(http.StatusForbidden, codeDenied, err.Error())
	case err != nil:
		return "", invalid(err.Error())
	}
	return target, nil
}

func clientOf(user, address string) client {
	if user != "" {
		return client{user: user}
	}
	return client{address: address}
}

// address is where a request comes from: an IPv4 address, or the /64 of an IPv6 one, since a single host has all of that.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
