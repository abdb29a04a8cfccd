//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// client is one keep-alive connection to a peer. It does as little as HTTP/1.1 allows, so that the
// peer is what is measured and not the client: an answer must have a Content-Length. Nor does it sleep, unless a
// database needs its processor: whoever sends to one that is asleep pays for waking it, most of all in a virtual machine.
type client struct {
	conn    *net.TCPConn
	raw     syscall.RawConn
	sleeps  bool
	reader  *bufio.Reader
	request []byte
}

// largestAnswer is the largest body that a client takes.
const largestAnswer = 1 << 20

func dial(p *peer) (*client, error) {
	conn, err := net.DialTimeout("tcp", p.Address, 5*time.Second)
	if err != nil {
		return nil, err
	}
	c := &client{conn: conn.(*net.TCPConn), sleeps: p.crowded}
	if c.raw, err = c.conn.SyscallConn(); err != nil {
		return nil, err
	}
	c.reader = bufio.NewReaderSize(c, largestAnswer)
	return c, nil
}

// answerWithin is how long an answer may take.
const answerWithin = 20 * time.Second

// Read waits for what arrives. A client that does not sleep asks until there is something, and lets the others ask
// meanwhile.
func (c *client) Read(b []byte) (n int, err error) {
	if c.sleeps {
		if err := c.conn.SetReadDeadline(time.Now().Add(answerWithin)); err != nil {
			return 0, err
		}
		return c.conn.Read(b)
	}
	for begun := time.Now(); ; runtime.Gosched() {
		if failed := c.raw.Read(func(fd uintptr) bool {
			n, err = syscall.Read(int(fd), b)
			return true
		}); failed != nil {
			return 0, failed
		}
		switch {
		case errors.Is(err, syscall.EAGAIN):
			if time.Since(begun) > answerWithin {
				return 0, os.ErrDeadlineExceeded
			}
		case err == nil && n == 0:
			return 0, io.EOF
		default:
			return max(n, 0), err
		}
	}
}

func (c *client) close() error { return c.conn.Close() }

// do sends one request and returns the body of its answer, which must have status 200. The body is
// good until the next call.
func (c *client) do(method, path, token string, body []byte) ([]byte, error) {
	b := append(c.request[:0], method...)
	b = append(append(append(b, ' '), path...), " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nContent-Type: application/json\r\nAuthorization: Bearer "...)
	b = append(append(b, token...), "\r\nContent-Length: "...)
	b = append(strconv.AppendInt(b, int64(len(body)), 10), "\r\n\r\n"...)
	c.request = append(b, body...)
	if _, err := c.conn.Write(c.request); err != nil {
		return nil, err
	}
	return c.answer()
}

func (c *client) answer() ([]byte, error) {
	status, err := c.reader.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	var refusal string
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		refusal = string(bytes.TrimSpace(status))
	}
	length := -1
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(line) <= 2 {
			break
		}
		const name = "content-length:"
		if len(line) > len(name) && bytes.EqualFold(line[:len(name)], []byte(name)) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(name):]))); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 || length > largestAnswer {
		return nil, errors.New("the answer has no length that can be used")
	}
	body, err := c.reader.Peek(length)
	if err != nil {
		return nil, err
	}
	if refusal != "" {
		return nil, fmt.Errorf("%s: %.500s", refusal, body)
	}
	_, err = c.reader.Discard(length)
	return body, err
}
