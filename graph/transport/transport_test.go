package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/profilegraph/profilegraph/graph/transport"
	"github.com/profilegraph/profilegraph/schema"
)

// echo is an executor that answers with what it was asked, and refuses queries that begin with '!'.
type echo struct{}

func (echo) Execute(ctx context.Context, r transport.Request) transport.Response {
	switch {
	case strings.HasPrefix(r.Query, "!"):
		return transport.Errors(gqlerror.List{{Message: "refused"}})
	case strings.HasPrefix(r.Query, "mutation") && r.ReadOnly:
		return transport.Fail(transport.MethodNotAllowed, "Send mutations by POST.", http.StatusMethodNotAllowed)
	}
	body, _ := json.Marshal(map[string]any{"data": asked{r.Query, r.OperationName, r.Variables, r.ReadOnly}})
	return transport.Response{Body: body}
}

type asked struct {
	Query, Operation string
	Variables        json.RawMessage
	ReadOnly         bool
}

func serve(r *http.Request, o transport.Options) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	transport.Serve(w, r, echo{}, o)
	return w
}

func post(body string) *http.Request {
	r := httptest.NewRequest("POST", "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

const (
	plain = "application/json"
	rich  = "application/graphql-response+json"
)

// checkResponse checks what every response has in common.
func checkResponse(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	h := w.Header()
	if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers: %v", h)
	}
	if !json.Valid(w.Body.Bytes()) {
		t.Errorf("body: %s", w.Body)
	}
	if !strings.HasSuffix(h.Get("Content-Type"), "; charset=utf-8") {
		t.Errorf("Content-Type: %s", h.Get("Content-Type"))
	}
}

func TestPost(t *testing.T) {
	for _, test := range []struct {
		name, body string
		want       asked
	}{
		{"query", `{"query":"{a}"}`, asked{Query: "{a}"}},
		{"all members", ` { "operationName" : "A" , "variables" : {"b":[1,{"c":"}\""}]} , "extensions":{}, "query" : "{a}" } `,
			asked{"{a}", "A", json.RawMessage(`{"b":[1,{"c":"}\""}]}`), false}},
		{"nulls", `{"query":"{a}","operationName":null,"variables":null,"extensions":null}`, asked{Query: "{a}"}},
		{"simple escapes", `{"query":"\"\\\/\b\f\n\r\t"}`, asked{Query: "\"\\/\b\f\n\r\t"}},
		{"unicode escapes", `{"query":"\u00e9\ud83d\ude00\ufffd"}`, asked{Query: "é😀\ufffd"}},
		{"unicode", `{"query":"é😀"}`, asked{Query: "é😀"}},
		{"escapes in a name", `{"qu\u0065ry":"{a}"}`, asked{Query: "{a}"}},
		{"unknown members", `{"id":1,"query":"{a}","x":[true,null,{}]}`, asked{Query: "{a}"}},
		{"another case", `{"query":"{a}","Query":"{b}"}`, asked{Query: "{a}"}},
		{"repeated members", `{"query":"{b}","variables":{},"query":"{a}","variables":null}`, asked{Query: "{a}"}},
		{"repeated members, one unknown", `{"query":"{b}","x":1,"query":"{a}"}`, asked{Query: "{a}"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := serve(post(test.body), transport.Options{})
			checkResponse(t, w)
			var got struct{ Data asked }
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
				t.Fatalf("%d %s %v", w.Code, w.Body, err)
			}
			if string(got.Data.Variables) == "null" {
				got.Data.Variables = nil
			}
			if fmt.Sprint(got.Data) != fmt.Sprint(test.want) {
				t.Errorf("got %s, want %v", w.Body, test.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	const secret = "jane.doe@example.com"
	for _, test := range []struct {
		name, body string
		status     int
		code       string
		text       string
	}{
		{"empty", "", 400, transport.BadRequest, "at byte 0"},
		{"broken", `{"query":"jane.doe@example.com`, 400, transport.BadRequest, "at byte 30"},
		{"broken variables", `{"query":"{a}","variables":{"a":"jane.doe@example.com"x}}`, 400, transport.BadRequest, "at byte 55"},
		{"broken number", `{"query":"{a}","variables":{"a":01}}`, 400, transport.BadRequest, "not valid JSON"},
		{"unbalanced", `{"query":"{a}","variables":{"a":[}}`, 400, transport.BadRequest, "not valid JSON"},
		{"control character", "{\"query\":\"{a\n}\"}", 400, transport.BadRequest, "not valid JSON"},
		{"bad escape", `{"query":"\x"}`, 400, transport.BadRequest, "not valid JSON"},
		{"trailing text", `{"query":"{a}"} jane.doe@example.com`, 400, transport.BadRequest, "at byte 17"},
		{"two objects", `{"query":"{a}"}{"query":"{a}"}`, 400, transport.BadRequest, "not valid JSON"},
		{"trailing comma", `{"query":"{a}",}`, 400, transport.BadRequest, "not valid JSON"},
		{"invalid UTF-8", "{\"query\":\"\xff\"}", 400, transport.BadRequest, "UTF-8"},
		{"UTF-16", "\xff\xfe{\x00}\x00", 400, transport.BadRequest, "UTF-8"},
		{"byte order mark", "\ufeff{}", 400, transport.BadRequest, "not valid JSON"},
		{"string", `"jane.doe@example.com"`, 400, transport.BadRequest, "must be a JSON object"},
		{"null", `null`, 400, transport.BadRequest, "must be a JSON object"},
		{"array", `[{"query":"{a}"}]`, 400, transport.BadRequest, "Batches"},
		{"no query", `{"qeury":"jane.doe@example.com"}`, 400, transport.BadRequest, "no query"},
		{"empty query", `{"query":""}`, 400, transport.BadRequest, "no query"},
		{"no hash of a query", `{"extensions":{"persistedQuery":null}}`, 400, transport.BadRequest, "no query"},
		{"null query", `{"query":null}`, 400, transport.BadRequest, "no query"},
		{"query object", `{"query":{"a":"jane.doe@example.com"}}`, 400, transport.BadRequest, "The query must be a string"},
		{"operation array", `{"query":"{a}","operationName":["jane.doe@example.com"]}`, 400, transport.BadRequest, "The operationName must be a string"},
		{"variables string", `{"query":"{a}","variables":"jane.doe@example.com"}`, 400, transport.BadRequest, "The variables must be a JSON object"},
		{"variables array", `{"query":"{a}","variables":[]}`, 400, transport.BadRequest, "The variables must be a JSON object"},
		{"extensions number", `{"query":"{a}","extensions":7}`, 400, transport.BadRequest, "The extensions must be a JSON object"},
		{"nested without end", `{"query":"{a}","variables":{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}}`, 400, transport.BadRequest, "not valid JSON"},
		{"large", `{"query":"` + strings.Repeat("x", 1<<20) + `"}`, 413, transport.PayloadTooLarge, "larger than 1048576 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, accept := range []string{plain, rich} {
				r := post(test.body)
				r.Header.Set("Accept", accept)
				w := serve(r, transport.Options{})
				checkResponse(t, w)
				body := w.Body.String()
				if w.Code != test.status || !strings.Contains(body, test.code) || !strings.Contains(body, test.text) {
					t.Errorf("%s: %d %s", accept, w.Code, body)
				}
				if strings.Contains(body, secret) || strings.Contains(body, `"data"`) {
					t.Errorf("%s: %s", accept, body)
				}
			}
		})
	}
}

// A body without a length is bounded as well, and one that ends early or breaks off is refused.
func TestBodies(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(`{"query":"`), zeros{})
	for _, test := range []struct {
		name   string
		body   io.Reader
		length int64
		max    int64
		status int
	}{
		{"no length", strings.NewReader(`{"query":"{a}"}`), -1, 0, 200},
		{"no length, growing", strings.NewReader(`{"query":"` + strings.Repeat("x", 100_000) + `"}`), -1, 0, 200},
		{"as large as may be", strings.NewReader(`{"query":"{a}"}`), 15, 15, 200},
		{"as large as may be, no length", strings.NewReader(`{"query":"{a}"}`), -1, 15, 200},
		{"a byte more", strings.NewReader(`{"query":"{a}"}`), 15, 14, 413},
		{"a byte more, no length", strings.NewReader(`{"query":"{a}"}`), -1, 14, 413},
		{"endless", endless, -1, 0, 413},
		{"announced large, never read", failing{errors.New("read")}, 1 << 40, 0, 413},
		{"broken off", failing{io.ErrUnexpectedEOF}, 20, 0, 400},
		{"slow", failing{os.ErrDeadlineExceeded}, 20, 0, 408},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := post("")
			r.Body, r.ContentLength = io.NopCloser(test.body), test.length
			w := serve(r, transport.Options{MaxBody: test.max})
			checkResponse(t, w)
			if w.Code != test.status {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestMediaTypes(t *testing.T) {
	for _, test := range []struct {
		contentType string
		status      int
	}{
		{"application/json", 200},
		{"application/json;charset=utf-8", 200},
		{`Application/JSON; Charset="UTF-8"`, 200},
		{"application/json; charset=utf-16", 415},
		{"application/json; charset=iso-8859-1", 415},
		{"", 415},
		{"text/plain", 415},
		{"text/plain; a=application/json", 415},
		{"application/x-www-form-urlencoded", 415},
		{"multipart/form-data; boundary=x", 415},
		{"application/graphql", 415},
		{"application/jsonp", 415},
		{"application/json, text/plain", 415},
	} {
		r := post(`{"query":"{a}"}`)
		r.Header.Set("Content-Type", test.contentType)
		w := serve(r, transport.Options{})
		checkResponse(t, w)
		if w.Code != test.status {
			t.Errorf("%s: %d %s", test.contentType, w.Code, w.Body)
		}
	}

	r := post(`{"query":"{a}"}`)
	r.Header.Set("Content-Encoding", "gzip")
	if w := serve(r, transport.Options{}); w.Code != 415 {
		t.Errorf("gzip: %d", w.Code)
	}
}

func TestAccept(t *testing.T) {
	for _, test := range []struct {
		accept []string
		want   string // "" for 406
	}{
		{nil, plain},
		{[]string{""}, plain},
		{[]string{"*/*"}, plain},
		{[]string{"application/*"}, plain},
		{[]string{plain}, plain},
		{[]string{rich}, rich},
		{[]string{rich + ", " + plain}, rich},
		{[]string{plain + ", " + rich}, rich},
		{[]string{plain, rich}, rich},
		{[]string{plain + ", " + rich + ";q=0.9"}, plain},
		{[]string{plain + ";q=0.5, " + rich + ";q=0.9"}, rich},
		{[]string{plain + ", */*"}, plain},
		{[]string{rich + ", */*"}, rich},
		{[]string{rich + ";q=0, */*"}, plain},
		{[]string{plain + ";q=0, */*"}, rich},
		{[]string{"application/*;q=0.2, " + plain + ";q=0.1"}, rich},
		{[]string{"text/html, */*;q=0.1"}, plain},
		{[]string{"text/html"}, ""},
		{[]string{"text/html, application/xml;q=0.9"}, ""},
		{[]string{"*/*;q=0"}, ""},
		{[]string{plain + ";charset=utf-16"}, ""},
		{[]string{plain + ";charset=UTF-8"}, plain},
		{[]string{plain + ";q=x"}, ""},
		{[]string{plain + ";q=NaN"}, ""},
		{[]string{"nonsense;;,,/, " + rich}, rich},
		{[]string{strings.ToUpper(rich)}, rich},
	} {
		for _, query := range []string{"{a}", "!"} {
			r := post(`{"query":"` + query + `"}`)
			r.Header["Accept"] = test.accept
			w := serve(r, transport.Options{})
			checkResponse(t, w)
			want, status := test.want, 200
			switch {
			case want == "":
				want, status = plain, 406
			case query == "!" && want == rich:
				status = 400
			}
			if got, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";"); got != want || w.Code != status {
				t.Errorf("%q %s: %d %s", test.accept, query, w.Code, got)
			}
		}
	}
}

func TestGet(t *testing.T) {
	for _, test := range []struct {
		parameters string
		status     int
		want       string
	}{
		{"query=" + url.QueryEscape("{a}"), 200, `"Query":"{a}"`},
		{"query=%7Ba%7D&operationName=A&variables=%20%7B%22b%22:1%7D%20&extensions=%7B%7D", 200, `"Operation":"A","Variables":{"b":1},"ReadOnly":true`},
		{"query=%7Ba%7D&variables=null&variables=7", 200, `"Variables":null`},
		{"query=%7Ba%7D&variables=", 200, `"Variables":null`},
		{"query=!", 200, "refused"},
		{"query=mutation%7Ba%7D", 405, transport.MethodNotAllowed},
		{"", 400, "no query"},
		{"query=", 400, "no query"},
		{"extensions=%7B%22persistedQuery%22:%7B%22version%22:1%7D%7D", 200, transport.NoPersistedQueries},
		{"extensions=1", 400, "no query"},
		{"query=%7Ba%7D&variables=[]", 400, "The variables must be a JSON object"},
		{"query=%7Ba%7D&variables=%7Bjane", 400, "not valid JSON (at byte 2)"},
		{"query=%7Ba%7D&extensions=1", 400, "The extensions must be a JSON object"},
		{"query=%7Ba%7D%zz", 400, "malformed"},
		{"query=%7Ba%7D;jane", 400, "malformed"},
		{"query=%ff", 400, "UTF-8"},
		{"query=%7Ba%7D&variables=%7B%22a%22:%22%ff%22%7D", 400, "UTF-8"},
	} {
		w := serve(httptest.NewRequest("GET", "/graphql?"+test.parameters, nil), transport.Options{})
		checkResponse(t, w)
		body := w.Body.String()
		if w.Code != test.status || !strings.Contains(body, test.want) || strings.Contains(body, "jane") {
			t.Errorf("%s: %d %s", test.parameters, w.Code, body)
		}
		if w.Code == 405 && w.Header().Get("Allow") != "POST" {
			t.Errorf("Allow: %s", w.Header().Get("Allow"))
		}
	}
}

// Clients that send the hash of a query first go by the message or the code.
func TestPersistedQuery(t *testing.T) {
	for accept, status := range map[string]int{plain: 200, rich: 400} {
		r := post(`{"operationName":"A","variables":{},"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}`)
		r.Header.Set("Accept", accept)
		w := serve(r, transport.Options{})
		checkResponse(t, w)
		if want := `{"errors":[{"message":"PersistedQueryNotSupported","extensions":{"code":"PERSISTED_QUERY_NOT_SUPPORTED"}}]}`; w.Code != status || w.Body.String() != want {
			t.Errorf("%s: %d %s", accept, w.Code, w.Body)
		}
	}
}

func TestContentLength(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		transport.Serve(w, r, echo{}, transport.Options{})
	}))
	defer server.Close()
	for _, size := range []int{1, 1_900, 1_960, 2_048, 2_200, 100_000} {
		response, err := server.Client().Post(server.URL, plain, strings.NewReader(`{"query":"`+strings.Repeat("x", size)+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != 200 || response.Header.Get("Content-Length") != strconv.Itoa(len(body)) {
			t.Errorf("%d: %s, Content-Length %q of %d, %v", size, response.Status, response.Header.Get("Content-Length"), len(body), err)
		}
	}
}

func TestMethods(t *testing.T) {
	for _, method := range []string{"PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY"} {
		w := serve(httptest.NewRequest(method, "/graphql", nil), transport.Options{})
		checkResponse(t, w)
		if w.Code != 405 || w.Header().Get("Allow") != "GET, POST" {
			t.Errorf("%s: %d, Allow %s", method, w.Code, w.Header().Get("Allow"))
		}
	}
}

func TestBatch(t *testing.T) {
	for _, test := range []struct {
		body   string
		status int
		want   string
	}{
		{`[{"query":"{a}"},{"query":"!"},{"query":7},8]`, 200, `[{"data":`},
		{` [{"query":"{a}"}]`, 200, `[{"data":`},
		{`[]`, 400, "1 to 4"},
		{`[1,2,3,4,5]`, 400, "1 to 4"},
		{`[{"query":"{a}"}`, 400, "not valid JSON"},
	} {
		w := serve(post(test.body), transport.Options{MaxBatch: 4})
		checkResponse(t, w)
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("%s: %d %s", test.body, w.Code, w.Body)
		}
		if strings.HasPrefix(test.body, `[{"query":"{a}"},`) {
			var answers []struct{ Data, Errors any }
			if err := json.Unmarshal(w.Body.Bytes(), &answers); err != nil || len(answers) != 4 {
				t.Fatalf("%s: %v", w.Body, err)
			}
			for i, answer := range answers {
				if (answer.Data != nil) != (i == 0) || (answer.Errors != nil) != (i > 0) {
					t.Errorf("answer %d: %v", i, answer)
				}
			}
		}
	}
}

// What one request held must not show in another, and must not stay in memory behind it.
func TestBuffersAreCleared(t *testing.T) {
	var kept json.RawMessage
	keep := executorFunc(func(_ context.Context, r transport.Request) transport.Response {
		kept = r.Variables
		return transport.Response{Body: []byte(`{"data":null}`)}
	})
	transport.Serve(httptest.NewRecorder(), post(`{"query":"{a}","variables":{"email":"jane.doe@example.com"}}`), keep, transport.Options{})
	if bytes.Contains(kept, []byte("jane")) {
		t.Errorf("still there: %s", kept)
	}
}

type executorFunc func(context.Context, transport.Request) transport.Response

func (f executorFunc) Execute(ctx context.Context, r transport.Request) transport.Response {
	return f(ctx, r)
}

func TestRequestID(t *testing.T) {
	ctx := context.Background()
	if transport.RequestID(ctx) != "" || transport.RequestID(transport.WithRequestID(ctx, "a")) != "a" {
		t.Error("the id is not what was put in")
	}
}

func TestErrorsThatCannotBeEncoded(t *testing.T) {
	response := transport.Errors(gqlerror.List{{Message: "a", Extensions: map[string]any{"x": func() {}}}})
	if !json.Valid(response.Body) || response.Status != 500 {
		t.Errorf("%d %s", response.Status, response.Body)
	}
}

// FuzzBody holds the fast path against encoding/json.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"query":"{a}"}`, `{"query":"{\n a\t\"\\\/}","variables":{"a":[1,2.5e3,"x\"}",{"b":null}]},"operationName":"A"}`,
		`{"operationName":null,"variables":null,"extensions":{},"query":"é"}`, `{"query":"a","query":"b"}`, `{}`, `{"query":"a"}x`,
		`{"query":"\u0041\ud800"}`, `{"variables":{"a":01}}`, `{"id":1,"query":"a"}`, "{\"query\":\"\x7f\"}",
		`{"query":"a","variables":{"r":[ {"b":"c","d":"e"}, {"b":"f"} ],"g":"h"}}`, `{"query":"a","variables":{"r":[{"b":"c"},]}}`,
		`{"query":"a","variables":{"r":[{"b":[{"c":"d"}]}]}}`, `{"query":"a","variables":{"r":[]}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		w := serve(post(body), transport.Options{})
		want, ok := reference(body)
		if ok != (w.Code == 200) {
			t.Fatalf("%q: %d %s, reference %v", body, w.Code, w.Body, ok)
		}
		if !ok {
			return
		}
		data, _ := json.Marshal(map[string]any{"data": want})
		if !strings.HasPrefix(want.Query, "!") && !bytes.Equal(data, w.Body.Bytes()) {
			t.Errorf("%q: %s, reference %s", body, w.Body, data)
		}
	})
}

// reference parses a body in the simplest way.
func reference(body string) (asked, bool) {
	if schema.UnpairedSurrogate([]byte(body)) >= 0 {
		return asked{}, false
	}
	var members map[string]json.RawMessage
	if strings.ToValidUTF8(body, "") != body || json.Unmarshal([]byte(body), &members) != nil {
		return asked{}, false
	}
	var want asked
	object := map[string]any{}
	for member, target := range map[string]any{"query": &want.Query, "operationName": &want.Operation, "variables": &object, "extensions": &object} {
		if value, given := members[member]; given && json.Unmarshal(value, target) != nil {
			return asked{}, false
		}
	}
	if want.Variables = members["variables"]; string(want.Variables) == "null" {
		want.Variables = nil
	}
	return want, want.Query != ""
}

func BenchmarkServe(b *testing.B) {
	answer := transport.Response{Body: []byte(`{"data":{"profile":{"id":"1","firstName":"J***","lastName":"D**"}}}`)}
	fixed := executorFunc(func(context.Context, transport.Request) transport.Response { return answer })
	for name, body := range map[string]string{
		"plain":    `{"query":"query P($id: ID!) { profile(id: $id) { id firstName lastName email document gender birthdate tags } }","variables":{"id":"0190c1a0-0000-7000-8000-000000000001"}}`,
		"escapes":  `{"query":"query P($id: ID!) {\n  profile(id: $id) {\n    id\n    firstName\n    lastName\n  }\n}\n","variables":{"id":"0190c1a0-0000-7000-8000-000000000001"},"operationName":"P"}`,
		"fallback": `{"query":"query P($id: ID!) { profile(id: $id) { id firstName lastName } }","variables":{"id":"1"},"other":1}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			reader := strings.NewReader(body)
			r := post("")
			r.Body, r.ContentLength = io.NopCloser(reader), int64(len(body))
			w := discard{http.Header{}}
			for b.Loop() {
				reader.Reset(body)
				transport.Serve(w, r, fixed, transport.Options{})
			}
		})
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
