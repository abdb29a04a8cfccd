// Package transit is the KMS of HashiCorp Vault and OpenBao: their Transit secrets engine, over its
// HTTP API. Keys never leave the service; a KEK is a key of the engine, of a type that takes
// associated data (aes256-gcm96, which is the default, or chacha20-poly1305).
//
// The service's policy decides: update on encrypt/NAME and decrypt/NAME of a mount is enough. Where
// it also allows create on encrypt/NAME, the key of an account that brings none of its own is made
// at its first use.
package transit

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/profilegraph/profilegraph/vault"
)

const (
	timeout   = 5 * time.Second
	maxAnswer = 64 << 10
)

// Config says how the service is reached.
type Config struct {
	Address   string // https://vault.example.com:8200; http only for this machine
	Mount     string // of the engine; empty is "transit"
	Namespace string // or empty
	TokenFile string // holds the token; read at each call, so an agent may renew it
	Client    *http.Client
}

// KMS is a vault.KMS. It is safe for concurrent use.
type KMS struct {
	base      *url.URL
	namespace string
	tokenFile string
	client    http.Client
}

var _ vault.KMS = (*KMS)(nil)

// New returns the KMS. It does not call the service yet.
func New(c Config) (*KMS, error) {
	u, err := url.Parse(c.Address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("transit: the address is not the URL of a server")
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && local(u.Hostname())) {
		return nil, errors.New("transit: the address must begin with https://, since keys travel over it")
	}
	if c.TokenFile == "" {
		return nil, errors.New("transit: there is no token file")
	}
	k := &KMS{base: u.JoinPath("v1", cmp.Or(strings.Trim(c.Mount, "/"), "transit")), namespace: c.Namespace, tokenFile: c.TokenFile}
	if c.Client != nil {
		k.client = *c.Client
	}
	if k.client.Timeout == 0 || k.client.Timeout > timeout {
		k.client.Timeout = timeout
	}
	// The token is for this server and for no other that it may name.
	k.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return k, nil
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

type request struct {
	Plaintext  []byte `json:"plaintext,omitempty"` // base64, as encoding/json writes bytes
	Ciphertext string `json:"ciphertext,omitempty"`
	AAD        []byte `json:"associated_data,omitempty"`
}

type answer struct {
	Data struct {
		Plaintext  string `json:"plaintext"`
		Ciphertext string `json:"ciphertext"`
	} `json:"data"`
	Errors []string `json:"errors"`
}

// Wrap implements vault.KMS.
func (k *KMS) Wrap(ctx context.Context, kek string, plaintext, aad []byte) ([]byte, error) {
	a, err := k.call(ctx, "encrypt", kek, request{Plaintext: plaintext, AAD: aad})
	if err != nil {
		return nil, fmt.Errorf("transit: wrap: %w", err)
	}
	if a.Data.Ciphertext == "" {
		return nil, fmt.Errorf("transit: wrap: %w: an answer without a ciphertext", vault.ErrKeyUnavailable)
	}
	return []byte(a.Data.Ciphertext), nil
}

// Unwrap implements vault.KMS.
func (k *KMS) Unwrap(ctx context.Context, kek string, wrapped, aad []byte) ([]byte, error) {
	a, err := k.call(ctx, "decrypt", kek, request{Ciphertext: string(wrapped), AAD: aad})
	if err != nil {
		return nil, fmt.Errorf("transit: unwrap: %w", err)
	}
	plain, err := base64.StdEncoding.DecodeString(a.Data.Plaintext)
	if err != nil || len(plain) == 0 {
		return nil, fmt.Errorf("transit: unwrap: %w: an answer without a plaintext", vault.ErrKeyUnavailable)
	}
	return plain, nil
}

// KeyVersion returns the version of the engine's key that wrapped a key: "v3" of "vault:v3:...".
func (k *KMS) KeyVersion(wrapped []byte) string {
	parts := strings.SplitN(string(wrapped), ":", 3)
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}

func (k *KMS) call(ctx context.Context, operation, kek string, body request) (answer, error) {
	token, err := os.ReadFile(k.tokenFile)
	if err != nil {
		return answer{}, fmt.Errorf("%w: token file: %w", vault.ErrKeyUnavailable, err)
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return answer{}, err
	}
	defer clear(encoded)
	// The name is one segment of the path, whatever it holds.
	at := k.base.JoinPath(operation).String() + "/" + url.PathEscape(kek)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(encoded))
	if err != nil {
		return answer{}, fmt.Errorf("%w: the name of the key cannot be part of a URL", vault.ErrKeyUnavailable)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Vault-Request", "true")
	r.Header.Set("X-Vault-Token", strings.TrimSpace(string(token)))
	if k.namespace != "" {
		r.Header.Set("X-Vault-Namespace", k.namespace)
	}
	response, err := k.client.Do(r)
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", vault.ErrKeyUnavailable, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	defer clear(text)
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", vault.ErrKeyUnavailable, err)
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("%w: status %d, and the answer is not of this API", vault.ErrKeyUnavailable, response.StatusCode)
	}
	if response.StatusCode == http.StatusOK {
		return a, nil
	}
	if response.StatusCode == http.StatusBadRequest && damaged(a.Errors) {
		return a, fmt.Errorf("%w: the wrapped key does not open", vault.ErrCorrupt)
	}
	return a, fmt.Errorf("%w: status %d", vault.ErrKeyUnavailable, response.StatusCode)
}

// damaged reports whether the service means the ciphertext, not the key. It answers both with
// status 400 and tells them apart only by text.
func damaged(messages []string) bool {
	for _, m := range messages {
		for _, sign := range []string{"message authentication failed", "invalid ciphertext", "missing ciphertext", "unable to decrypt"} {
			if strings.Contains(m, sign) {
				return true
			}
		}
	}
	return false
}
