// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

type listFiles struct {
	JobPath
	State  []openbits.FileState `query:"state,explode" nullable:"false" enum:"queued,transferring,waiting,transferred,publishing,published,error,quarantined,invalid,dropped" doc:"files in any of these states"`
	Cursor int                  `query:"cursor" minimum:"0" doc:"next of the page before"`
	Limit  int                  `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"files a page"`
}

func (s *Server) listFiles(ctx context.Context, in *listFiles) (*out[api.FilePage], error) {
	page, err := s.svc.Files(ctx, in.ID, openbits.FileQuery{States: in.State, From: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	body := api.FilePage{Files: api.FilesOf(page.Files)}
	if page.Next >= 0 {
		body.Next = strconv.Itoa(page.Next)
	}
	return &out[api.FilePage]{body}, nil
}

type addFiles struct {
	JobPath
	Body api.AddFiles
}

func (s *Server) addFiles(ctx context.Context, in *addFiles) (*out[api.FileList], error) {
	files, err := api.FilesAsked(in.Body.Files)
	if err != nil {
		return nil, err
	}
	first := -1
	if in.Body.First != nil {
		first = *in.Body.First
	}
	added, err := s.svc.AddFiles(ctx, in.ID, first, files)
	if err != nil {
		return nil, err
	}
	return &out[api.FileList]{api.FileList{Files: api.FilesOf(added)}}, nil
}

// FilePath is what requests about one file have in common.
type FilePath struct {
	JobPath
	Index int `path:"index" minimum:"0" doc:"the file's index" example:"0"`
}

func (s *Server) getFile(ctx context.Context, in *FilePath) (*out[api.File], error) {
	return answerFile(s.svc.File(ctx, in.ID, in.Index))
}

type changeFile struct {
	FilePath
	Body api.FileChange
}

func (s *Server) changeFile(ctx context.Context, in *changeFile) (*out[api.File], error) {
	url, invalidate, err := in.Body.Read()
	switch {
	case err != nil:
		return nil, err
	case invalidate:
		return answerFile(s.svc.Invalidate(ctx, in.ID, in.Index))
	default:
		return answerFile(s.svc.RenewURL(ctx, in.ID, in.Index, url))
	}
}

func (s *Server) removeFile(ctx context.Context, in *FilePath) (*out[api.File], error) {
	return answerFile(s.svc.RemoveFile(ctx, in.ID, in.Index))
}

func answerFile(f openbits.File, err error) (*out[api.File], error) {
	if err != nil {
		return nil, err
	}
	return &out[api.File]{api.FileOf(f)}, nil
}

// content sends a whole file, or a range of it.
func (s *Server) content(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	index, err := strconv.Atoi(r.PathValue("index"))
	if err != nil || index < 0 {
		s.writeProblem(w, r, &openbits.Error{
			Op: "open", Object: fmt.Sprintf("file %q", r.PathValue("index")), Kind: openbits.KindNotFound, Context: openbits.ContextNone, File: -1,
			Text: "a file's index is a number from 0 on",
		}, id)
		return
	}
	content, f, err := s.svc.Open(r.Context(), id, index)
	if err != nil {
		s.writeProblem(w, r, err, id)
		return
	}
	defer func() { _ = content.Close() }()
	// The type is not guessed: these are the owner's bytes, to be stored or checked.
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", f.Modified, content)
}
