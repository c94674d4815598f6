// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/openbits/openbits"
)

// scrapeTimeout bounds the reading of the figures.
const scrapeTimeout = 10 * time.Second

// collector reads the service's figures when they are asked for; nothing else keeps metrics.
type collector struct{ s *Server }

func newRegistry(s *Server) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{s})
	return r
}

func metric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("openbits_"+name, help, labels, nil)
}

var (
	metricInfo        = metric("build_info", "Version of the service; the value is always 1.", "version")
	metricStarted     = metric("start_time_seconds", "When the service started, in seconds since 1970.")
	metricJobs        = metric("jobs", "Jobs by state.", "state")
	metricReceived    = metric("received_bytes_total", "Bytes of files received since the service started.")
	metricSent        = metric("sent_bytes_total", "Bytes of files sent since the service started.")
	metricConnections = metric("connections", "Open connections to servers.")
	metricRetries     = metric("retries_total", "Attempts that followed a transient error since the service started.")
	metricRestarts    = metric("restarts_total", "Files begun anew because their remote content changed, since the service started.")
	metricEvent       = metric("last_event", "Sequence of the newest event.")
	metricClients     = metric("clients", "Open connections to the service.")
	metricLimit       = metric("rate_limit_bytes", "The service's own limit in bytes per second; 0: none.")
)

// Describe names the metrics.
func (collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		metricInfo, metricStarted, metricJobs, metricReceived, metricSent, metricConnections, metricRetries, metricRestarts,
		metricEvent, metricClients, metricLimit,
	} {
		ch <- d
	}
}

// Collect reads them.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(c.s.closing, scrapeTimeout)
	defer cancel()
	stats, err := c.s.svc.Stats(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(metricJobs, err)
		return
	}
	limit, err := c.s.svc.Limit(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(metricLimit, err)
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v int64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
	}
	started := stats.Started
	if started.IsZero() {
		started = c.s.started
	}
	gauge(metricInfo, 1, c.s.options.Version)
	gauge(metricStarted, float64(started.UnixMilli())/1000)
	for _, state := range openbits.States {
		gauge(metricJobs, float64(stats.Jobs[state]), string(state))
	}
	counter(metricReceived, stats.BytesReceived)
	counter(metricSent, stats.BytesSent)
	gauge(metricConnections, float64(stats.Connections))
	counter(metricRetries, stats.Retries)
	counter(metricRestarts, stats.Restarts)
	gauge(metricEvent, float64(stats.LastEvent))
	gauge(metricClients, float64(c.s.Clients()))
	gauge(metricLimit, float64(limit))
}
