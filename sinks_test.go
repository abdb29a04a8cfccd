package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A copy of the record goes to the standard output, and whoever read it leaves. That is no reason to end; it is
// one to refuse, where every sink must have every entry.
func TestStandardOutputCloses(t *testing.T) {
	const childEnv = "PROFILEGRAPH_TEST_STDOUT"
	if arguments := os.Getenv(childEnv); arguments != "" {
		os.Exit(command(strings.Fields(arguments), os.Stdin, os.Stdout, os.Stderr))
	}
	for _, every := range []bool{false, true} {
		arguments := "serve --listen=127.0.0.1:0 --audit-sink=stdout --data=" + filepath.Join(t.TempDir(), "data")
		if every {
			arguments += " --audit-all"
		}
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		child.Env = append(os.Environ(), childEnv+"="+arguments)
		child.Stderr = new(bytes.Buffer)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		banner := regexp.MustCompile(`curl (\S+)/graphql .*Bearer (\S+)'`)
		var admin *client
		for lines := bufio.NewScanner(out); admin == nil && lines.Scan(); {
			if found := banner.FindStringSubmatch(lines.Text()); found != nil {
				admin = &client{t: t, url: found[1], key: found[2]}
			}
		}
		if admin == nil {
			t.Fatalf("the child has no banner: %s", child.Stderr)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		id := admin.profile("john.doe@example.com")
		for range 3 {
			r := admin.ask(`query($id: ID!) { profile(id: $id) { email(unmask: {reason: "customer asked by phone"}) } }`, vars{"id": id})
			if shown := strings.Contains(r.Text, "john.doe"); shown == every || every && r.code() != "AUDIT_UNAVAILABLE" {
				t.Errorf("all=%v: %s", every, r.Text)
			}
		}
		if err := child.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); err != nil {
			t.Errorf("the server ended with %v: %s", err, child.Stderr)
		}
	}
}
