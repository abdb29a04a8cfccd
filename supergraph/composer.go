package supergraph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"time"
	"unicode/utf8"
)

// Composer runs a program that composes subgraphs. On its standard input it gets
//
//	{"subgraphs": [{"name": "orders", "url": "https://...", "sdl": "..."}]}
//
// and on its standard output it answers, with exit code 0,
//
//	{"errors": [{"message": "..."}]}
//
// whose list is empty where they compose. It is run without a shell, and gets no variable of the
// environment but PATH, HOME and TMPDIR: the server's own hold secrets.
type Composer struct {
	command []string
	log     *slog.Logger
	running chan struct{}
}

const (
	// composerTimeout bounds one run, however patient its caller is.
	composerTimeout = 30 * time.Second
	// composersAtOnce bounds the programs that run at the same time.
	composersAtOnce = 2
	maxAnswer       = 1 << 20 // bytes
	maxMessages     = 50
	maxMessage      = 1_000 // characters
)

// NewComposer returns a composer that runs a command: a program and its arguments.
func NewComposer(command []string, log *slog.Logger) (*Composer, error) {
	if len(command) == 0 {
		return nil, nil
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		return nil, fmt.Errorf("composer: %w", err)
	}
	return &Composer{command, log, make(chan struct{}, composersAtOnce)}, nil
}

// compose returns what is wrong, in the composer's words; nothing where the subgraphs compose.
func (c *Composer) compose(ctx context.Context, list []Subgraph) ([]string, error) {
	type subgraph struct {
		Name string `json:"name"`
		URL  string `json:"url"`
		SDL  string `json:"sdl"`
	}
	all := make([]subgraph, len(list))
	for i, s := range list {
		all[i] = subgraph{s.Name, s.URL, s.SDL}
	}
	input, err := json.Marshal(map[string]any{"subgraphs": all})
	if err != nil {
		return nil, fmt.Errorf("supergraph: encode: %w", err)
	}
	select {
	case c.running <- struct{}{}:
		defer func() { <-c.running }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	output, err := c.run(ctx, input)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Errors *[]struct{ Message string }
	}
	if err := json.Unmarshal(output, &answer); err != nil || answer.Errors == nil {
		c.log.ErrorContext(ctx, "the composer's answer cannot be understood", "bytes", len(output))
		return nil, fmt.Errorf("%w: it cannot be understood", ErrComposer)
	}
	var messages []string
	for _, one := range *answer.Errors {
		if len(messages) == maxMessages {
			break
		}
		messages = append(messages, shorten(one.Message))
	}
	return messages, nil
}

// run runs the program, and returns what it writes.
func (c *Composer) run(ctx context.Context, input []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, composerTimeout)
	defer cancel()
	output, complaints := bounded{most: maxAnswer, full: cancel}, bounded{most: 4 << 10}
	cmd := exec.CommandContext(ctx, c.command[0], c.command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &output, &complaints
	cmd.WaitDelay = time.Second // a child of its own may hold the pipes open
	cmd.Env = []string{}
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	defer group(cmd)()
	err := cmd.Run()
	switch {
	case output.over:
		err = errors.New("it writes too much")
	case err == nil:
		return output.Bytes(), nil
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	c.log.ErrorContext(ctx, "the composer failed", "error", err, "says", shorten(complaints.String()))
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%w: it took too long", ErrComposer)
	}
	return nil, fmt.Errorf("%w: it failed; the log says how", ErrComposer)
}

// bounded keeps the first bytes that are written to it.
type bounded struct {
	bytes.Buffer
	most int
	full func() // called when there are more; nil: they are dropped
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if room := b.most - b.Len(); len(p) > room {
		b.Buffer.Write(p[:room])
		b.over = true
		if b.full != nil {
			b.full()
		}
		return len(p), nil
	}
	return b.Buffer.Write(p)
}

// shorten makes one line of a message, of bounded length.
func shorten(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	if utf8.RuneCountInString(s) > maxMessage {
		s = string([]rune(s)[:maxMessage]) + "…"
	}
	return s
}
