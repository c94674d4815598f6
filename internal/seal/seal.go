// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package seal keeps secrets unreadable at rest: the credentials, headers and
// query strings that belong to a job. What is sealed can be opened again with the
// key of the same service only, and only for the purpose it was sealed for, so that
// a sealed value copied to another row says nothing there.
//
// It protects copies of the database (backups, bug reports, other accounts of the
// machine), not against whoever can read the key beside it.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/openbits/openbits"
)

// KeySize is the length of a key in bytes: AES-256.
const KeySize = 32

// A sealed value is: version (1 byte), id of the key (4 bytes), nonce (12 bytes),
// ciphertext, tag (16 bytes). The additional data of AES-GCM (NIST SP 800-38D) is the
// version, the key's id and the purpose.
const (
	version    = 1
	headerSize = 1 + keyIDSize
	keyIDSize  = 4
	overhead   = headerSize + 12 + 16
)

// Box seals with one key and opens with every key it has.
type Box struct {
	first keyID
	keys  map[keyID]cipher.AEAD
}

type keyID [keyIDSize]byte

// New makes a box that seals with key and can open what any of the older keys sealed.
// Every key has KeySize bytes.
func New(key []byte, older ...[]byte) (*Box, error) {
	b := &Box{keys: map[keyID]cipher.AEAD{}}
	for i, k := range append([][]byte{key}, older...) {
		if len(k) != KeySize {
			return nil, fmt.Errorf("key has %d bytes and not %d", len(k), KeySize)
		}
		block, err := aes.NewCipher(k)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		id := idOf(k)
		if i == 0 {
			b.first = id
		}
		b.keys[id] = aead
	}
	return b, nil
}

// idOf names a key without telling anything about it.
func idOf(key []byte) keyID {
	sum := sha256.Sum256(append([]byte("openbits key id\x00"), key...))
	return keyID(sum[:keyIDSize])
}

// Seal encrypts plain for one purpose, such as "route" and a job's id.
func (b *Box) Seal(plain []byte, purpose ...string) []byte {
	out := make([]byte, 0, overhead+len(plain))
	out = append(out, version)
	out = append(out, b.first[:]...)
	return b.keys[b.first].Seal(out, nil, plain, additional(out, purpose))
}

// Open decrypts what Seal made for the same purpose. Kind: secret_unreadable, for every
// value that was not sealed with one of the box's keys, for this purpose, as it is now.
func (b *Box) Open(sealed []byte, purpose ...string) ([]byte, error) {
	switch {
	case len(sealed) < overhead:
		return nil, unreadable("it is damaged", nil)
	case sealed[0] != version:
		return nil, unreadable(fmt.Sprintf("it has the unknown format %d", sealed[0]), nil)
	}
	header, body := sealed[:headerSize], sealed[headerSize:]
	aead := b.keys[keyID(header[1:])]
	if aead == nil {
		return nil, unreadable("the key it was sealed with is missing", nil)
	}
	plain, err := aead.Open(nil, nil, body, additional(header, purpose))
	if err != nil {
		return nil, unreadable("it is damaged or belongs to something else", err)
	}
	return plain, nil
}

// additional binds header and purpose without ambiguity: each part follows its length.
func additional(header []byte, purpose []string) []byte {
	out := bytes.Clone(header)
	for _, p := range purpose {
		out = binary.AppendUvarint(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}

func unreadable(text string, cause error) error {
	return &openbits.Error{
		Op: "read", Object: "a secret", Kind: openbits.KindSecretUnreadable, Context: openbits.ContextQueueManager,
		Text: text, File: -1, Err: cause,
		Hint: "Restore the service's key from a backup, or give the job its URL and credentials again.",
	}
}
