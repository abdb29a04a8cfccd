package console_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/console"
)

// get sends one request to the handler as it is mounted, with the path taken literally.
func get(t *testing.T, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path = path
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	page := console.Playground()
	if strings.HasPrefix(path, "/console") {
		page = console.Console()
	}
	page.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), string(body)
}

var roots = []string{"/console/", "/playground/"}

func index(t *testing.T, root string) string {
	t.Helper()
	res, body := get(t, http.MethodGet, root)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("index answered %d", res.StatusCode)
	}
	return body
}

var reference = regexp.MustCompile(`(?:src|href)="([^"]*)"`)

// references are the paths of the files that a page loads at first.
func references(t *testing.T, root string) []string {
	t.Helper()
	var found []string
	for _, match := range reference.FindAllStringSubmatch(index(t, root), -1) {
		if !strings.HasPrefix(match[1], "/") {
			match[1] = root + match[1]
		}
		found = append(found, match[1])
	}
	if len(found) < 3 {
		t.Fatalf("index names %d files, want a script, a style sheet and an icon at least", len(found))
	}
	return found
}

func TestPagesAnswer(t *testing.T) {
	tests := map[string]struct {
		method, path string
		status       int
		contentType  string
	}{
		"the page":                    {"GET", "/playground/", 200, "text/html; charset=utf-8"},
		"the page by name":            {"GET", "/playground/index.html", 200, "text/html; charset=utf-8"},
		"head of the page":            {"HEAD", "/playground/", 200, "text/html; charset=utf-8"},
		"licences":                    {"GET", "/playground/licenses.txt", 200, "text/plain; charset=utf-8"},
		"without the slash":           {"GET", "/playground", 308, ""},
		"a file that is not there":    {"GET", "/playground/assets/none.js", 404, ""},
		"a folder":                    {"GET", "/playground/assets/", 404, ""},
		"up and out":                  {"GET", "/playground/../console.go", 404, ""},
		"up and out, written Windows": {"GET", `/playground/..\console.go`, 404, ""},
		"up and in again":             {"GET", "/playground/assets/../index.html", 404, ""},
		"absolute":                    {"GET", "/playground//etc/passwd", 404, ""},
		"NUL":                         {"GET", "/playground/index.html\x00.js", 404, ""},
		"somewhere else":              {"GET", "/", 404, ""},
		"the console":                 {"GET", "/console/", 200, "text/html; charset=utf-8"},
		"a place in the console":      {"GET", "/console/shoppers/Profile/7", 200, "text/html; charset=utf-8"},
		"a place with dots":           {"GET", "/console/schemas/../x", 200, "text/html; charset=utf-8"},
		"no asset of the console":     {"GET", "/console/assets/none.js", 404, ""},
		"the console's neighbour":     {"GET", "/consoles", 404, ""},
		"the console, no slash":       {"GET", "/console", 308, ""},
		"post":                        {"POST", "/playground/", 405, ""},
		"post to the console":         {"POST", "/console/anything", 405, ""},
		"put":                         {"PUT", "/playground/index.html", 405, ""},
		"delete":                      {"DELETE", "/playground", 405, ""},
		"options":                     {"OPTIONS", "/playground/", 405, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			res, body := get(t, test.method, test.path)
			if res.StatusCode != test.status {
				t.Fatalf("status %d, want %d", res.StatusCode, test.status)
			}
			if test.contentType != "" && res.Header.Get("Content-Type") != test.contentType {
				t.Errorf("Content-Type %q, want %q", res.Header.Get("Content-Type"), test.contentType)
			}
			if test.method == "HEAD" && body != "" {
				t.Errorf("HEAD answered with %d bytes", len(body))
			}
			if test.status == 308 && res.Header.Get("Location") != test.path+"/" {
				t.Errorf("Location %q, want %s/", res.Header.Get("Location"), test.path)
			}
			if test.status == 405 && res.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("Allow %q, want GET, HEAD", res.Header.Get("Allow"))
			}
		})
	}
}

