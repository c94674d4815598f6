// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Send uploads a file with one PUT over a connection that is governed as a background job's is. It stands in for upload
// jobs, so that bench/yield can measure what their connections do to others, without a service.
//
//	send URL FILE
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/openbits/openbits/internal/dial"
	"github.com/openbits/openbits/pace"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "send:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("it wants a URL and a file, such as: send http://192.0.2.1/sink big.bin")
	}
	f, err := os.Open(args[1])
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	governor := pace.NewGovernor()
	dialer := dial.Dialer{Timeout: 10 * time.Second, Wrap: governor.Wrap, Opening: governor.Opening}
	client := http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, args[0], f)
	if err != nil {
		return err
	}
	req.ContentLength = info.Size()
	answer, err := client.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("the server answers %s", answer.Status)
	}
	return nil
}
