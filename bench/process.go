// Package bench starts servers as child processes in order to measure them. What is measured is in
// its tests (go test -bench . ./bench) and in bench/load; bench/run does all of it.
package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Server is a running child process that serves HTTP on the loopback interface.
type Server struct {
	Address string // host:port
	Token   string // sent as bearer token
	process *exec.Cmd
}

// AnyProcessor lets a server run on all processors.
const AnyProcessor = -1

var listening = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`)

// Start starts a server, confined to one processor unless that is AnyProcessor, and waits until it
// prints its address.
func Start(processor int, environment []string, program string, args ...string) (*Server, error) {
	command := append([]string{program}, args...)
	if processor != AnyProcessor {
		command = append([]string{"taskset", "-c", strconv.Itoa(processor)}, command...)
	}
	s := &Server{process: exec.Command(command[0], command[1:]...)}
	s.process.Env = append(os.Environ(), environment...)
	var failure bytes.Buffer
	s.process.Stderr = &failure
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	late := time.AfterFunc(30*time.Second, func() { s.process.Process.Kill() })
	defer late.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if at := listening.FindStringSubmatch(lines.Text()); at != nil {
			s.Address = at[1]
			go io.Copy(io.Discard, out)
			return s, nil
		}
	}
	err = s.process.Wait()
	return nil, fmt.Errorf("start %s: it ended without an address: %w: %.1000s", program, err, &failure)
}

// StartProfilegraph starts the program on a data folder, which is made if it is missing, or on the
// database that a MongoDB connection string names. The first start on a store leaves the admin key in
// the folder, whence it is taken.
func StartProfilegraph(processor int, binary, folder, mongodb string) (*Server, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	keyFile := filepath.Join(folder, "key")
	s, err := Start(processor, []string{"MONGODB_URI=" + mongodb}, binary, "--listen", "127.0.0.1:0", "--data", folder, "--admin-key-file", keyFile)
	if err != nil {
		return nil, err
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	s.Token = strings.TrimSpace(string(key))
	return s, nil
}

// Stop ends the server as an operator would, and waits for its end.
func (s *Server) Stop() error { return s.end(syscall.SIGTERM) }

func (s *Server) end(by os.Signal) error {
	if s.process.ProcessState != nil { // it has ended
		return nil
	}
	if err := s.process.Process.Signal(by); err != nil {
		return err
	}
	var exit *exec.ExitError
	if err := s.process.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

// Kill ends the server without giving it time for anything, and waits for its end.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

// Send sends one request and returns the body of its answer, which must have status 200.
func (s *Server) Send(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.Address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.Token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %.500s", method, path, answer.Status, text)
	}
	return text, err
}

// ticksPerSecond is the unit of processor time in /proc, the same on every Linux machine.
const ticksPerSecond = 100

// ProcessorTime is what the server has used so far, in user and in kernel mode.
func (s *Server) ProcessorTime() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name, in parentheses; utime and stime are the 14th and 15th.
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat has too few fields")
	}
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}

// Database returns the connection string of a new database on the MongoDB server that uri names,
// and what removes it.
func Database(uri string) (own string, drop func() error, err error) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", nil, errors.New("the MongoDB connection string cannot be parsed") // the reason would quote its password
	}
	name := "profilegraph_bench_" + strings.ToLower(rand.Text()[:8])
	u.Path = "/" + name
	own = u.String()
	return own, func() error {
		client, err := mongo.Connect(options.Client().ApplyURI(own))
		if err != nil {
			return err
		}
		return errors.Join(client.Database(name).Drop(context.Background()), client.Disconnect(context.Background()))
	}, nil
}

// OwnFields is a schema with the fields that an account adds to the 16 of the default Profile, to have 49.
func OwnFields() []byte {
	forms := []string{
		`"text%d":{"type":["string","null"],"maxLength":200,"description":"A text.","sensitive":true,"pii":true}`,
		`"number%d":{"type":["integer","null"],"minimum":0,"description":"A number.","sensitive":false}`,
		`"choice%d":{"type":["string","null"],"enum":["small","medium","large",null],"description":"A choice.","sensitive":false}`,
		`"day%d":{"type":["string","null"],"format":"date","description":"A day.","sensitive":true}`,
	}
	var fields []string
	for i := range 33 {
		fields = append(fields, fmt.Sprintf(forms[i%len(forms)], i))
	}
	return []byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{` + strings.Join(fields, ",") + `}}`)
}

// OneField is a schema with a single field.
func OneField(name string) []byte {
	return fmt.Appendf(nil, `{"type":"object","properties":{"%s":{"type":["string","null"],"description":"The newest field.","sensitive":false}}}`, name)
}

// Unsealed is a schema with fields of the default Profile, of which none is sensitive.
func Unsealed() []byte {
	var fields []string
	for _, name := range []string{"firstName", "lastName", "email", "document", "documentType", "cellPhone", "birthdate", "gender", "priceTable"} {
		fields = append(fields, fmt.Sprintf(`"%s":{"type":["string","null"],"sensitive":false}`, name))
	}
	return []byte(`{"type":"object","properties":{` + strings.Join(fields, ",") + `}}`)
}
