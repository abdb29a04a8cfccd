package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var updateDocs = flag.Bool("update-docs", false, "write what the documents' commands print into the documents")

// The documents whose commands are run: each on its own, from the top, in one shell and one folder.
func documents(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("docs/*.md")
	if err != nil || len(list) == 0 {
		t.Fatal("no documents", err)
	}
	return append([]string{"README.md", "CONTRIBUTING.md", "SECURITY.md"}, list...)
}

// What is in the documents as it would be on the reader's machine.
const (
	shownAddress = "127.0.0.1:8080"
	shownMongo   = "mongodb://127.0.0.1:27017/profilegraph"
)

// notRun are commands that this test cannot run, because it is they that run it.
var notRun = regexp.MustCompile(`^(go test|\.ci/run)\b`)

// TestDocumentedCommands runs every command in a ```console block of every document, against a
// server that the document starts, and compares what it prints with what the document says. In the
// document "…" stands for any characters within a line; alone in a line, for any lines.
func TestDocumentedCommands(t *testing.T) {
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the documents' commands are not run, since they need %s: %v", tool, err)
		}
	}
	program := filepath.Join(t.TempDir(), "profilegraph")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, name := range documents(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := readDocument(t, read(t, name))
			if len(d.commands) == 0 {
				t.Skip("no commands")
			}
			s := newReader(t, program)
			for i := range d.commands {
				s.run(t, name, &d.commands[i])
			}
			if *updateDocs && !t.Failed() {
				if err := os.WriteFile(name, []byte(d.rewritten()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// document is a text with the commands in it.
type document struct {
	lines    []string
	commands []documented
}

// documented is a command and what the document says that it prints.
type documented struct {
	line, first, end int // of the command, of its output, and behind that; from 0
	text             string
	output           []string
	printed          []string // what it printed, nil when that is what the document says
}

var shellFence = regexp.MustCompile("^```(console|sh|shell|bash|zsh)\\b")

// readDocument finds the commands: lines in console blocks that begin with "$ ", with the lines that
// a quotation or a "\" at the end joins to them.
func readDocument(t *testing.T, text string) *document {
	t.Helper()
	d := &document{lines: strings.Split(text, "\n")}
	inside := false
	var last *documented
	for i := 0; i < len(d.lines); i++ {
		line := d.lines[i]
		switch {
		case !inside:
			if fence := shellFence.FindStringSubmatch(line); fence != nil {
				if fence[1] != "console" {
					t.Errorf("line %d: commands stand in ```console blocks, or they would not be tested", i+1)
				}
				inside = true
			}
		case strings.HasPrefix(line, "```"):
			inside, last = false, nil
		case strings.HasPrefix(line, "$ "):
			c := documented{line: i, text: line[2:]}
			for (strings.HasSuffix(c.text, `\`) || strings.Count(c.text, "'")%2 == 1) && i+1 < len(d.lines) {
				i++
				c.text += "\n" + d.lines[i]
			}
			c.first, c.end = i+1, i+1
			d.commands = append(d.commands, c)
			last = &d.commands[len(d.commands)-1]
		case last == nil:
			t.Errorf("line %d: a console block begins with a command", i+1)
		default:
			last.output = append(last.output, line)
			last.end = i + 1
		}
	}
	if inside {
		t.Error("a block is not closed")
	}
	for i := range d.commands { // an empty line between commands is no output
		c := &d.commands[i]
		for len(c.output) > 0 && c.output[len(c.output)-1] == "" {
			c.output, c.end = c.output[:len(c.output)-1], c.end-1
		}
	}
	return d
}

// rewritten returns the document with the outputs that were otherwise.
func (d *document) rewritten() string {
	var out []string
	at := 0
	for _, c := range d.commands {
		out = append(out, d.lines[at:c.first]...)
		at = c.first
		if c.printed != nil {
			out = append(out, c.printed...)
			at = c.end
		}
	}
	return strings.Join(append(out, d.lines[at:]...), "\n")
}

// volatile is what differs from run to run, with what the documents show of it.
var volatile = []struct {
	is    *regexp.Regexp
	shown string
}{
	{regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`), "…"},
	{regexp.MustCompile(`\bpg_[a-z0-9]{16}_[\w-]{43}`), "pg_…"},
	{regexp.MustCompile(`\b(\d+)-[a-z2-7]{12}\b`), "$1-…"},
	{regexp.MustCompile(`\bkey:[a-z2-7]{16}\b`), "key:…"},
	{regexp.MustCompile(`\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "…"},
	{regexp.MustCompile(`(?m)^[a-z2-7]{16}\b`), "…"},
	{regexp.MustCompile(`"key":"[a-z2-7]{16}"`), `"key":"…"`},
	{regexp.MustCompile(`"requestId":"[0-9a-z]+"`), `"requestId":"…"`},
	{regexp.MustCompile(`KEK version [0-9a-f]{8}`), "KEK version …"},
	{regexp.MustCompile(`\b[a-z2-7]{26}\b`), "…"},                    // approvals
	{regexp.MustCompile(`"checkpoint":"[^"]*"`), `"checkpoint":"…"`}, // in answers
	{regexp.MustCompile(`(?m)^[A-Za-z0-9+/]{43}=$`), "…"},
	{regexp.MustCompile(`— profilegraph \S+`), "— profilegraph …"},
	{regexp.MustCompile(`\bprofilegraph\+[0-9a-f]{8}\+\S+`), "profilegraph+…"},
	{regexp.MustCompile(`(?m)[ \t\r]+$`), ""},
}

// columns are what parts the columns of a table; their width depends on what is in them.
var columns = regexp.MustCompile(` {2,}`)

// matches compares what was printed with what the document says.
func matches(shown []string, printed string) bool {
	printed = columns.ReplaceAllString(printed, "  ")
	var b strings.Builder
	for _, line := range shown {
		if line == "…" {
			b.WriteString(`(.*\n)*`)
			continue
		}
		parts := strings.Split(columns.ReplaceAllString(line, "  "), "…")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		b.WriteString(strings.Join(parts, ".*") + `[ \t\r]*\n`)
	}
	if printed != "" {
		printed += "\n"
	}
	return regexp.MustCompile(`^(?:` + b.String() + `)$`).MatchString(printed)
}

// reader is somebody who follows a document: a folder, a shell in it, and the server that the last
// start command started.
type reader struct {
	program string
	dir     string
	shell   io.Writer
	printed *bufio.Reader
	address string
	stop    func() error
	absent  bool // the document is at a server that is not there, and waits for the next start
}

func newReader(t *testing.T, program string) *reader {
	t.Helper()
	r := &reader{program: program, dir: t.TempDir(), stop: func() error { return nil }}
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("the server did not end well: %v", err)
		}
	})
	shell := exec.Command("sh") // ends with its input, at the end of the test
	shell.Dir = r.dir
	shell.Env = r.environment()
	in, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	shell.Stdout, shell.Stderr = write, write
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	t.Cleanup(func() {
		in.Close()
		if err := shell.Wait(); err != nil {
			t.Errorf("the shell did not end well: %v", err)
		}
	})
	r.shell, r.printed = in, bufio.NewReader(out)
	return r
}

// environment is a bare one, so that the machine's own settings change nothing.
func (r *reader) environment() []string {
	path := filepath.Dir(r.program) + string(filepath.ListSeparator) + os.Getenv("PATH")
	// A server that is started again is at the address of the one before, which functions of the
	// shell may hold, as it is for the reader.
	return []string{"PATH=" + path, "HOME=" + r.dir, "LC_ALL=C", "TZ=UTC", "PROFILEGRAPH_LISTEN=" + cmp.Or(r.address, "127.0.0.1:0")}
}

// serverStart is a command that starts the server, with the variables set for it.
var serverStart = regexp.MustCompile(`^((?:[A-Z_]+=\S+ )*)(?:go run \.|profilegraph)((?: serve)?(?: --.*)?)$`)

// run runs one command and compares its output.
func (r *reader) run(t *testing.T, file string, c *documented) {
	t.Helper()
	if notRun.MatchString(c.text) {
		return
	}
	var output string
	if start := serverStart.FindStringSubmatch(c.text); start != nil {
		output = r.start(t, start[1], start[2])
		if r.absent {
			t.Logf("%s:%d and what follows is not run: %s is not set", file, c.line+1, mongoTestEnv)
			return
		}
	} else if r.absent {
		return
	} else {
		output = r.execute(t, c.text)
	}
	output = strings.ReplaceAll(output, r.address, shownAddress)
	if matches(c.output, output) {
		return
	}
	for _, v := range volatile {
		output = v.is.ReplaceAllString(output, v.shown)
	}
	c.printed = []string{}
	if output != "" {
		c.printed = strings.Split(output, "\n")
	}
	if !*updateDocs {
		t.Errorf("%s:%d: $ %s\n--- the document says\n%s\n--- it prints\n%s\n(go test -run TestDocumentedCommands . -args -update-docs writes it into the document)",
			file, c.line+1, c.text, strings.Join(c.output, "\n"), output)
	}
}

// execute gives a command to the shell and returns what it prints.
func (r *reader) execute(t *testing.T, text string) string {
	t.Helper()
	text = strings.ReplaceAll(text, shownAddress, r.address)
	if rest, ok := strings.CutPrefix(text, "go run ."); ok {
		text = "profilegraph" + rest
	}
	mark := fmt.Sprintf("done-%x", rand.Uint64())
	if _, err := fmt.Fprintf(r.shell, "PROFILEGRAPH_URL=http://%s; export PROFILEGRAPH_URL\n%s\nprintf '\\n%s\\n'\n", r.address, text, mark); err != nil {
		t.Fatal(err)
	}
	done := make(chan string, 1)
	go func() {
		var b strings.Builder
		for {
			line, err := r.printed.ReadString('\n')
			if err != nil || strings.HasPrefix(line, mark) {
				break
			}
			b.WriteString(line)
		}
		done <- b.String()
	}()
	select {
	case printed := <-done:
		return strings.Trim(printed, "\n")
	case <-time.After(time.Minute):
		t.Fatalf("does not end: %s", text)
		return ""
	}
}

// start starts the server in place of the one before and returns what it prints until it serves.
func (r *reader) start(t *testing.T, variables, arguments string) string {
	t.Helper()
	if err := r.stop(); err != nil {
		t.Fatalf("the server did not end well: %v", err)
	}
	r.stop = func() error { return nil }
	r.absent = false
	if strings.Contains(variables, "MONGODB_URI=") {
		if os.Getenv(mongoTestEnv) == "" {
			r.absent = true
			return ""
		}
		variables = strings.ReplaceAll(variables, shownMongo, freshDatabase(t))
	}
	server := exec.Command("sh", "-c", variables+"exec profilegraph"+arguments)
	server.Dir, server.Env = r.dir, r.environment()
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	server.Stdout = out
	logs, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(logs)
	var log strings.Builder
	for lines.Scan() && !strings.Contains(lines.Text(), `"msg":"serving"`) {
		log.WriteString(lines.Text() + "\n")
	}
	r.address = regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(lines.Text())
	drained := make(chan struct{})
	go func() {
		for lines.Scan() { // an unread pipe would hold up the server
		}
		close(drained)
	}()
	r.stop = func() error {
		if err := server.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		<-drained
		return server.Wait()
	}
	if _, _, err := net.SplitHostPort(r.address); err != nil {
		t.Fatalf("the server does not start:\n%s", log.String())
	}
	printed, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(string(printed), "\n")
}
