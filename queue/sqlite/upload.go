// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"strconv"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/seal"
)

// upload is what uploads have beside other files as JSON, without their sessions; nil is NULL.
type upload struct{ u **openbits.Upload }

type uploadDoc struct {
	Folder     string               `json:"folder"` // of the source
	FolderID   string               `json:"folder_id,omitempty"`
	Volume     string               `json:"volume,omitempty"`
	Name       string               `json:"name"`
	Protocol   openbits.Protocol    `json:"protocol"`
	Spoken     openbits.Protocol    `json:"spoken,omitempty"`
	Growing    bool                 `json:"growing,omitempty"`
	State      openbits.SourceState `json:"state,omitzero"`
	Sent       bool                 `json:"sent,omitempty"`
	ReplyLimit int64                `json:"reply_limit"`
	ReplySize  int64                `json:"reply_size"`
	Abandoned  int64                `json:"abandoned,omitempty"`
	Most       int64                `json:"most,omitempty"`
	Lost       int                  `json:"lost,omitempty"`
}

func (v upload) Value() (driver.Value, error) {
	u := *v.u
	if u == nil {
		return nil, nil
	}
	f := u.Source.Folder
	return marshal(uploadDoc{
		f.Path, f.ID, f.Volume, u.Source.Name, u.Protocol, u.Spoken, u.Growing, u.State, u.Sent, u.ReplyLimit, u.ReplySize, u.Abandoned,
		u.Most, u.Lost,
	})
}

func (v upload) Scan(src any) error {
	*v.u = nil
	var d uploadDoc
	if found, err := unmarshal(src, &d); !found {
		return err
	}
	*v.u = &openbits.Upload{
		Source:   openbits.Place{Folder: openbits.Folder{Path: d.Folder, ID: d.FolderID, Volume: d.Volume}, Name: d.Name},
		Protocol: d.Protocol, Spoken: d.Spoken, Growing: d.Growing, State: d.State, Sent: d.Sent,
		ReplyLimit: d.ReplyLimit, ReplySize: d.ReplySize, Abandoned: d.Abandoned, Most: d.Most, Lost: d.Lost,
	}
	return nil
}

// sessions are what is sealed of an upload: whoever knows them could go on with it.
type sessions struct {
	openbits.Session
	Left []openbits.LeftSession `json:",omitempty"`
}

// sealSession seals the sessions of an upload. nil: there are none.
func sealSession(box *seal.Box, f *openbits.File) ([]byte, error) {
	if f.Upload == nil || f.Upload.Session.Zero() && len(f.Upload.Left) == 0 {
		return nil, nil
	}
	plain, err := json.Marshal(sessions{f.Upload.Session, f.Upload.Left})
	if err != nil {
		return nil, err
	}
	return box.Seal(plain, "session", f.JobID, strconv.Itoa(f.Index)), nil
}

// openSession unseals the sessions of an upload. What cannot be read is lost: the upload then begins again.
func openSession(box *seal.Box, r *fileRow) {
	if r.Upload == nil || r.session == nil {
		return
	}
	plain, err := box.Open(r.session, "session", r.JobID, strconv.Itoa(r.Index))
	var s sessions
	if err == nil && json.Unmarshal(plain, &s) == nil {
		r.Upload.Session, r.Upload.Left = s.Session, s.Left
	}
}
