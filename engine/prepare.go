// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/openbits/openbits"
)

// batch is what the new files of one request have in common.
type batch struct {
	kind      openbits.JobType
	overwrite bool
	token     string
	first     int // index of the first of them
}

// prepare checks new files, finds their folders and numbers them.
func (e *Engine) prepare(ctx context.Context, b batch, list []openbits.NewFile) ([]openbits.File, error) {
	where := newPlaces(e)
	files := make([]openbits.File, len(list))
	for i, n := range list {
		if err := checkFile(&n, b.kind); err != nil {
			return nil, about(err, i)
		}
		f := openbits.File{Index: b.first + i, URL: n.URL, State: openbits.FileQueued, BytesTotal: openbits.Unknown, Digest: n.Digest}
		var err error
		if b.kind.Uploads() {
			err = where.source(ctx, &f, n)
		} else {
			f.Place, err = where.destination(ctx, n.Folder, n.Name)
		}
		if err == nil && f.Place.Name != "" {
			f.Place.Part = partName(b.token, f.Index)
			err = where.claim(ctx, f.Place, i, b.overwrite)
		}
		if err != nil {
			return nil, about(err, i)
		}
		files[i] = f
	}
	return files, nil
}

// places finds the folders of one request's files, each once.
type places struct {
	e       *Engine
	folders map[string]openbits.Folder
	taken   map[string]int // final paths, by the number of the file that goes there
}

func newPlaces(e *Engine) *places {
	return &places{e: e, folders: make(map[string]openbits.Folder), taken: make(map[string]int)}
}

// destination is a name in a folder that can be written.
func (p *places) destination(ctx context.Context, path, name string) (openbits.Place, error) {
	folder, ok := p.folders[path]
	if !ok {
		var err error
		if folder, err = p.e.Sink.Folder(ctx, path); err != nil {
			return openbits.Place{}, err
		}
		p.folders[path] = folder
	}
	return openbits.Place{Folder: folder, Name: name}, nil
}

// source finds what is to be sent, and where the reply to it goes. The size is that of this moment: what counts is the file
// as it is when its sending begins.
func (p *places) source(ctx context.Context, f *openbits.File, n openbits.NewFile) error {
	place, state, err := p.e.Sources.FindSource(ctx, n.Folder, n.Name)
	if err != nil {
		return err
	}
	f.BytesTotal = state.Size
	f.Upload = &openbits.Upload{
		Source: place, Protocol: n.Upload.Protocol, Growing: n.Upload.Growing, ReplyLimit: n.Upload.ReplyLimit, ReplySize: openbits.Unknown,
	}
	if n.Upload.ReplyName != "" {
		f.Place, err = p.destination(ctx, n.Upload.ReplyFolder, n.Upload.ReplyName)
	}
	return err
}

// claim makes sure that nothing stands in the way of a file that is to arrive.
func (p *places) claim(ctx context.Context, place openbits.Place, i int, overwrite bool) error {
	path := place.Path()
	if other, ok := p.taken[path]; ok {
		return &openbits.Error{
			Op: "add", Object: path, Kind: openbits.KindDestinationBusy, Context: openbits.ContextLocalFile, File: i,
			Text: fmt.Sprintf("file %d of the same request goes there too", other), Hint: "Give each file a name of its own.",
		}
	}
	p.taken[path] = i
	exists, err := p.e.Sink.Exists(ctx, place)
	if err != nil {
		return err
	}
	if exists && !overwrite {
		return &openbits.Error{
			Op: "add", Object: path, Kind: openbits.KindFileExists, Context: openbits.ContextLocalFile, File: i,
			Text: "a file with this name exists already", Hint: "Choose another name, remove the file, or allow replacing it with --overwrite.",
		}
	}
	return nil
}

// same reports whether a file is what a repeated request asks for.
func (p *places) same(ctx context.Context, f openbits.File, n openbits.NewFile) (bool, error) {
	if f.URL != n.URL {
		return false, nil
	}
	if f.Upload == nil {
		place, err := p.destination(ctx, n.Folder, n.Name)
		return f.Place.Name == n.Name && f.Place.Folder.Path == place.Folder.Path &&
			f.Digest.Algorithm == n.Digest.Algorithm && strings.EqualFold(f.Digest.Expected, n.Digest.Expected), err
	}
	source, _, err := p.e.Sources.FindSource(ctx, n.Folder, n.Name)
	return f.Upload.Source.Path() == source.Path(), err
}
