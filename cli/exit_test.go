// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/openbits/openbits"
)

func TestExitCodes(t *testing.T) {
	kind := func(k openbits.Kind) error {
		return fmt.Errorf("wrapped: %w", &openbits.Error{Kind: k, Op: "do", Text: "no"})
	}
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{jobFailed{}, 1},
		{usage("--flag", "no", ""), 2},
		{kind(openbits.KindStringTooLong), 2},
		{kind(openbits.KindServiceUnavailable), 3},
		{kind(openbits.KindBlockedByPolicy), 4},
		{kind(openbits.KindNotFound), 5},
		{kind(openbits.KindAccessDenied), 5},
		{errors.New("anything"), 5},
		{timedOut{"late"}, 6},
		{huntFound{}, 10},
		{huntUnread{}, 11},
		{stopped{os.Interrupt}, 130},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("exit code of %v = %d, want %d", c.err, got, c.want)
		}
	}
}

func TestErrorsArePrintedForPeople(t *testing.T) {
	var b strings.Builder
	report(&b, &openbits.Error{Op: "fetch", Object: "x\x1b[2J", Kind: openbits.KindTimeout, Text: "it is slow", Hint: "Wait."})
	if want := "bits: cannot fetch x?[2J: it is slow\nhint: Wait.\n"; b.String() != want {
		t.Errorf("printed %q, want %q", b.String(), want)
	}
	b.Reset()
	report(&b, jobFailed{})
	report(&b, stopped{os.Interrupt})
	report(&b, huntFound{})
	report(&b, huntUnread{})
	if b.String() != "" {
		t.Errorf("printed %q of what was said already", b.String())
	}
}
