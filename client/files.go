// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/openbits/openbits/api"
)

// Files answers one page of a job's files.
func (c *Client) Files(ctx context.Context, id string, q api.FileQuery) (api.FilePage, error) {
	v := url.Values{}
	for _, s := range q.States {
		v.Add("state", string(s))
	}
	set(v, "cursor", q.Cursor)
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	var page api.FilePage
	_, err := c.call(ctx, http.MethodGet, jobPath(id)+"/files", v, nil, &page)
	return page, err
}

// AllFiles yields all files of a job that q selects, page by page; an error ends it.
func (c *Client) AllFiles(ctx context.Context, id string, q api.FileQuery) iter.Seq2[api.File, error] {
	return func(yield func(api.File, error) bool) {
		for {
			page, err := c.Files(ctx, id, q)
			if err != nil {
				yield(api.File{}, err)
				return
			}
			for _, f := range page.Files {
				if !yield(f, nil) {
					return
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return
			}
		}
	}
}

// File answers one file.
func (c *Client) File(ctx context.Context, id string, index int) (api.File, error) {
	return c.file(ctx, http.MethodGet, id, index, nil)
}

func (c *Client) file(ctx context.Context, method, id string, index int, in any) (api.File, error) {
	var f api.File
	_, err := c.call(ctx, method, filePath(id, index), nil, in, &f)
	return f, err
}

// AddFiles adds files, which get the indexes from first on. Repeating a call with the same
// first and files is harmless. With a negative first they go to the end, and a repeated call
// adds them twice. One call carries as many files as fit in one request (api.Limits.MaxBody).
func (c *Client) AddFiles(ctx context.Context, id string, first int, files []api.NewFile) ([]api.File, error) {
	in := api.AddFiles{Files: files}
	if first >= 0 {
		in.First = &first
	}
	var out api.FileList
	_, err := c.call(ctx, http.MethodPost, jobPath(id)+"/files", nil, in, &out)
	return out.Files, err
}

// RenewURL gives a file another URL; its bytes are kept where validator or digest agree.
func (c *Client) RenewURL(ctx context.Context, id string, index int, url string) (api.File, error) {
	return c.file(ctx, http.MethodPatch, id, index, api.FileChange{URL: &url})
}

// Invalidate marks a whole file invalid, which bars its publication.
func (c *Client) Invalidate(ctx context.Context, id string, index int) (api.File, error) {
	return c.file(ctx, http.MethodPatch, id, index, api.FileChange{Invalid: true})
}

// RemoveFile takes a file out of its job and deletes its bytes, unless they are published.
func (c *Client) RemoveFile(ctx context.Context, id string, index int) (api.File, error) {
	return c.file(ctx, http.MethodDelete, id, index, nil)
}

func filePath(id string, index int) string { return jobPath(id) + "/files/" + strconv.Itoa(index) }
