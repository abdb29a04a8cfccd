// Package console holds the web pages that the server brings along.
package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

//go:embed app/dist playground/dist
var embedded embed.FS

// contentSecurityPolicy of every page: it loads its own files and talks to its own server; nothing else.
// It needs neither inline script nor inline style.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// Console serves the application for the people of an account at /console/, and sends /console there.
// The files are the same for everybody, so the handler needs no authentication: what the page shows it
// asks of the planes, with the rights of whoever is signed in.
func Console() http.Handler {
	files := load("app/dist", "/console/")
	index := files["/console/"]
	return serve("/console/", func(path string) (file, bool) {
		f, ok := files[path]
		if !ok && strings.HasPrefix(path, "/console/") && !strings.HasPrefix(path, "/console/assets/") {
			return index, true // the page knows its own places
		}
		return f, ok
	})
}

// Playground serves GraphiQL for both planes at /playground/, and sends /playground there. The page
// holds no credential and reads none: it asks the person for an API key and keeps it in memory. So
// the handler needs no authentication.
func Playground() http.Handler {
	files := load("playground/dist", "/playground/")
	return serve("/playground/", func(path string) (file, bool) {
		f, ok := files[path]
		return f, ok
	})
}

// serve answers requests for the files of a page that is at root.
func serve(root string, find func(path string) (file, bool)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")

		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		if r.URL.Path == strings.TrimSuffix(root, "/") {
			http.Redirect(w, r, root, http.StatusPermanentRedirect)
			return
		}
		f, ok := find(r.URL.Path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		h.Set("Content-Type", f.contentType)
		h.Set("Cache-Control", f.cacheControl)
		h.Set("Vary", "Accept-Encoding")
		body, etag := f.body, f.etag
		if acceptsGzip(r) {
			body, etag = f.gzipped(), f.etag+"-gzip"
			h.Set("Content-Encoding", "gzip")
		}
		h.Set("ETag", `"`+etag+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	})
}

type file struct {
	body                      []byte
	gzipped                   func() []byte // made when first asked for
	contentType, cacheControl string
	etag                      string // of the body, without quotes
}

// load maps every URL path below root to its file in dist. A path that is not in the map does not
// exist, whatever it is made of.
func load(dist, root string) map[string]file {
	files := make(map[string]file)
	err := fs.WalkDir(embedded, dist, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		contentType, ok := contentTypes[path.Ext(name)]
		if !ok {
			return fmt.Errorf("no content type is known for %s", name)
		}
		sum := sha256.Sum256(body)
		f := file{
			body:         body,
			contentType:  contentType,
			gzipped:      sync.OnceValue(func() []byte { return compress(body) }),
			cacheControl: "no-cache",
			etag:         base64.RawURLEncoding.EncodeToString(sum[:]),
		}
		rest := strings.TrimPrefix(name, dist+"/")
		if strings.HasPrefix(rest, "assets/") { // their names carry a hash of what is in them
			f.cacheControl = "public, max-age=31536000, immutable"
		}
		files[root+rest] = f
		return nil
	})
	if err != nil { // the files are part of the binary: it was built wrong
		panic(fmt.Sprintf("console: embedded %s: %v", dist, err))
	}
	files[root] = files[root+"index.html"]
	return files
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	// Neither call can fail: a buffer takes everything.
	if _, err := z.Write(body); err != nil {
		panic(fmt.Sprintf("console: compress: %v", err))
	}
	if err := z.Close(); err != nil {
		panic(fmt.Sprintf("console: compress: %v", err))
	}
	return b.Bytes()
}

// acceptsGzip errs on the side of no: a client that weighs its encodings in unusual ways gets the
// plain file.
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		if strings.TrimSpace(coding) == "gzip" {
			return true
		}
	}
	return false
}

// contentTypes are spelt out, because package mime would also ask the machine's own tables.
var contentTypes = map[string]string{
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".css":   "text/css; charset=utf-8",
	".svg":   "image/svg+xml",
	".txt":   "text/plain; charset=utf-8",
	".woff2": "font/woff2",
}
