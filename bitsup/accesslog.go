// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"log/slog"
	"net/http"
	"time"
)

// sessionShown is how much of a session id is logged: enough to tell sessions apart, too little to use one.
const sessionShown = 9

// AccessLog logs a line for each request that next answers: from where, by whom, what for, and how it ended. Queries, which may
// hold secrets, and session ids, which are ones, are not logged.
func AccessLog(log *slog.Logger, user func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &watcher{ResponseWriter: w}
		defer func() {
			seen.begin()
			attributes := []slog.Attr{
				slog.String("remote", r.RemoteAddr), slog.String("user", user(r)),
				slog.String("method", r.Method), slog.String("path", r.URL.EscapedPath()), slog.Int("status", seen.status),
			}
			if r.Method == Method {
				session := r.Header.Get(headerSession)
				if session == "" {
					session = seen.header(headerSession)
				}
				attributes = append(attributes, slog.String("packet", r.Header.Get(headerPacketType)),
					slog.String("session", session[:min(sessionShown, len(session))]),
					slog.String("range", r.Header.Get(headerContentRange)), slog.String("code", seen.header(headerErrorCode)))
			}
			attributes = append(attributes, slog.Int64("received", max(r.ContentLength, 0)), slog.Int64("sent", seen.sent),
				slog.Duration("took", time.Since(began)))
			log.LogAttrs(r.Context(), slog.LevelInfo, "request", attributes...)
		}()
		next.ServeHTTP(seen, r)
	})
}
