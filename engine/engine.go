// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openbits/openbits"
)

// Options are the parts an engine is made of. Store, Sink, Machine, Downloads and NewLimiter are required.
type Options struct {
	Store     Store
	Sink      Sink
	Machine   Machine
	Downloads Mover
	// Uploads are the movers of upload jobs by protocol, and Sources opens what they send; nil: there are no upload jobs.
	Uploads    map[openbits.Protocol]Sender
	Sources    Sources
	NewLimiter func(bytesPerSecond int64) Limiter
	Log        *slog.Logger // one line per transition; nil: none

	// BackgroundJobs is how many background jobs run at once, FilesPerJob how many files of each job move at once,
	// ForegroundJobs where "all foreground jobs at once" ends to keep the service's memory bounded. 0: 4, 16, 256.
	BackgroundJobs int
	FilesPerJob    int
	ForegroundJobs int
	// Slice is how long a background job runs while another of its level waits for a place. 0: openbits.DefaultSlice.
	Slice time.Duration
	// Life is the life of a job. 0: openbits.MaxLife.
	Life time.Duration
	// Checkpoint is when received bytes are made durable. 0: openbits.CheckpointBytes and CheckpointInterval.
	CheckpointBytes    int64
	CheckpointInterval time.Duration
	// Now is the wall clock; nil: time.Now. What goes on within the engine is timed by time.Now whatever it says.
	Now func() time.Time
	// Rest is called whenever the last transfer has ended. It must neither block nor call the engine. nil: nobody is told.
	Rest func()
	// Poll is how often a full disk or a missing folder is looked at again, while a job waits for one. 0: 15 s.
	Poll time.Duration
}

func (o *Options) setDefaults() {
	setDefault(&o.BackgroundJobs, 4)
	setDefault(&o.FilesPerJob, 16)
	setDefault(&o.ForegroundJobs, 256)
	setDefault(&o.Slice, openbits.DefaultSlice)
	setDefault(&o.Life, openbits.MaxLife)
	setDefault(&o.CheckpointBytes, openbits.CheckpointBytes)
	setDefault(&o.CheckpointInterval, openbits.CheckpointInterval)
	setDefault(&o.Poll, 15*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// Engine runs the jobs of one queue. Create it with New, start it with Start.
type Engine struct {
	Options

	ctx    context.Context // ends when the engine closes
	cancel context.CancelFunc
	wg     sync.WaitGroup // every goroutine of the engine

	// mu serialises all changes to jobs. The store has one writer, so nothing is lost by it.
	mu       sync.Mutex
	runs     map[string]*run // jobs with a place, and those whose transfers are still ending
	closed   bool
	turn     int64           // last Turn given out
	ending   map[string]bool // jobs that are being completed: they get no place
	blocked  map[string]condition
	leavings int       // how often sessions were left that are to be told of
	polled   time.Time // when the blocked jobs were looked at last

	hosts   *hosts
	limiter Limiter
	keeper  timekeeper
	pruned  time.Time     // the loop's: when the record was last relieved of what is too old
	owed    bool          // the loop's: jobs are still to be retried after a change of the network
	wake    chan struct{} // tells the loop to look again
	sweeps  chan struct{} // tells the sweeper that an ended job left bytes
	news    *news

	started  time.Time
	untold   atomic.Bool // a server is still to be told that an upload has ended
	received atomic.Int64
	sent     atomic.Int64
	retries  atomic.Int64
	restarts atomic.Int64
}

// New makes an engine. Nothing moves before Start.
func New(o Options) *Engine {
	o.setDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	return &Engine{
		Options: o,
		ctx:     ctx,
		cancel:  cancel,
		runs:    make(map[string]*run),
		ending:  make(map[string]bool),
		blocked: make(map[string]condition),
		hosts:   newHosts(),
		limiter: o.NewLimiter(0),
		keeper:  newTimekeeper(o.Machine, o.Now()),
		wake:    make(chan struct{}, 1),
		sweeps:  make(chan struct{}, 1),
		news:    newNews(),
		started: time.Now(),
	}
}

// Start settles what an earlier run of the service left behind and begins to work.
func (e *Engine) Start(ctx context.Context) error {
	if err := e.recover(ctx); err != nil {
		return err
	}
	e.wg.Go(e.loop)
	e.wg.Go(e.sweeper)
	return nil
}

// Close stops all transfers, makes what they received durable and returns when everything has ended.
// Jobs that were running are queued. It does not close the store.
func (e *Engine) Close() {
	e.mu.Lock()
	e.closed = true
	for _, r := range e.runs {
		r.stop()
	}
	e.mu.Unlock()
	e.cancel()
	e.wg.Wait()
	e.rememberClock(context.Background())
}

// Idle reports whether no job runs or is going to run by itself, and no server is to be told anything.
func (e *Engine) Idle(ctx context.Context) (bool, error) {
	counts, err := e.Store.CountJobs(ctx)
	if err != nil {
		return false, err
	}
	return counts[queued]+counts[connecting]+counts[transferring]+counts[transient] == 0 && !e.untold.Load(), nil
}

// kick makes the loop look again at what is due.
func (e *Engine) kick() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}
