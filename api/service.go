// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"time"

	"github.com/openbits/openbits"
)

// Service describes the service that answers.
type Service struct {
	Version string    `json:"version" example:"0.1.0" doc:"of the program that runs"`
	API     int       `json:"api" example:"1" doc:"version of the contract it knows"`
	PID     int       `json:"pid" example:"4711"`
	Started time.Time `json:"started"`
	State   string    `json:"state" example:"/home/ada/.local/state/openbits" doc:"folder that holds its queue"`
	User    Owner     `json:"user" doc:"the account it runs as, which is the only one it serves"`
	Limits  Limits    `json:"limits"`
	Stats   Stats     `json:"stats"`
}

// Limits are the bounds that requests must keep.
type Limits struct {
	Rate           int64 `json:"rate" doc:"bytes per second of the whole service; 0: none"`
	MaxFiles       int   `json:"max_files" doc:"files of one job"`
	MaxName        int   `json:"max_name" doc:"bytes of a job's name"`
	MaxDescription int   `json:"max_description" doc:"bytes of a job's description"`
	MaxURL         int   `json:"max_url" doc:"bytes of a URL"`
	MaxHeaders     int   `json:"max_headers" doc:"bytes of all headers of a job"`
	MaxBody        int64 `json:"max_body" doc:"bytes of one request"`
	MaxPage        int   `json:"max_page" doc:"elements of one page"`
}

// Stats are the service's figures since it started, and of the moment.
type Stats struct {
	Jobs          map[openbits.State]int `json:"jobs" nullable:"false" doc:"jobs by state"`
	Clients       int                    `json:"clients" doc:"open connections to the service"`
	BytesReceived int64                  `json:"bytes_received"`
	BytesSent     int64                  `json:"bytes_sent"`
	Connections   int                    `json:"connections" doc:"open connections to servers"`
	Retries       int64                  `json:"retries"`
	Restarts      int64                  `json:"restarts" doc:"of files whose remote content changed"`
	LastEvent     int64                  `json:"last_event" doc:"sequence of the newest event"`
}
