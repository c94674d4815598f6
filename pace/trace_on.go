// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build pacetrace

package pace

import (
	"bufio"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// The columns are: time, phase, bytes delivered, segments lost, window, offered, full window, queue, queue without noise, bytes of
// others, connections opened by others, connections that move, bytes missing, bytes usual, tolerance, noise, base delay.

// traceOut is the file named by PACE_TRACE, for those who change the rules: build with -tags pacetrace.
var traceOut = func() *bufio.Writer {
	f, err := os.Create(os.Getenv("PACE_TRACE"))
	if err != nil {
		return nil
	}
	w := bufio.NewWriterSize(f, 1<<16)
	return w
}()

func trace(c *Controller, s Sample, flows int) {
	if traceOut == nil {
		return
	}
	if traceN++; traceN%100 == 0 {
		traceOut.Flush()
	}
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	fmt.Fprintf(traceOut, "%.4f,%d,%d,%d,%.0f,%.0f,%.0f,%.2f,%.2f,%d,%d,%d,%.0f,%.0f,%.2f,%.2f,%d\n", float64(ts.Nano())/1e9, c.phase, s.Delivered, s.Lost, c.window, c.offered, c.full(),
		float64(s.Queue)/1e6, float64(c.in.Queue)/1e6, s.ForeignLow, s.Opens, flows, c.intrusion.missing, c.intrusion.usual, c.intrusion.tolerance, float64(c.noise.value)/1e6, s.Base/1000)
}

var traceN int
