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
}

func (v upload) Value() (driver.Value, error) {
	u := *v.u
	if u == nil {
		return nil, nil
	}
	f := u.Source.Folder
	return marshal(uploadDoc{
		f.Path, f.ID, f.Volume, u.Source.Name, u.Protocol, u.Spoken, u.Growing, u.State, u.Sent, u.ReplyLimit, u.ReplySize, u.Abandoned,
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
		ReplyLimit: d.ReplyLimit, ReplySize: d.ReplySize, Abandoned: d.Abandoned,
	}
	return nil
}

// sealSession seals the session of an upload: whoever knows it could go on with the upload. nil: there is none.
func sealSession(box *seal.Box, f *openbits.File) ([]byte, error) {
	if f.Upload == nil || f.Upload.Session.Zero() {
		return nil, nil
	}
	plain, err := json.Marshal(f.Upload.Session)
	if err != nil {
		return nil, err
	}
	return box.Seal(plain, "session", f.JobID, strconv.Itoa(f.Index)), nil
}

// openSession unseals the session of an upload. One that cannot be read is lost: the upload then begins again.
func openSession(box *seal.Box, r *fileRow) {
	if r.Upload == nil || r.session == nil {
		return
	}
	plain, err := box.Open(r.session, "session", r.JobID, strconv.Itoa(r.Index))
	if err != nil || json.Unmarshal(plain, &r.Upload.Session) != nil {
		r.Upload.Session = openbits.Session{}
	}
}
