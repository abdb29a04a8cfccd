package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rs/cors"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/console"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/transport"
	"github.com/profilegraph/profilegraph/resolvers"
)

// handler routes every request.
func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	slots := make(chan struct{}, s.config.MaxConcurrent)
	work := func(plane string, h func(http.ResponseWriter, *http.Request, *auth.Principal)) http.Handler {
		return s.work(plane, slots, s.authenticate, h)
	}
	data := work("data", s.data)
	if len(s.config.CORSOrigin) > 0 {
		data = cors.New(cors.Options{AllowedOrigins: s.config.CORSOrigin, AllowedMethods: []string{"GET", "POST"},
			AllowedHeaders: []string{"Authorization", "Content-Type", "X-Request-Id"}, ExposedHeaders: []string{"X-Request-Id"}, MaxAge: 600}).Handler(data)
	}
	mux.Handle("/graphql", data)
	mux.Handle("/control/graphql", work("control", s.controlPlane))
	mux.Handle("GET /sdl", work("sdl", s.sdl))
	mux.Handle("PUT /schemas/{entity}", work("schemas", s.putSchema))
	mux.Handle("GET /schemas/{entity}", work("schemas", s.getSchema))
	mux.Handle("GET /audit/export", work("audit", s.exportAudit))
	// Whoever has not signed in yet must not be able to keep those waiting who have a credential.
	strangers := make(chan struct{}, s.config.MaxConcurrent)
	people := func(h func(http.ResponseWriter, *http.Request)) http.Handler {
		return s.work("console", strangers, anybody, func(w http.ResponseWriter, r *http.Request, _ *auth.Principal) { h(w, r) })
	}
	mux.Handle("GET /console/config", people(s.consoleConfig))
	mux.Handle("POST /console/session", people(s.signIn))
	mux.Handle("GET /console/session", people(s.whoIsSignedIn))
	mux.Handle("DELETE /console/session", people(s.signOut))
	mux.Handle("GET /console/login", people(s.sendToProvider))
	mux.Handle("GET /console/callback", people(s.backFromProvider))
	mux.Handle("/console", console.Console())
	mux.Handle("/console/", console.Console())
	mux.Handle("/playground", console.Playground())
	mux.Handle("/playground/", console.Playground())
	mux.Handle("GET /metrics", s.watch.metrics())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /{$}", http.RedirectHandler("/console/", http.StatusFound))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/graphql" { // as nearly always; the mux takes longer to find it
			data.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// work surrounds what serves an account: a limit on how much runs at once, a request id, a
// deadline, authentication, measurement, and an answer should the code below fail.
func (s *server) work(plane string, slots chan struct{}, authenticate func(context.Context, *http.Request) (*auth.Principal, error), h func(http.ResponseWriter, *http.Request, *auth.Principal)) http.Handler {
	watch := s.watch.plane(plane)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		id := requestID(r)
		w := &answer{ResponseWriter: rw, id: [1]string{id}}
		w.Header()["X-Request-Id"] = w.id[:]
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			w.Header().Set("Retry-After", "1")
			refuse(w, "OVERLOADED", "The server has too much to do at present. Try again soon.", http.StatusServiceUnavailable)
			watch.request(w.status, 0)
			return
		}
		begin := s.now()
		limit := &deadline{Context: transport.WithRequestID(r.Context(), id), at: begin.Add(s.config.RequestTimeout), now: s.now}
		defer limit.end()
		ctx, span := s.watch.span(limit, r, plane)
		r = r.WithContext(ctx)
		var p *auth.Principal // nil: not known
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler { //nolint:errorlint // a sentinel that is only ever compared
					panic(v)
				}
				// What was panicked with may hold what a client sent; where it happened does not.
				s.report(ctx, fmt.Errorf("panic: %T\n%s", v, debug.Stack()))
				if w.status == 0 {
					answerError(w, internal(id))
				}
			}
			took := s.now().Sub(begin)
			watch.request(w.status, took)
			span.end(w.status)
			if s.log.Enabled(ctx, slog.LevelDebug) || w.status >= 500 {
				s.logRequest(r, plane, p, w.status, took)
			}
		}()
		var err error
		if p, err = authenticate(ctx, r); err != nil {
			s.refuseError(ctx, w, err)
			return
		}
		h(w, r, p)
	})
}

// authenticate returns who makes a request: programs send a credential, the server's own pages have
// the cookie of a session.
func (s *server) authenticate(ctx context.Context, r *http.Request) (*auth.Principal, error) {
	if r.Header["Authorization"] == nil {
		return s.people.Authenticate(ctx, auth.SessionToken(r))
	}
	return s.auth.Authenticate(ctx, auth.BearerToken(r))
}

