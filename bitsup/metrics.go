// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"maps"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

func metric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("openbits_upload_"+name, help, labels, nil)
}

var (
	metricPackets   = metric("packets_total", "Packets that were answered since the server started, by type and HTTP status.", "type", "status")
	metricBytes     = metric("received_bytes_total", "Bytes of files that were acknowledged since the server started.")
	metricPublished = metric("files_total", "Files that got their names since the server started.")
	metricCancelled = metric("cancelled_total", "Sessions that clients cancelled since the server started.")
	metricExpired   = metric("timed_out_total", "Sessions that ended without progress since the server started.")
	metricNotified  = metric("notifications_total", "Times that the application was told of a file since the server started.")
	metricSessions  = metric("sessions", "Sessions: new ones have received nothing, open ones have, over ones are only remembered.", "phase")
)

// phaseNames are the values of the label.
var phaseNames = [3]string{"new", "open", "over"}

// Collector reads the server's figures for Prometheus when they are asked for.
func (s *Server) Collector() prometheus.Collector { return collector{s} }

type collector struct{ s *Server }

// Describe names the metrics.
func (collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		metricPackets, metricBytes, metricPublished, metricCancelled, metricExpired, metricNotified, metricSessions,
	} {
		ch <- d
	}
}

// Collect reads them.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, t prometheus.ValueType, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, t, float64(v), labels...)
	}
	counted := &c.s.counted
	counted.mu.Lock()
	packets := maps.Clone(counted.packets)
	counted.mu.Unlock()
	for k, n := range packets {
		kind := string(k.kind)
		if kind == "" {
			kind = "unknown"
		}
		send(metricPackets, prometheus.CounterValue, n, kind, strconv.Itoa(k.status))
	}
	send(metricBytes, prometheus.CounterValue, counted.bytes.Load())
	send(metricPublished, prometheus.CounterValue, counted.published.Load())
	send(metricCancelled, prometheus.CounterValue, counted.cancelled.Load())
	send(metricExpired, prometheus.CounterValue, counted.expired.Load())
	send(metricNotified, prometheus.CounterValue, counted.notified.Load())
	for p, n := range c.s.table.counts() {
		send(metricSessions, prometheus.GaugeValue, int64(n), phaseNames[p])
	}
}
