package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/transport"
	"github.com/profilegraph/profilegraph/resolvers"
	"github.com/profilegraph/profilegraph/schemastore"
)

// maxSchemaBody is the largest upload: a schema of the largest size, with room for its JSON escapes.
const maxSchemaBody = 4 << 20

// data serves the account's own GraphQL schema.
func (s *server) data(w http.ResponseWriter, r *http.Request, p *auth.Principal) {
	trace := r.Header["Apollo-Federation-Include-Trace"]
	transport.Serve(w, r, execution{s, p, len(trace) == 1 && trace[0] == "ftv1"}, transport.Options{MaxBatch: s.config.MaxBatch})
}

// execution runs the requests of one HTTP request on the data plane, each to its end on the schemas that it
// began with.
type execution struct {
	*server
	principal *auth.Principal
	trace     bool // a gateway asks for one
}

func (e execution) Execute(ctx context.Context, r transport.Request) transport.Response {
	hold := e.schemas.Hold()
	defer hold.End()
	snap, err := e.schemas.Current(ctx, e.principal.Account)
	if err != nil {
		return e.refusal(ctx, err)
	}
	r.Trace = e.trace
	return snap.Engine.Execute(ctx, r, resolvers.NewData(e.docs, e.vault, e.principal, snap.Set, e.trouble))
}

// controlPlane serves the fixed schema by which accounts, credentials and schemas are managed.
func (s *server) controlPlane(w http.ResponseWriter, r *http.Request, p *auth.Principal) {
	r = r.WithContext(resolvers.WithPrincipal(r.Context(), p))
	transport.Serve(w, r, s.control, transport.Options{MaxBody: maxSchemaBody})
}

// sdl serves the account's GraphQL schema as text, with an ETag for those who poll.
func (s *server) sdl(w http.ResponseWriter, r *http.Request, p *auth.Principal) {
	given, ok := parameters(w, r, "variant")
	if !ok {
		return
	}
	variant := graph.Client
	if given.Has("variant") {
		variant = graph.Variant(given.Get("variant"))
	}
	if !slices.Contains(graph.Variants, variant) {
		refuse(w, resolvers.BadInput, "`variant` is client, federation or public.", http.StatusBadRequest)
		return
	}
	if err := p.Check(auth.Read); err != nil {
		s.refuseError(r.Context(), w, err)
		return
	}
	snap, err := s.schemas.Current(r.Context(), p.Account)
	if err != nil {
		s.refuseError(r.Context(), w, err)
		return
	}
	sdl := snap.Engine.SDL(variant)
	w.Header().Set("ETag", `"`+sdlHash(sdl)+`"`)
	w.Header().Set("Cache-Control", "private, no-cache")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(sdl))
}

// sdlHash tells schemas apart.
func sdlHash(sdl string) string {
	sum := sha256.Sum256([]byte(sdl))
	return hex.EncodeToString(sum[:16])
}

// putSchema publishes a schema: the request's body, a JSON Schema or a bundle.
func (s *server) putSchema(w http.ResponseWriter, r *http.Request, p *auth.Principal) {
	ctx := r.Context()
	given, ok := parameters(w, r, "mode", "allow...", "note")
	if !ok {
		return
	}
	u := schemastore.Upload{Entity: r.PathValue("entity"), Note: given.Get("note"), Allow: given["allow"]}
	switch mode := strings.ToLower(given.Get("mode")); {
	case mode == "replace":
		u.Replace = true
	case mode != "merge" && given.Has("mode"):
		refuse(w, resolvers.BadInput, "`mode` is merge or replace.", http.StatusBadRequest)
		return
	}
	if match := r.Header.Get("If-Match"); match != "" && match != "*" {
		version, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(match, "W/"), `"`))
		if err != nil {
			refuse(w, resolvers.BadInput, "`If-Match` holds the version that the change was made for, for instance \"3\".", http.StatusBadRequest)
			return
		}
		u.Expected = &version
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSchemaBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		refuse(w, resolvers.TooLarge, fmt.Sprintf("The body is larger than %d bytes.", maxSchemaBody), http.StatusRequestEntityTooLarge)
		return
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		refuseLate(w)
		return
	}
	if err != nil {
		refuse(w, resolvers.BadInput, "The request's body could not be read to its end.", http.StatusBadRequest)
		return
	}
	u.Schema = body
	v, err := s.schemas.Publish(ctx, p, u)
	if err != nil {
		s.refuseError(ctx, w, err)
		return
	}
	w.Header().Set("ETag", strconv.Quote(strconv.Itoa(v.Number)))
	writeJSON(w, http.StatusOK, resolvers.Published(v))
}

// getSchema serves the schema of an entity that is in force.
func (s *server) getSchema(w http.ResponseWriter, r *http.Request, p *auth.Principal) {
	if _, ok := parameters(w, r); !ok {
		return
	}
	v, err := s.schemas.Get(r.Context(), p, r.PathValue("entity"), nil)
	if err != nil {
		s.refuseError(r.Context(), w, err)
		return
	}
	w.Header().Set("ETag", strconv.Quote(strconv.Itoa(v.Number)))
	writeJSON(w, http.StatusOK, json.RawMessage(v.Entity.Source))
}

// exportTimeout is how long an export may take.
const exportTimeout = 10 * time.Minute

// exportAudit serves the account's audit record as NDJSON.
func (s *server) exportAudit(w http.ResponseWriter, r *http.Request, p *auth.Principal) {
	if _, ok := parameters(w, r); !ok {
		return
	}
	// A record may be large, and whoever may read it is trusted with more time.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), exportTimeout)
	defer cancel()
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(exportTimeout)); err != nil {
		s.refuseError(r.Context(), w, err)
		return
	}
	out := &lateHeader{ResponseWriter: w}
	err := s.grants.Export(ctx, p, out)
	switch {
	case err == nil:
	case !out.begun:
		s.refuseError(r.Context(), w, err)
	default:
		s.report(r.Context(), err)
		panic(http.ErrAbortHandler) // so that the client does not take a part for the whole
	}
}

// lateHeader sets the headers of an export when there is something to send, and not an error.
type lateHeader struct {
	http.ResponseWriter
	begun bool
}

func (w *lateHeader) Write(b []byte) (int, error) {
	if !w.begun {
		w.begun = true
		h := w.Header()
		h.Set("Content-Type", "application/x-ndjson")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
	}
	return w.ResponseWriter.Write(b)
}

// ready tells whether the store can be used.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	if err := s.store.Ping(ctx); err != nil {
		s.log.WarnContext(ctx, "not ready", "error", err)
		writeText(w, http.StatusServiceUnavailable, "the store cannot be reached")
		return
	}
	if err := s.vault.Ready(ctx); err != nil {
		s.log.WarnContext(ctx, "not ready", "error", err)
		writeText(w, http.StatusServiceUnavailable, "the encryption keys cannot be had: personal data is neither read nor written")
		return
	}
	writeText(w, http.StatusOK, "ok")
}
