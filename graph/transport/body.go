package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"unicode/utf8"

	"github.com/profilegraph/profilegraph/schema"
)

// buffers holds the memory of past bodies for those to come.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// largestKept is the largest buffer worth keeping: a few huge bodies must not hold memory for ever.
const largestKept = 64 << 10

func post(r *http.Request, e Executor, o Options) Response {
	if !takesJSON(first(r.Header["Content-Type"])) {
		return Fail(UnsupportedMediaType, "Send application/json in UTF-8.", http.StatusUnsupportedMediaType)
	}
	if encoding := first(r.Header["Content-Encoding"]); encoding != "" && encoding != "identity" {
		return Fail(UnsupportedMediaType, "Send the body without a content encoding.", http.StatusUnsupportedMediaType)
	}
	maxBody := o.MaxBody
	if maxBody <= 0 {
		maxBody = 1 << 20
	}
	buffer := buffers.Get().(*[]byte)
	body, err := readAll(r.Body, r.ContentLength, maxBody, (*buffer)[:0])
	defer func() {
		if cap(body) <= largestKept {
			clear(body) // personal data does not outlive its request
			*buffer = body
			buffers.Put(buffer)
		}
	}()
	switch {
	case errors.Is(err, errTooLarge):
		return Fail(PayloadTooLarge, fmt.Sprintf("The body is larger than %d bytes.", maxBody), http.StatusRequestEntityTooLarge)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Fail(RequestTimeout, "The body took too long to arrive.", http.StatusRequestTimeout)
	case err != nil:
		return refuse("The body could not be read.")
	case !utf8.Valid(body):
		return refuse("The body is not valid UTF-8.")
	}
	if i := schema.UnpairedSurrogate(body); i >= 0 {
		return torn(i)
	}
	if at(body, space(body, 0), '[') {
		return batch(r, e, body, o.MaxBatch)
	}
	return single(r, e, body)
}

// first returns the first value of a header, or "".
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func single(r *http.Request, e Executor, body []byte) Response {
	request, ok := scan(body)
	if !ok {
		var err error
		if request, err = decode(body); err != nil {
			return malformed(err)
		}
	}
	if request.Query == "" {
		var members struct{ Extensions json.RawMessage }
		if err := json.Unmarshal(body, &members); err != nil {
			return malformed(err)
		}
		return unasked(members.Extensions)
	}
	return e.Execute(r.Context(), request)
}

// unasked refuses a request without a query. Clients that send the hash of one (Apollo's automatic persisted
// queries) send it itself when they are told so in the words that they know.
func unasked(extensions []byte) Response {
	var members struct {
		PersistedQuery json.RawMessage `json:"persistedQuery"`
	}
	if json.Unmarshal(extensions, &members) == nil && !isNull(members.PersistedQuery) {
		return Fail(NoPersistedQueries, "PersistedQueryNotSupported", 0)
	}
	return refuse("The request has no query.")
}

func batch(r *http.Request, e Executor, body []byte, most int) Response {
	if most < 2 {
		return refuse("Batches of requests are not accepted.")
	}
	var requests []json.RawMessage
	if err := json.Unmarshal(body, &requests); err != nil {
		return malformed(err)
	}
	if len(requests) == 0 || len(requests) > most {
		return refuse(fmt.Sprintf("A batch holds 1 to %d requests.", most))
	}
	var all bytes.Buffer
	for i, request := range requests {
		all.WriteByte("[,"[min(i, 1)])
		response := single(r, e, request)
		all.Write(response.Body)
		response.release()
	}
	all.WriteByte(']')
	return Response{Body: all.Bytes()}
}

var errTooLarge = errors.New("body too large")

// readAll reads a body of at most limit bytes into buffer, growing it as necessary. A length that
// is announced makes it grow at once; what is announced too large is not read at all.
func readAll(body io.Reader, length, limit int64, buffer []byte) ([]byte, error) {
	if length > limit {
		return buffer, errTooLarge
	}
	if need := max(int(length)+1, 512); need > cap(buffer) { // one more, so that the end is seen without growing
		buffer = make([]byte, 0, need)
	}
	for {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, 0)[:len(buffer)]
		}
		n, err := body.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if int64(len(buffer)) > limit {
			return buffer, errTooLarge
		}
		if err == io.EOF {
			return buffer, nil
		}
		if err != nil {
			return buffer, err
		}
	}
}

// decode reads the request object in a body. It is the reference for what scan does faster: of
// members with one name the last counts, members unknown to the specification are ignored.
func decode(body []byte) (Request, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return Request{}, err
	}
	if members == nil {
		return Request{}, problem("The request must be a JSON object.")
	}
	var request Request
	var err error
	if request.Query, err = text("query", members["query"]); err != nil {
		return Request{}, err
	}
	if request.OperationName, err = text("operationName", members["operationName"]); err != nil {
		return Request{}, err
	}
	if request.Variables, err = object("variables", members["variables"]); err != nil {
		return Request{}, err
	}
	if _, err = object("extensions", members["extensions"]); err != nil {
		return Request{}, err
	}
	return request, nil
}

// text returns the string that a member of a request holds, "" if it is absent or null.
func text(member string, value json.RawMessage) (string, error) {
	if isNull(value) {
		return "", nil
	}
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		return "", problem("The " + member + " must be a string.")
	}
	return s, nil
}

// object returns the JSON object that a member of a request holds, nil if it is absent or null.
func object(member string, value json.RawMessage) (json.RawMessage, error) {
	if isNull(value) {
		return nil, nil
	}
	if value[0] != '{' {
		return nil, problem("The " + member + " must be a JSON object.")
	}
	return value, nil
}

func isNull(value json.RawMessage) bool {
	return len(value) == 0 || string(value) == "null"
}

// problem says, in words fit for clients, what is wrong with a request.
type problem string

func (p problem) Error() string { return string(p) }

// malformed refuses a request for an error of decode. The texts of encoding/json stay behind: they
// may quote what the client sent.
func malformed(err error) Response {
	if p, ok := errors.AsType[problem](err); ok {
		return refuse(string(p))
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return refuse(fmt.Sprintf("The request is not valid JSON (at byte %d).", e.Offset))
	}
	return refuse("The request must be a JSON object.")
}

// torn refuses a request for half of a character, which could only be kept as another one.
func torn(at int) Response {
	return refuse(fmt.Sprintf("At byte %d an escape stands for half of a character (an unpaired surrogate).", at))
}

func refuse(message string) Response {
	return Fail(BadRequest, message, http.StatusBadRequest)
}
