// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

// TestLabelledArchives takes an archive that its server labels with the coding it consists of, and
// nothing else that is encoded.
func TestLabelledArchives(t *testing.T) {
	origin := startOrigin(t, testlab.Options{})
	for _, c := range []struct {
		path, coding string
		want         error
	}{
		{"/a.tar.gz", "gzip", nil},
		{"/a.TGZ", "x-gzip", nil},
		{"/a.tar.xz", "xz", nil},
		{"/a.tar", "gzip", openbits.KindContentEncoded},
		{"/a.gz", "br", openbits.KindContentEncoded},
		{"/a.gz", "gzip, br", openbits.KindContentEncoded},
		{"/gz", "gzip", openbits.KindContentEncoded},
	} {
		origin.Handle(c.path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", c.coding)
			_, _ = w.Write([]byte("the bytes of an archive"))
		})
		part := emptyPart()
		err := move(t, origin.URL+c.path, part)
		if c.want == nil && (err != nil || string(part.Bytes()) != "the bytes of an archive") {
			t.Errorf("%s in %s: %v, %q", c.path, c.coding, err, part.Bytes())
		}
		if c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s in %s: %v, want %v", c.path, c.coding, err, c.want)
		}
	}
}
