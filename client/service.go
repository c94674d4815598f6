// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"io"
	"net/http"

	"github.com/openbits/openbits/api"
)

// Limit is the service's own rate limit in bytes per second; 0: none.
func (c *Client) Limit(ctx context.Context) (int64, error) {
	var l api.Limit
	_, err := c.call(ctx, http.MethodGet, "/v1/limit", nil, nil, &l)
	return l.Rate, err
}

// SetLimit sets the service's own rate limit in bytes per second, 0 for none. It is kept over restarts.
func (c *Client) SetLimit(ctx context.Context, rate int64) error {
	_, err := c.call(ctx, http.MethodPut, "/v1/limit", nil, api.Limit{Rate: rate}, &api.Limit{})
	return err
}

// Metrics answers the service's metrics in Prometheus' text format.
func (c *Client) Metrics(ctx context.Context) (string, error) {
	resp, err := c.do(ctx, http.MethodGet, "/metrics", nil, nil, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return "", broken(ctx, "GET /metrics", err)
	}
	return string(text), nil
}
