// Package transport serves GraphQL over HTTP as the specification of that name has it: POST with
// a JSON body, GET for queries, content negotiation, and the status codes that follow from both.
//
// It knows nothing of schemas. What it parses out of a request goes to an [Executor], whose
// answer goes out as it is. Answers are never cached, since they may hold personal data, and
// nothing of a request is repeated in an error.
package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/profilegraph/profilegraph/schema"
)

// Request is one GraphQL request. An executor may keep the strings, but not the variables.
type Request struct {
	Query         string // not empty
	OperationName string // empty: the only operation there is
	// Variables is a JSON object, or nil. Its memory is used again once Execute has returned.
	Variables json.RawMessage
	// ReadOnly says that the request came by GET: a mutation is to be refused with status 405.
	ReadOnly bool
	// Trace says that the answer is to tell what it took, as Apollo Federation wants it (ftv1).
	Trace bool
}

// Response is the answer to one request.
type Response struct {
	// Body is the complete response object in JSON.
	Body []byte
	// RequestError says that no execution took place, so that Body has no data entry.
	RequestError bool
	// Status is the HTTP status where it must be a certain one; 0 leaves it to the transport.
	Status int
	// Release, if there is one, is called once when Body is of no more use.
	Release func()
}

// Executor runs requests. It is safe for concurrent use.
type Executor interface {
	Execute(ctx context.Context, r Request) Response
}

// Options say what requests are accepted. The zero value is ready for use.
type Options struct {
	MaxBody  int64 // bytes of a body; 1 MiB if not positive
	MaxBatch int   // requests in a JSON array, which run one after another; arrays are refused below 2
}

// The codes of the errors of this package, under "code" in the extensions of an error.
const (
	BadRequest           = "BAD_REQUEST"
	MethodNotAllowed     = "METHOD_NOT_ALLOWED"
	NotAcceptable        = "NOT_ACCEPTABLE"
	NoPersistedQueries   = "PERSISTED_QUERY_NOT_SUPPORTED"
	PayloadTooLarge      = "PAYLOAD_TOO_LARGE"
	RequestTimeout       = "REQUEST_TIMEOUT"
	UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
)

// Serve answers one HTTP request by e. The caller has authenticated the request, chosen the
// executor for it and put a deadline into its context; e sees that context.
func Serve(w http.ResponseWriter, r *http.Request, e Executor, o Options) {
	t, ok := negotiate(r.Header["Accept"])
	if !ok {
		write(w, plainJSON, Fail(NotAcceptable,
			"The response is application/graphql-response+json or application/json.", http.StatusNotAcceptable))
		return
	}
	switch r.Method {
	case http.MethodPost:
		write(w, t, post(r, e, o))
	case http.MethodGet:
		response := get(r, e)
		if response.Status == http.StatusMethodNotAllowed {
			w.Header()["Allow"] = allowPost
		}
		write(w, t, response)
	default:
		w.Header()["Allow"] = allowBoth
		write(w, t, Fail(MethodNotAllowed, "Use GET or POST.", http.StatusMethodNotAllowed))
	}
}

// Errors is the answer to a request that was refused before execution.
func Errors(errs gqlerror.List) Response {
	body, err := json.Marshal(struct {
		Errors gqlerror.List `json:"errors"`
	}{errs})
	if err != nil { // an extension that JSON cannot express
		return Fail("INTERNAL", "internal error", http.StatusInternalServerError)
	}
	return Response{Body: body, RequestError: true}
}

// Fail is the answer to a request that was refused for one reason, with an HTTP status where the
// transport's choice will not do. The message must be fit for clients.
func Fail(code, message string, status int) Response {
	response := Errors(gqlerror.List{{Message: message, Extensions: map[string]any{"code": code}}})
	response.Status = status
	return response
}

type requestID struct{}

// WithRequestID returns a context that carries the id by which clients and logs name a request.
func WithRequestID(ctx context.Context, id string) context.Context {
	return identified{ctx, id}
}

// identified is a context of a request with an id.
type identified struct {
	context.Context
	id string
}

func (c identified) Value(key any) any {
	if key == any(requestID{}) {
		return c.id
	}
	return c.Context.Value(key)
}

// RequestID returns the id that the context carries, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestID{}).(string)
	return id
}

func get(r *http.Request, e Executor) Response {
	parameters, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refuse("The query string is malformed.")
	}
	for _, values := range parameters {
		if !utf8.ValidString(values[0]) {
			return refuse("The query string is not valid UTF-8.")
		}
	}
	request := Request{
		Query:         parameters.Get("query"),
		OperationName: parameters.Get("operationName"),
		ReadOnly:      true,
	}
	if request.Query == "" {
		return unasked([]byte(parameters.Get("extensions")))
	}
	for _, member := range []string{"variables", "extensions"} {
		text := parameters.Get(member)
		if text == "" {
			continue
		}
		if i := schema.UnpairedSurrogate([]byte(text)); i >= 0 {
			return torn(i)
		}
		var value json.RawMessage
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return malformed(err)
		}
		if value, err = object(member, value); err != nil {
			return malformed(err)
		}
		if member == "variables" {
			request.Variables = value
		}
	}
	return e.Execute(r.Context(), request)
}

// The values of headers that never change. net/http does not write to them.
var (
	allowPost = []string{"POST"}
	allowBoth = []string{"GET, POST"}
	noStore   = []string{"no-store"}
	noSniff   = []string{"nosniff"}
)

// headersHeldBack is how many bytes of a body net/http holds back, with the headers, until the
// handler returns: it adds the length of shorter bodies itself, at less expense.
const headersHeldBack = 2048

func write(w http.ResponseWriter, t mediaType, response Response) {
	h := w.Header()
	h["Content-Type"] = t.contentType()
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	if len(response.Body) >= headersHeldBack {
		h["Content-Length"] = []string{strconv.Itoa(len(response.Body))}
	}
	status := response.Status
	if status == 0 {
		status = http.StatusOK
		if response.RequestError && t == graphQLResponse {
			status = http.StatusBadRequest
		}
	}
	w.WriteHeader(status)
	w.Write(response.Body) // an error means that the client has gone
	response.release()
}

func (r *Response) release() {
	if r.Release != nil {
		r.Release()
	}
}