func TestPagesGuardEveryAnswer(t *testing.T) {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
		"font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	want := map[string]string{
		"Content-Security-Policy":      policy,
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	}
	paths := []string{"/playground/none", "/console/assets/none"}
	for _, root := range roots {
		paths = append(paths, root, strings.TrimSuffix(root, "/"), references(t, root)[0])
	}
	for _, path := range paths {
		res, _ := get(t, http.MethodGet, path)
		for name, value := range want {
			if got := res.Header.Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", path, name, got, value)
			}
		}
	}
}

func TestPagesCaching(t *testing.T) {
	tests := map[string]struct{ path, cacheControl string }{
		"the page":       {"/playground/", "no-cache"},
		"a hashed asset": {references(t, "/playground/")[0], "public, max-age=31536000, immutable"},
		"the console":    {"/console/", "no-cache"},
		"its script":     {references(t, "/console/")[1], "public, max-age=31536000, immutable"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			res, body := get(t, http.MethodGet, test.path)
			if got := res.Header.Get("Cache-Control"); got != test.cacheControl {
				t.Errorf("Cache-Control %q, want %q", got, test.cacheControl)
			}
			etag := res.Header.Get("ETag")
			if !regexp.MustCompile(`^"[\w-]{43}"$`).MatchString(etag) {
				t.Fatalf("ETag %q is not a strong tag over the whole content", etag)
			}
			if body == "" {
				t.Error("no content")
			}
			res, body = get(t, http.MethodGet, test.path, "If-None-Match", etag)
			if res.StatusCode != http.StatusNotModified || body != "" {
				t.Errorf("with its own tag: status %d and %d bytes, want 304 and none", res.StatusCode, len(body))
			}
			res, _ = get(t, http.MethodGet, test.path, "If-None-Match", `"another"`)
			if res.StatusCode != http.StatusOK {
				t.Errorf("with another tag: status %d, want 200", res.StatusCode)
			}
		})
	}
}

func TestPagesCompress(t *testing.T) {
	path := references(t, "/playground/")[1]
	plain, want := get(t, http.MethodGet, path)
	for _, accept := range []string{"", "identity", "gzip;q=0", "br"} {
		if res, _ := get(t, http.MethodGet, path, "Accept-Encoding", accept); res.Header.Get("Content-Encoding") != "" {
			t.Errorf("Accept-Encoding %q is answered with %s", accept, res.Header.Get("Content-Encoding"))
		}
	}
	res, packed := get(t, http.MethodGet, path, "Accept-Encoding", "br, gzip")
	if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("headers %v, want gzip that varies by Accept-Encoding", res.Header)
	}
	if res.Header.Get("ETag") == plain.Header.Get("ETag") {
		t.Error("the compressed file has the tag of the plain one")
	}
	z, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z)
	if err != nil || string(got) != want {
		t.Errorf("unpacks to %d bytes (%v), want the plain file's %d", len(got), err, len(want))
	}
	res, _ = get(t, http.MethodGet, path, "Accept-Encoding", "gzip", "If-None-Match", res.Header.Get("ETag"))
	if res.StatusCode != http.StatusNotModified {
		t.Errorf("with its own tag: status %d, want 304", res.StatusCode)
	}
}

func TestIndexLoadsOnlyWhatIsServed(t *testing.T) {
	types := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
	for _, root := range roots {
		for _, path := range references(t, root) {
			if !strings.HasPrefix(path, root) {
				t.Errorf("%s loads %s, want a path below it", root, path)
				continue
			}
			res, body := get(t, http.MethodGet, path)
			if res.StatusCode != http.StatusOK || body == "" {
				t.Errorf("%s loads %s, which answers %d with %d bytes", root, path, res.StatusCode, len(body))
			}
			if want := types[path[strings.LastIndex(path, "."):]]; res.Header.Get("Content-Type") != want {
				t.Errorf("%s has type %q, want %q", path, res.Header.Get("Content-Type"), want)
			}
		}
		page := index(t, root)
		for _, bad := range []string{"http://", "https://", "<style", "style=", "onload=", "<script>"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s contains %s", root, bad)
			}
		}
	}
}

func TestNoSourceMaps(t *testing.T) {
	for _, root := range roots {
		for _, path := range references(t, root) {
			if _, body := get(t, http.MethodGet, path); strings.Contains(body, "sourceMappingURL") {
				t.Errorf("%s points to a source map", path)
			}
		}
	}
}
