// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
)

// encode is JSON without the escapes that only matter inside HTML: URLs stay readable.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// writeJSON prints a value as one line.
func writeJSON(w io.Writer, v any) error {
	data, err := encode(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", data)
	return err
}

// array prints a JSON array, one element a line, as its elements come: a long listing is never held as a whole.
type array struct {
	w     io.Writer
	count int
}

func (a *array) add(v any) error {
	data, err := encode(v)
	if err != nil {
		return err
	}
	before := ",\n"
	if a.count == 0 {
		before = "[\n"
	}
	a.count++
	_, err = fmt.Fprintf(a.w, "%s%s", before, data)
	return err
}

func (a *array) end() error {
	text := "\n]"
	if a.count == 0 {
		text = "[]"
	}
	_, err := io.WriteString(a.w, text)
	return err
}

// writeJob prints the Job JSON with its files, which may be a hundred thousand.
func writeJob(ctx context.Context, w io.Writer, c *client.Client, j api.Job) error {
	data, err := encode(j)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "%s,\"files\":", bytes.TrimSuffix(data, []byte("}"))); err != nil {
		return err
	}
	list := array{w: w}
	for f, err := range c.AllFiles(ctx, j.ID, api.FileQuery{Limit: 1000}) {
		if err != nil {
			return err
		}
		if err := list.add(f); err != nil {
			return err
		}
	}
	if err := list.end(); err != nil {
		return err
	}
	_, err = io.WriteString(w, "}\n")
	return err
}
