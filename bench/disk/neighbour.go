// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/rand/v2"
	"os"
	"time"
	"unsafe"

	"github.com/openbits/openbits/bench/rig"
	"github.com/openbits/openbits/internal/testlab"
)

const (
	readSize  = 4 << 10
	readsFrom = 256 << 20
	// thinking is the neighbour's pause between two reads.
	thinking = 2 * time.Millisecond
)

// neighbour is another program that reads 4 KiB here and there, from the disk and not from memory.
type neighbour struct {
	file *os.File
	page []byte
}

func newNeighbour(path string) (*neighbour, error) {
	if err := (testlab.Content{Seed: 2, Size: readsFrom}).WriteFile(path); err != nil {
		return nil, err
	}
	f, err := rig.OpenDirect(path)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 2*readSize) // O_DIRECT wants an aligned buffer
	skip := -uintptr(unsafe.Pointer(&b[0])) % readSize
	return &neighbour{f, b[skip : skip+readSize]}, nil
}

// start reads until the answer is called, which tells how long the reads took.
func (n *neighbour) start() (stop func() []time.Duration) {
	end, took := make(chan struct{}), make(chan []time.Duration)
	go func() {
		var list []time.Duration
		for {
			select {
			case <-end:
				took <- list
				return
			default:
			}
			start := time.Now()
			if _, err := n.file.ReadAt(n.page, rand.Int64N(readsFrom/readSize)*readSize); err == nil {
				list = append(list, time.Since(start))
			}
			time.Sleep(thinking)
		}
	}()
	return func() []time.Duration { close(end); return <-took }
}
