package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/profilegraph/profilegraph/storage"
)

// Remote is the running server that a command talks to.
type Remote struct {
	URL     string `default:"http://127.0.0.1:8080" env:"PROFILEGRAPH_URL" help:"Address of the server."`
	Key     string `env:"PROFILEGRAPH_KEY" help:"API key (better given by the environment or a file: others can see a command's arguments)." placeholder:"KEY"`
	KeyFile string `env:"PROFILEGRAPH_KEY_FILE" help:"File that holds the API key." placeholder:"FILE"`
}

type variables map[string]any

// refusal is an error that the server answered with.
type refusal struct {
	Message    string
	Extensions struct {
		Code     string
		Problems []problemView
		Findings []findingView
		Warnings []problemView
		// CurrentVersion of a schema is in force, in the place of the expected one; Changes lie between the two.
		CurrentVersion int
		Changes        []changeView
		// Composition is why subgraphs do not compose.
		Composition []string
		Violations  []struct{ Path, Rule, Message string }
	}
}

func (r *refusal) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)", r.Message, r.Extensions.Code)
	for _, p := range r.Extensions.Problems {
		fmt.Fprintf(&b, "\n  %s: %s", orRoot(p.Pointer), p.Message)
		if p.Fix != "" {
			fmt.Fprintf(&b, "\n    mend: %s", p.Fix)
		}
	}
	for _, f := range r.Extensions.Findings {
		fmt.Fprintf(&b, "\n  %s %s: %s\n    mend: %s", f.Rule, orRoot(f.Path), f.Message, f.Fix)
	}
	for _, w := range r.Extensions.Warnings {
		fmt.Fprintf(&b, "\n  warning: %s: %s", orRoot(w.Pointer), w.Message)
	}
	for _, c := range r.Extensions.Changes {
		fmt.Fprintf(&b, "\n  %s", c)
	}
	for i, message := range r.Extensions.Composition {
		if i > 0 { // the first one is in the message
			fmt.Fprintf(&b, "\n  %s", message)
		}
	}
	return b.String()
}

var errNoKey = errors.New("no API key given")

// hint returns how an error can be mended, or "".
func hint(err error) string {
	var r *refusal
	var unreachable *url.Error
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errNoKey):
		return "set PROFILEGRAPH_KEY, or give --key-file"
	case errors.As(err, &r) && r.Extensions.Code == "UNAUTHENTICATED":
		return "the server does not know this key; profilegraph recover makes a new one"
	case errors.As(err, &r) && r.Extensions.Code == "SCHEMA_BREAKING":
		return "name the rules with --allow if the change is meant"
	case errors.As(err, &r) && r.Extensions.Code == "VERSION_CONFLICT":
		return fmt.Sprintf("version %d is in force: if your change still fits, give --expected=%[1]d", r.Extensions.CurrentVersion)
	case errors.As(err, &r) && r.Extensions.Code == "COMPOSER_UNAVAILABLE":
		return "start the server with --composer, see docs/federation.md; its log says what is wrong with the one it has"
	case errors.As(err, &untrusted):
		return "the environment variable SSL_CERT_FILE names a file with the certificates (PEM) that are trusted"
	case errors.As(err, &unreachable):
		return "is the server running? profilegraph serve starts it; --url says where it is"
	case errors.Is(err, storage.ErrInUse):
		return "another profilegraph has the data folder open: stop it, or give --data another folder"
	case errors.Is(err, storage.ErrDamaged):
		return "the file of the store is damaged: restore it from a backup"
	case errors.Is(err, storage.ErrNewer):
		return "start the release that wrote the data, or a later one"
	case errors.Is(err, storage.ErrUnavailable):
		return "is MongoDB running where --mongodb-uri says, and may this user log in?"
	case errors.Is(err, syscall.EADDRINUSE):
		return "something else listens there; give --listen another address, or port 0 for any that is free"
	}
	return ""
}

// request makes a request with the key.
func (r *Remote) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	key := r.Key
	if key == "" && r.KeyFile != "" {
		b, err := os.ReadFile(r.KeyFile)
		if err != nil {
			return nil, err
		}
		key = strings.TrimSpace(string(b))
	}
	if key == "" {
		return nil, errNoKey
	}
	if strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return nil, errors.New("what is given as API key is none: a key is one word, and a key file holds nothing else")
	}
	if u, err := url.Parse(r.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("url is a scheme and a host, for instance http://127.0.0.1:8080")
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.URL, "/")+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	return req, nil
}

// send makes a request and does not follow where else it is sent: the key is not for there, and a POST would come as a GET.
func send(req *http.Request, timeout time.Duration) (*http.Response, error) {
	client := http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if to, err := res.Location(); err == nil {
		res.Body.Close()
		return nil, fmt.Errorf("the server is elsewhere: it answered %s, and sends to %s://%s (--url)", res.Status, to.Scheme, to.Host)
	}
	return res, nil
}

// get returns the body of what a path holds.
func (r *Remote) get(ctx context.Context, path string) (io.ReadCloser, error) {
	req, err := r.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	res, err := send(req, 0)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusOK {
		return res.Body, nil
	}
	defer res.Body.Close()
	var answer struct{ Errors []*refusal }
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&answer); err != nil || len(answer.Errors) == 0 {
		return nil, fmt.Errorf("the server answered %s", res.Status)
	}
	return nil, answer.Errors[0]
}

// do sends a GraphQL request to the control plane and decodes the data of the answer.
func (r *Remote) do(ctx context.Context, query string, v variables, data any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": v})
	if err != nil {
		return err
	}
	req, err := r.request(ctx, http.MethodPost, "/control/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	res, err := send(req, 2*time.Minute)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return err
	}
	var answer struct {
		Data   json.RawMessage
		Errors []*refusal
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("the server answered %s, and nothing that can be understood", res.Status)
	}
	if len(answer.Errors) > 0 {
		return answer.Errors[0]
	}
	return json.Unmarshal(answer.Data, data)
}
