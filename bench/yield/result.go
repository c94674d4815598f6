// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/openbits/openbits/bench/link"
)

// solo is the name of the foreground without a background.
const soloName = "nothing"

// never stands for a time that did not come.
const never = -1.0

// run is one run and what it showed. Times are in milliseconds, rates in Mbit/s, shares in percent.
type run struct {
	Background string   `json:"background"`
	Scenario   string   `json:"scenario"`
	Link       string   `json:"link"`
	Repeat     int      `json:"repeat"`
	Late       float64  `json:"emulator_late_p99_ms"`
	Usable     bool     `json:"usable"` // the emulator was on time
	Notes      []string `json:"notes,omitempty"`

	Idle    *idle    `json:"idle,omitempty"`
	Phases  []*phase `json:"phases,omitempty"`
	Windows []window `json:"windows,omitempty"`
	Series  *series  `json:"series,omitempty"`
}

// idle is the background alone: the second half of the time before the first foreground.
type idle struct {
	Use     float64 `json:"use"`
	PingP50 float64 `json:"ping_added_p50"`
	PingP95 float64 `json:"ping_added_p95"`
}

// phase is a foreground beside the background.
type phase struct {
	Kind       kind     `json:"kind"`
	Foreground float64  `json:"foreground"` // mean rate on the link in the direction of the scenario
	Settled    float64  `json:"foreground_after_3s"`
	Background float64  `json:"background"`
	Left       float64  `json:"use_of_what_is_left"` // background's share of what the foreground leaves
	Samples    int      `json:"samples,omitempty"`   // fetches, pages or frames
	P50        float64  `json:"p50,omitempty"`       // of how long they took
	P99        float64  `json:"p99,omitempty"`
	Lost       float64  `json:"lost"`             // share of them
	UpP50      float64  `json:"up_p50,omitempty"` // the same for frames that are sent to the server
	UpP99      float64  `json:"up_p99,omitempty"`
	UpLost     float64  `json:"up_lost,omitempty"`
	PingP50    float64  `json:"ping_added_p50"`
	PingP95    float64  `json:"ping_added_p95"`
	PingP99    float64  `json:"ping_added_p99"`
	Queue      float64  `json:"queue_mean"`
	Drops      [2]int64 `json:"drops"`   // foreground's and background's packets
	Yield      float64  `json:"yield"`   // from its start until the background has left 80 % of the link; -1: never
	Drained    float64  `json:"drained"` // from its end until its own queue is gone
	Reclaim    float64  `json:"reclaim"` // from its end until the background has 80 %; -1: never
	Regain     float64  `json:"reclaim_after_drained"`
}

// window is a part of a run in which there is nothing but backgrounds, or which does not begin with a foreground.
type window struct {
	From       float64 `json:"from"`
	To         float64 `json:"to"`
	Foreground float64 `json:"foreground"`
	Background float64 `json:"background"`
	Second     float64 `json:"second"`
	Use        float64 `json:"use"` // of the link, by all
	PingP50    float64 `json:"ping_added_p50"`
	PingP95    float64 `json:"ping_added_p95"`
	Settle     float64 `json:"settle"` // from its start until the queue stays under 20 ms; -1: never
	Fill       float64 `json:"fill"`   // from its start until the background stays over 80 %; -1: never
}

// seriesStep is the time between two points of a series.
const seriesStep = 100 * time.Millisecond

// series is the course of a run in the direction of the scenario, a point for each 100 ms.
type series struct {
	Foreground []float64 `json:"foreground"` // Mbit/s
	Background []float64 `json:"background"`
	Queue      []float64 `json:"queue"` // mean wait in ms
}

func newSeries(bins []link.Bin, end time.Duration) *series {
	t := trace{bins: bins}
	s := &series{}
	for at := time.Duration(0); at < end; at += seriesStep {
		s.Foreground = append(s.Foreground, round(t.rate(at, at+seriesStep, link.Foreground)))
		s.Background = append(s.Background, round(t.rate(at, at+seriesStep, link.Background, link.Second)))
		s.Queue = append(s.Queue, round(t.wait(at, at+seriesStep)))
	}
	return s
}
