// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/mover/httpget"
)

var (
	schedules = flag.Int("schedules", 300, "how many random schedules of faults to run")
	firstSeed = flag.Uint64("seed", 1, "the seed of the first schedule")
)

// attempts is how often a schedule is resumed before its last errors count as its result.
const attempts = 40

// tally counts what schedules came to.
type tally struct {
	whole, failed, attempts, interrupted, changed, restarts int
	kinds                                                   map[openbits.Kind]int
}

// TestNeverMix runs seeded schedules of an origin's faults, interruptions, crashes and
// changes of the file. Whatever happens, a file that is whole is one version of the origin's.
func TestNeverMix(t *testing.T) {
	plain := startOrigin(t, testlab.Options{Stall: time.Second})
	authority := newAuthority(t)
	secure := startOrigin(t, testlab.Options{Stall: time.Second, Authority: authority})
	mover := httpget.New(httpget.Options{Timeouts: httpget.Timeouts{Idle: 100 * time.Millisecond}})
	defer mover.Reset()
	sum := tally{kinds: make(map[openbits.Kind]int)}
	for i := range *schedules {
		seed := *firstSeed + uint64(i)
		origin, route := plain, &openbits.Route{}
		if seed%4 == 0 {
			origin, route = secure, &openbits.Route{CA: authority.PEM}
		}
		if err := runSchedule(mover, origin, route, seed, &sum); err != nil {
			t.Fatalf("seed %d (go test ./mover/httpget -run NeverMix -seed %d -schedules 1): %v", seed, seed, err)
		}
	}
	t.Logf("%d schedules: %d whole, %d ended in errors; %d attempts, %d interrupted, %d versions added, %d files begun again; kinds %v",
		*schedules, sum.whole, sum.failed, sum.attempts, sum.interrupted, sum.changed, sum.restarts, sum.kinds)
	if sum.whole < *schedules*3/4 {
		t.Errorf("only %d of %d schedules ended with a whole file", sum.whole, *schedules)
	}
}

// runSchedule downloads one file under one schedule.
func runSchedule(mover *httpget.Mover, origin *testlab.Origin, route *openbits.Route, seed uint64, sum *tally) error {
	rng := rand.New(rand.NewPCG(seed, 1))
	file := randomFile(rng, seed)
	path := fmt.Sprintf("/%d.bin", seed)
	origin.Put(path, file)
	defer origin.Remove(path)
	defer origin.Forget()
	part := testlab.NewMemPart(nil, openbits.Head{})
	var stop context.CancelFunc
	limit := int64(-1)
	part.Hook = func(op testlab.Op, held int64) error {
		if limit >= 0 && (held >= limit || op == testlab.OpEnd) {
			stop()
			return context.Canceled
		}
		return nil
	}
	for range attempts {
		ctx, cancel := context.WithCancel(context.Background())
		stop, limit = cancel, -1
		if rng.IntN(3) > 0 {
			limit = rng.Int64N(file.Content.Size + 1)
		}
		transfer := openbits.Transfer{
			Type: openbits.TypeDownload, Priority: openbits.Priorities[rng.IntN(4)],
			URL: origin.URL + path, Route: route, Fresh: rng.IntN(8) == 0,
		}
		err := mover.Move(ctx, transfer, part)
		cancel()
		sum.attempts++
		if err == nil {
			break
		}
		if errors.Is(err, context.Canceled) {
			sum.interrupted++
		} else {
			sum.kinds[openbits.KindOf(err)]++
		}
		if errors.Is(err, openbits.KindInternal) {
			return err
		}
		crash(rng, part)
	}
	for i, h := range part.Begins() {
		if i > 0 && h.Offset == 0 {
			sum.restarts++
		}
	}
	sum.changed += len(origin.Versions(path)) - 1
	return verdict(origin.Versions(path), part, sum)
}

// verdict compares the part with all versions that the origin ever had.
func verdict(versions []testlab.Content, part *testlab.MemPart, sum *tally) error {
	if !part.Ended() {
		sum.failed++
		return nil
	}
	sum.whole++
	got := part.Bytes()
	for _, v := range versions {
		if v.Is(got) {
			return nil
		}
	}
	return fmt.Errorf("%d bytes are none of the versions %v; journal %+v", len(got), versions, part.Journal())
}

// crash sometimes throws away what came after a checkpoint.
func crash(rng *rand.Rand, part *testlab.MemPart) {
	if held := part.Held().Offset; rng.IntN(3) > 0 {
		part.Cut(rng.Int64N(held + 1))
	} else {
		part.Cut(held)
	}
}

func randomFile(rng *rand.Rand, seed uint64) testlab.File {
	size := []int64{0, 1, 100, 5_000, 70_000, 300_000, 1_500_000}[rng.IntN(7)]
	if size > 1 {
		size += rng.Int64N(size)
	}
	f := testlab.File{
		Content:    testlab.Content{Seed: seed, Size: size},
		Tag:        []testlab.Tag{testlab.TagStrong, testlab.TagStrong, testlab.TagWeak, testlab.TagNone}[rng.IntN(4)],
		NoModified: rng.IntN(4) == 0,
		NoRanges:   rng.IntN(8) == 0,
		Plan:       testlab.Seeded(seed, size, testlab.Faults...),
	}
	if rng.IntN(4) == 0 {
		f.Modified = time.Now() // not strong: less than a second before Date
	}
	return f
}
