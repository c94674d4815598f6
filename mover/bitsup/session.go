// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"encoding/json"
	"net/url"
	"time"

	"github.com/openbits/openbits"
)

// session is what has to be remembered between two attempts.
type session struct {
	ID       string `json:"id"`
	Host     string `json:"host,omitempty"`     // that takes the place of the URL's (BITS-Host-Id)
	Fallback int64  `json:"fallback,omitempty"` // seconds without Host after which the URL's host is used again; 0: never
	Failed   int64  `json:"failed,omitempty"`   // since when Host cannot be reached, in seconds since 1970; 0: it can
	Cap      int64  `json:"cap,omitempty"`      // the largest fragment that is not refused as too large; 0: not known
	Reply    string `json:"reply,omitempty"`    // URL of the server's answer, once it is known
	Closing  bool   `json:"closing,omitempty"`  // the server has everything, and Close-Session may have reached it
}

// loadSession reads a session. One that cannot be read is none: the upload begins anew.
func loadSession(saved openbits.Session) session {
	var s session
	if len(saved.Data) == 0 || json.Unmarshal(saved.Data, &s) != nil || !validID(s.ID) {
		return session{}
	}
	return s
}

// save makes the session durable with what the server has.
func (u *upload) save() error {
	if u.s.ID == "" {
		return u.src.Save(openbits.Session{}, u.offset)
	}
	data, err := json.Marshal(u.s)
	if err != nil {
		return err
	}
	return u.src.Save(openbits.Session{ID: u.s.ID, Host: u.s.Host, Data: data}, u.offset)
}

// target is the URL that packets go to: the job's, at the host that the server named.
func (u *upload) target() *url.URL {
	if u.s.Host == "" {
		return u.file
	}
	at := *u.file
	at.User = nil // what belongs to the job's own origin stays there
	at.Host = atHost(u.s.Host, u.file.Port())
	return &at
}

// reached notes that the host that the server named answers again.
func (u *upload) reached() error {
	if u.s.Failed == 0 {
		return nil
	}
	u.s.Failed = 0
	if u.src == nil {
		return nil
	}
	return sourceError(u.save())
}

// unreachable notes that the host that the server named cannot be reached. It answers true when the job's own is to be used again.
func (u *upload) unreachable() (bool, error) {
	if u.s.Host == "" {
		return false, nil
	}
	now := u.m.now().Unix()
	if u.s.Failed == 0 || u.s.Failed > now {
		u.s.Failed = now
	}
	back := u.s.Fallback > 0 && time.Duration(now-u.s.Failed)*time.Second >= time.Duration(u.s.Fallback)*time.Second
	if back {
		u.s.Host, u.s.Failed = "", 0
		u.s.Closing, u.closedBefore = false, false // another node knows nothing of this session
	}
	if u.src == nil {
		return back, nil
	}
	return back, u.save()
}
