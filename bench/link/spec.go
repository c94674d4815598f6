// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Spec describes a link as a subscriber knows it.
type Spec struct {
	Name   string        `json:"name"`
	Down   float64       `json:"down"`      // Mbit/s
	Up     float64       `json:"up"`        // Mbit/s
	RTT    time.Duration `json:"rtt_ns"`    // round trip without any queue
	Buffer time.Duration `json:"buffer_ns"` // what the queue holds at most, as time at the full rate
	Loss   float64       `json:"loss"`      // share of the packets, 0 to 1, each way
	Jitter time.Duration `json:"jitter_ns"` // mean of an exponential further delay, each way
	Queue  Queue         `json:"queue"`     // how packets wait
}

// Known are the links that have names.
func Known() []Spec {
	const ms = time.Millisecond
	return []Spec{
		{Name: "dsl", Down: 20, Up: 5, RTT: 40 * ms, Buffer: 250 * ms},
		{Name: "cable", Down: 100, Up: 20, RTT: 20 * ms, Buffer: 100 * ms},
		{Name: "shallow", Down: 100, Up: 20, RTT: 20 * ms, Buffer: 20 * ms},
		{Name: "slow", Down: 5, Up: 1, RTT: 100 * ms, Buffer: 500 * ms},
		{Name: "dslx", Down: 20, Up: 5, RTT: 40 * ms, Buffer: 30 * ms},
		{Name: "wifi", Down: 50, Up: 20, RTT: 30 * ms, Buffer: 100 * ms, Jitter: 3 * ms},
	}
}

// Parse reads the name of a known link, or a description: DOWN:UP:RTT:BUFFER[:LOSS[:JITTER]] with rates in Mbit/s, times in
// milliseconds or with a unit, and the loss in percent.
func Parse(s string) (Spec, error) {
	var names []string
	for _, k := range Known() {
		if k.Name == s {
			return k, nil
		}
		names = append(names, k.Name)
	}
	if !strings.Contains(s, ":") {
		return Spec{}, fmt.Errorf("no link is called %q: there are %s, or DOWN:UP:RTT:BUFFER[:LOSS[:JITTER]], such as 20:5:40:250", s, strings.Join(names, ", "))
	}
	fields := strings.Split(s, ":")
	if len(fields) < 4 || len(fields) > 6 {
		return Spec{}, fmt.Errorf("link %q has %d fields: DOWN:UP:RTT:BUFFER[:LOSS[:JITTER]] are wanted, such as 20:5:40:250", s, len(fields))
	}
	spec := Spec{Name: s}
	loss := 0.0
	into := []struct {
		name string
		read func(string) error
	}{
		{"down", number(&spec.Down, 0.05, 1000)},
		{"up", number(&spec.Up, 0.05, 1000)},
		{"rtt", duration(&spec.RTT)},
		{"buffer", duration(&spec.Buffer)},
		{"loss", number(&loss, 0, 50)},
		{"jitter", duration(&spec.Jitter)},
	}
	for n, field := range fields {
		if err := into[n].read(field); err != nil {
			return Spec{}, fmt.Errorf("link %q, %s: %w", s, into[n].name, err)
		}
	}
	spec.Loss = loss / 100
	return spec, nil
}

func number(to *float64, least, most float64) func(string) error {
	return func(s string) error {
		v, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
		if err != nil || v < least || v > most {
			return fmt.Errorf("%q is not a number from %g to %g", s, least, most)
		}
		*to = v
		return nil
	}
}

func duration(to *time.Duration) func(string) error {
	return func(s string) error {
		text := s
		if _, err := strconv.ParseFloat(s, 64); err == nil {
			text += "ms"
		}
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 || d > 10*time.Second {
			return fmt.Errorf("%q is not a time of 0 to 10 s, such as 40 or 40ms", s)
		}
		*to = d
		return nil
	}
}

// Lines are both directions of the link. Equal seeds make equal losses and jitter for equal packets.
func (s Spec) Lines(seed uint64) (down, up Config) {
	line := func(mbit float64, salt uint64) Config {
		rate := mbit * 1e6
		// Less than two packets would let nothing through.
		limit := max(int(rate/8*s.Buffer.Seconds()), 2*largest)
		return Config{Rate: rate, Limit: limit, Delay: s.RTT / 2, Jitter: s.Jitter, Loss: s.Loss, Queue: s.Queue, Seed: seed<<1 | salt}
	}
	return line(s.Down, 0), line(s.Up, 1)
}

// String describes the link in words.
func (s Spec) String() string {
	text := fmt.Sprintf("%g/%g Mbit/s, %g ms round trip, %g ms of buffer", s.Down, s.Up, s.RTT.Seconds()*1000, s.Buffer.Seconds()*1000)
	if s.Loss > 0 {
		text += fmt.Sprintf(", %g %% loss", s.Loss*100)
	}
	if s.Jitter > 0 {
		text += fmt.Sprintf(", %g ms of jitter each way", s.Jitter.Seconds()*1000)
	}
	if s.Queue != "" && s.Queue != Fifo {
		text += ", " + string(s.Queue)
	}
	return text
}