// anybody may make a request.
func anybody(context.Context, *http.Request) (*auth.Principal, error) { return &auth.Principal{}, nil }

// logRequest writes what may be known of a request: no URL, no query, no value.
func (s *server) logRequest(r *http.Request, plane string, p *auth.Principal, status int, took time.Duration) {
	log := s.log.DebugContext
	if status >= 500 {
		log = s.log.WarnContext
	}
	who := auth.Principal{}
	if p != nil {
		who = *p
	}
	log(r.Context(), "request", "request", transport.RequestID(r.Context()), "plane", plane, "method", method(r.Method),
		"status", status, "account", string(who.Account), "actor", who.Actor, "took", took.String())
}

// answer remembers the status of what was answered.
type answer struct {
	http.ResponseWriter
	status int
	id     [1]string // the header of the request's id
}

func (w *answer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	switch h := w.Header(); {
	case status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="profilegraph"`)
	case status == http.StatusServiceUnavailable && h.Get("Retry-After") == "":
		h.Set("Retry-After", "2")
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *answer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

func (w *answer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// requestID returns the client's own id of a request if it has the form of one, else a new one.
func requestID(r *http.Request) string {
	if given := r.Header["X-Request-Id"]; len(given) == 1 && len(given[0]) >= 8 && len(given[0]) <= 64 {
		ok := true
		for _, c := range []byte(given[0]) {
			ok = ok && (c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-')
		}
		if ok {
			return given[0]
		}
	}
	return strconv.FormatUint(rand.Uint64()|1<<63, 36)
}

// parameters returns the query parameters of a request, of which each may be given once, and one that is named
// with dots behind it more often. What a door does not know it refuses: it may be one that it knows, misspelt, and
// then the request would do something else than was meant.
func parameters(w http.ResponseWriter, r *http.Request, known ...string) (url.Values, bool) {
	given, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		refuse(w, resolvers.BadInput, "The query string is malformed.", http.StatusBadRequest)
		return nil, false
	}
	for name, values := range given {
		switch {
		case slices.Contains(known, name+"..."):
		case !slices.Contains(known, name) && len(known) == 0:
			refuse(w, resolvers.BadInput, "There are no query parameters here.", http.StatusBadRequest)
			return nil, false
		case !slices.Contains(known, name):
			names := strings.ReplaceAll(strings.Join(known, ", "), "...", "")
			refuse(w, resolvers.BadInput, "A query parameter is unknown. There are: "+names+".", http.StatusBadRequest)
			return nil, false
		case len(values) > 1:
			refuse(w, resolvers.BadInput, "`"+name+"` is given more than once.", http.StatusBadRequest)
			return nil, false
		}
	}
	return given, true
}

// refuse answers with one error, in the form that GraphQL clients read.
func refuse(w http.ResponseWriter, code, message string, status int) {
	answerError(w, transport.Fail(code, message, status))
}

// refuseLate refuses a request whose body was not there in time.
func refuseLate(w http.ResponseWriter) {
	refuse(w, transport.RequestTimeout, "The body took too long to arrive.", http.StatusRequestTimeout)
}

func answerError(w http.ResponseWriter, r transport.Response) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(r.Status)
	w.Write(r.Body) //nolint:errcheck // the client has gone
}

// refuseError answers with what a client may know of an error.
func (s *server) refuseError(ctx context.Context, w http.ResponseWriter, err error) {
	answerError(w, s.refusal(ctx, err))
}

// refusal is what a client may know of an error.
func (s *server) refusal(ctx context.Context, err error) transport.Response {
	e := resolvers.Explain(err)
	if e == nil {
		s.report(ctx, err)
		return internal(transport.RequestID(ctx))
	}
	return failure(e, resolvers.Status(e.Code))
}

// internal is the answer to an error of the server's own, of which a client may know the request's id.
func internal(request string) transport.Response {
	return failure(&graph.Error{Code: "INTERNAL", Message: "internal error", Extensions: map[string]any{"requestId": request}}, http.StatusInternalServerError)
}

func failure(e *graph.Error, status int) transport.Response {
	extensions := map[string]any{"code": e.Code}
	for name, value := range e.Extensions {
		extensions[name] = value
	}
	r := transport.Errors(gqlerror.List{{Message: e.Message, Extensions: extensions}})
	r.Status = status
	return r
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n") //nolint:errcheck // the client has gone
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		refuse(w, "INTERNAL", "internal error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(append(body, '\n')) //nolint:errcheck // the client has gone
}
