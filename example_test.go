package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// exampleTestEnv is set where the example of a federated graph is to be followed: it needs Node, and
// installs a gateway.
const exampleTestEnv = "PROFILEGRAPH_TEST_EXAMPLE"

// TestExample follows examples/federation/README.md, as TestDocumentedCommands does other documents.
func TestExample(t *testing.T) {
	if os.Getenv(exampleTestEnv) == "" {
		t.Skip(exampleTestEnv, "is not set")
	}
	const file = "examples/federation/README.md"
	r := newReader(t, filepath.Join(t.TempDir(), "profilegraph"))
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(here, "examples"), filepath.Join(r.dir, "examples")); err != nil {
		t.Fatal(err)
	}
	tour := filepath.Join(r.dir, "tour")
	addresses := map[string]string{}
	settings := "export TOUR=" + tour
	for port, name := range map[string]string{"8080": "PROFILES_PORT", "4001": "ORDERS_PORT", "4000": "GATEWAY_PORT"} {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		free.Close()
		addresses["127.0.0.1:"+port] = free.Addr().String()
		_, number, _ := strings.Cut(free.Addr().String(), ":")
		settings += " " + name + "=" + number
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GONOSUMDB", "GOSUMDB"} { // the shell has a home of its own
		out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		settings += " " + name + "='" + strings.TrimSpace(string(out)) + "'"
	}
	r.address = addresses[shownAddress]
	r.execute(t, settings)
	d := readDocument(t, read(t, file))
	for i := range d.commands {
		c := &d.commands[i]
		for shown, real := range addresses {
			c.text = strings.ReplaceAll(c.text, shown, real)
			for n := range c.output {
				c.output[n] = strings.ReplaceAll(c.output[n], shown, real)
			}
		}
		c.text = strings.ReplaceAll(c.text, "examples/federation/tour", tour)
		r.run(t, file, c)
	}
}
