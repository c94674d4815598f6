// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/openbits/openbits"
)

const (
	// FileName is the name of the key's file in the state folder.
	FileName = "key"
	// CredentialName is the name of the key among the service's credentials
	// (systemd.exec(5), LoadCredentialEncrypted=).
	CredentialName = "openbits-key"
)

// Open answers the box of the service whose state is in dir, an existing folder.
//
// The key is the credential openbits-key when systemd hands one over in
// $CREDENTIALS_DIRECTORY (32 bytes); otherwise it is the file "key" in dir, which is made
// when there is none. With a credential the file's key still opens what it sealed.
// A key file that is damaged is set aside, and what it sealed stays unreadable.
func Open(dir string) (*Box, error) {
	path := filepath.Join(dir, FileName)
	if creds := os.Getenv("CREDENTIALS_DIRECTORY"); creds != "" {
		key, err := os.ReadFile(filepath.Join(creds, CredentialName))
		if err == nil {
			return openCredential(key, path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, failed("read", filepath.Join(creds, CredentialName), err)
		}
	}
	key, err := readKey(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		key, err = makeKey(path)
	case errors.Is(err, errDamaged):
		if err = setAside(path); err == nil {
			key, err = makeKey(path)
		}
	}
	if err != nil {
		return nil, failed("open", path, err)
	}
	return New(key)
}

func openCredential(key []byte, path string) (*Box, error) {
	if len(key) != KeySize {
		return nil, &openbits.Error{
			Op: "read", Object: "the credential " + CredentialName, Kind: openbits.KindInvalidArgument,
			Context: openbits.ContextQueueManager, File: -1,
			Text: fmt.Sprintf("it has %d bytes and not %d", len(key), KeySize),
			Hint: "Make one with: head -c 32 /dev/urandom | systemd-creds encrypt --name=openbits-key - FILE",
		}
	}
	if old, err := readKey(path); err == nil {
		return New(key, old)
	}
	return New(key)
}

var errDamaged = errors.New("the key is damaged")

func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := private(f); err != nil {
		return nil, err
	}
	// A wrapped key is longer than a bare one; neither comes near this limit.
	raw, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return nil, err
	}
	key, err := unprotect(raw)
	if err != nil || len(key) != KeySize {
		return nil, errDamaged
	}
	return key, nil
}

// makeKey makes a key durable before it is used: what it seals must never outlive it.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, KeySize)
	rand.Read(key) // never fails
	wrapped, err := protect(key)
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), FileName+".new-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(wrapped)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return nil, err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return nil, err
	}
	return key, syncFolder(filepath.Dir(path))
}

func setAside(path string) error {
	return os.Rename(path, path+".damaged-"+time.Now().UTC().Format("20060102T150405Z"))
}

func failed(op, object string, err error) error {
	return &openbits.Error{
		Op: op, Object: object, Kind: openbits.KindLocalFile, Context: openbits.ContextQueueManager,
		Err: err, File: -1, Hint: "The service must be able to read and write its own state folder.",
	}
}
