package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The documented proxy, in front of the program: what is asked for through it is answered as without. It needs nginx;
// with PROFILEGRAPH_TEST_NGINX set, as in CI, it must be there.
func TestDocumentedProxy(t *testing.T) {
	t.Parallel()
	nginx, err := exec.LookPath("nginx")
	if err != nil && os.Getenv("PROFILEGRAPH_TEST_NGINX") == "" {
		t.Skip("not run: ", err)
	}
	p := start(t, defaults(t))
	in, errors := proxied(t, nginx, strings.TrimPrefix(p.base, "http://"))
	in.key = printedKey.FindString(p.out.String())
	ask := func(method, path, body string, header ...string) *reply {
		t.Helper()
		return in.send(method, path, strings.NewReader(body), header...)
	}
	const isJSON, query = "application/json", `{"query":"{ profiles { nodes { id } } }"}`

	if r := ask("POST", "/graphql", query, "Content-Type", isJSON, "X-Request-Id", "of-a-client-1"); r.Status != 200 || r.Data == nil || r.Header.Get("X-Request-Id") != "of-a-client-1" {
		t.Errorf("a query: %+v", r)
	}
	for path, size := range map[string]int{"/graphql": 1 << 20, "/control/graphql": 4 << 20} {
		if r := ask("POST", path, query+strings.Repeat(" ", size), "Content-Type", isJSON); r.Status != 413 || r.code() != "PAYLOAD_TOO_LARGE" {
			t.Errorf("%s: %d %s", path, r.Status, r.Text)
		}
		if r := ask("POST", path, `{"query":"{ __typename }"}`+strings.Repeat(" ", size-100), "Content-Type", isJSON); r.Status != 200 {
			t.Errorf("%s: %d %s", path, r.Status, r.Text)
		}
	}
	if r := ask("POST", "/graphql", query, "Content-Type", isJSON, "Authorization", "Bearer "+strings.Repeat("x", 16<<10)); r.Status != 401 || r.code() != "UNAUTHENTICATED" {
		t.Errorf("a long token: %d %s", r.Status, r.Text)
	}

	up := ask("PUT", "/schemas/Profile", `{"properties": {"shoeSize": {"type": ["number", "null"]}}}`)
	if up.Status != 200 || up.Header.Get("ETag") != `"1"` {
		t.Errorf("a schema: %+v", up)
	}
	if r := ask("PUT", "/schemas/Profile", `{"properties": {"hatSize": {"type": ["number", "null"]}}}`, "If-Match", `"0"`); r.Status != 412 || r.code() != "VERSION_CONFLICT" {
		t.Errorf("a schema for another version: %d %s", r.Status, r.Text)
	}
	if r := ask("GET", "/audit/export", ""); r.Status != 200 || strings.Count(r.Text, "\n") < 3 {
		t.Errorf("an export: %d %s", r.Status, r.Text)
	}

	// A browser that says only where its page is from: that it is this server the host tells.
	signIn := ask("POST", "/console/session", fmt.Sprintf(`{"key": %q}`, in.key), "Content-Type", isJSON, "Origin", in.url)
	cookie, err := http.ParseSetCookie(signIn.Header.Get("Set-Cookie"))
	if err != nil || signIn.Status != 204 || !cookie.Secure || !cookie.HttpOnly || cookie.Path != "/" || cookie.Domain != "" {
		t.Fatalf("sign in: %v %+v", err, signIn)
	}
	in.key = ""
	if r := ask("GET", "/console/session", "", "Origin", in.url, "Cookie", cookie.Name+"="+cookie.Value); r.Status != 200 {
		t.Errorf("the session: %d %s", r.Status, r.Text)
	}
	if r := ask("GET", "/", ""); r.Status != 302 || r.Header.Get("Location") != "/console/" && r.Header.Get("Location") != in.url+"/console/" {
		t.Errorf("the first page: %d %q", r.Status, r.Header.Get("Location"))
	}
	if r := ask("GET", "/metrics", ""); r.Status != 404 {
		t.Errorf("metrics: %d", r.Status)
	}
	if log, err := os.ReadFile(errors); err != nil || strings.Contains(string(log), "temporary file") {
		t.Errorf("%v\n%s", err, log)
	}
}

// proxied starts nginx before the server at an address, configured as docs/operators.md says. It returns a client of
// it, and the file that it writes its errors to.
func proxied(t *testing.T, nginx, server string) (*client, string) {
	t.Helper()
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	_, rest, found := strings.Cut(read(t, "docs/operators.md"), "```nginx\n")
	text, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("there is no configuration")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	for is, becomes := range map[string]string{
		"server 127.0.0.1:8080;":            "server " + server + ";",
		"listen 443 ":                       "listen " + address + " ",
		"/etc/ssl/profiles.example.com.pem": file("cert.pem"),
		"/etc/ssl/profiles.example.com.key": file("key.pem"),
		"/var/log/nginx/profilegraph.log":   file("access.log"),
	} {
		if strings.Count(text, is) != 1 {
			t.Fatalf("the configuration does not have %q once", is)
		}
		text = strings.Replace(text, is, becomes, 1)
	}
	trusting := certify(t, file("cert.pem"), file("key.pem"))
	var places strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&places, "%s_temp_path %s;\n", kind, file(kind))
	}
	config := fmt.Sprintf("daemon off; master_process off; pid %s; error_log %s warn; events {}\nhttp {\n%s%s}\n", file("pid"), file("error.log"), &places, text)
	if err := os.WriteFile(file("nginx.conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	command := exec.CommandContext(ctx, nginx, "-e", file("error.log"), "-c", file("nginx.conf"))
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it is waited for
		command.Wait()                          //nolint:errcheck // how it ended does not matter
	})
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			break
		}
		if time.Since(begin) > 20*time.Second {
			log, _ := os.ReadFile(file("error.log"))
			t.Fatalf("nginx does not start: %s", log)
		}
	}
	return &client{t: t, url: "https://" + address, by: trusting}, file("error.log")
}
