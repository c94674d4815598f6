// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package api

import "github.com/openbits/openbits"

// NewJob asks for a job. What is left out gets the service's default.
type NewJob struct {
	ID          string            `json:"-"` // in the path of the request
	Name        string            `json:"name,omitempty" example:"debian-13.iso" doc:"empty: made from the first file"`
	Description string            `json:"description,omitempty"`
	Type        openbits.JobType  `json:"type,omitempty" enum:"download,upload,upload_reply" doc:"default download"`
	Priority    openbits.Priority `json:"priority,omitempty" enum:"foreground,high,normal,low" doc:"default normal"`
	Settings    NewSettings       `json:"settings,omitzero"`
	Route       Route             `json:"route,omitzero" doc:"how to reach the servers; never given back"`
	Files       []NewFile         `json:"files,omitempty" nullable:"false"`
	Start       bool              `json:"start,omitempty" doc:"resume the job at once"`
}

// NewSettings are the settings of a new job; what is nil or empty gets its default.
type NewSettings struct {
	AutoComplete      bool     `json:"auto_complete,omitempty" doc:"publish each file when it is verified, then complete the job"`
	Overwrite         bool     `json:"overwrite,omitempty" doc:"replace an existing file when publishing"`
	Limit             int64    `json:"limit,omitempty" minimum:"0" doc:"bytes per second; 0: none"`
	RetryDelay        *Seconds `json:"retry_delay,omitempty" nullable:"false" minimum:"0" doc:"seconds; first back-off after a transient error"`
	NoProgressTimeout *Seconds `json:"no_progress_timeout,omitempty" nullable:"false" minimum:"0" doc:"seconds; 0: every transient error is final at once"`
	MaxDownloadTime   *Seconds `json:"max_download_time,omitempty" nullable:"false" minimum:"0" doc:"seconds"`
	Umask             string   `json:"umask,omitempty" example:"022" doc:"octal, of the creating process; default 077"`
}

// Route is how a job reaches its servers. It is kept sealed and never given back.
type Route struct {
	Headers     []Header     `json:"headers,omitempty" nullable:"false" doc:"sent to the origin of the file's own URL only"`
	Credentials []Credential `json:"credentials,omitempty" nullable:"false" doc:"sent to the origins they name only"`
	Proxy       Proxy        `json:"proxy,omitzero"`
	CA          string       `json:"ca,omitempty" doc:"PEM certificates trusted besides the system's"`
	Cert        string       `json:"cert,omitempty" doc:"PEM certificate chain of the client"`
	Key         string       `json:"key,omitempty" doc:"PEM private key of cert"`
}

// Header is one header field of the requests of a job.
type Header struct {
	Name  string `json:"name" example:"Authorization"`
	Value string `json:"value" example:"Bearer …"`
}

// Credential is a user's name and password for one server.
type Credential struct {
	Host     string `json:"host,omitempty" example:"example.org" doc:"host, or host:port; empty: the origin of each file's own URL"`
	User     string `json:"user"`
	Password string `json:"password,omitempty"`
}

// Proxy holds proxies as the environment variables of the same names do.
type Proxy struct {
	HTTP  string `json:"http,omitempty" example:"http://proxy.example.org:3128" doc:"for http:// URLs"`
	HTTPS string `json:"https,omitempty" doc:"for https:// URLs"`
	No    string `json:"no,omitempty" example:"localhost,.example.org" doc:"hosts, domains and address ranges reached directly"`
}

// NewFile is one file to add to a job.
type NewFile struct {
	URL         string      `json:"url" example:"https://example.org/debian-13.iso"`
	Destination Destination `json:"destination,omitzero" doc:"of a download: where the file goes"`
	Digest      NewDigest   `json:"digest,omitzero" doc:"of a download: hash the content"`
	Upload      *NewUpload  `json:"upload,omitempty" nullable:"false" doc:"of an upload: what is sent"`
}

// NewUpload says what is sent, and how.
type NewUpload struct {
	Source     Source            `json:"source"`
	Protocol   openbits.Protocol `json:"protocol,omitempty" enum:"auto,bits,put" doc:"default auto: the BITS upload protocol where the server speaks it, PUT otherwise"`
	Growing    bool              `json:"growing,omitempty" doc:"the file may grow while it is sent: what it held at the start is sent"`
	Reply      Destination       `json:"reply,omitzero" doc:"of an upload_reply: where the server's answer goes; default: beside the source, with .reply appended to its name"`
	ReplyLimit int64             `json:"reply_limit,omitempty" minimum:"0" doc:"bytes; the largest reply that is accepted; default 1 GiB"`
}

// Source is a file that is sent. It is an object so that a handle passed over the socket can take the path's place.
type Source struct {
	Path string `json:"path" example:"/home/ada/backup.tar" doc:"absolute path of a plain file that can be read"`
}

// Destination is where a file goes. It is an object so that a handle passed over the socket can take the path's place.
type Destination struct {
	Path string `json:"path" example:"/home/ada/debian-13.iso" doc:"absolute final path; the folder must exist"`
}

// NewDigest asks for the content to be hashed, and with Expected to have that hash.
type NewDigest struct {
	Algorithm string `json:"algorithm,omitempty" enum:"sha256,sha512"`
	Expected  string `json:"expected,omitempty" doc:"hex"`
}

// AddFiles asks for files to be added to a job.
type AddFiles struct {
	First *int      `json:"first,omitempty" nullable:"false" minimum:"0" doc:"index of the first of them, by which a repeated call is harmless; absent: the end"`
	Files []NewFile `json:"files" nullable:"false" minItems:"1"`
}

// JobChange is a set of properties to change; nil leaves one as it is.
type JobChange struct {
	Name        *string            `json:"name,omitempty" nullable:"false"`
	Description *string            `json:"description,omitempty" nullable:"false"`
	Priority    *openbits.Priority `json:"priority,omitempty" nullable:"false" enum:"foreground,high,normal,low"`
	Settings    SettingsChange     `json:"settings,omitzero"`
}

// SettingsChange is a set of settings to change; nil leaves one as it is.
type SettingsChange struct {
	Limit             *int64   `json:"limit,omitempty" nullable:"false" minimum:"0" doc:"bytes per second; 0: none"`
	RetryDelay        *Seconds `json:"retry_delay,omitempty" nullable:"false" minimum:"0" doc:"seconds"`
	NoProgressTimeout *Seconds `json:"no_progress_timeout,omitempty" nullable:"false" minimum:"0" doc:"seconds"`
	MaxDownloadTime   *Seconds `json:"max_download_time,omitempty" nullable:"false" minimum:"0" doc:"seconds"`
}

// FileChange renews a file's URL or marks a whole file invalid; exactly one of the two.
type FileChange struct {
	URL     *string `json:"url,omitempty" nullable:"false" doc:"another URL of the same content"`
	Invalid bool    `json:"invalid,omitempty" doc:"true bars the publication of a whole file"`
}

// Limit is the service's own rate limit.
type Limit struct {
	Rate int64 `json:"rate" minimum:"0" example:"1048576" doc:"bytes per second; 0: none"`
}
