package main

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// unhurried is a listener whose connections set timers only for those who wait.
//
// net/http moves the deadlines of a connection eight times in each request, and hardly ever waits until one of
// them. The timers behind them are a twentieth of what a small request costs.
type unhurried struct{ net.Listener }

func (l unhurried) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	return &conn{Conn: c, reading: limit{begun: begun, set: c.SetReadDeadline}, writing: limit{begun: begun, set: c.SetWriteDeadline}}, nil
}

// conn is a connection of such a listener.
type conn struct {
	net.Conn
	reading, writing limit
}

func (c *conn) Read(b []byte) (int, error) {
	for {
		if err := c.reading.begin(); err != nil {
			return 0, err
		}
		n, err := c.Conn.Read(b)
		if !c.reading.early(err) {
			return n, err
		}
	}
}

func (c *conn) Write(b []byte) (int, error) {
	for written := 0; ; {
		if err := c.writing.begin(); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(b[written:])
		written += n
		if !c.writing.early(err) {
			return written, err
		}
	}
}

func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *conn) SetReadDeadline(t time.Time) error { return c.reading.until(t) }

func (c *conn) SetWriteDeadline(t time.Time) error { return c.writing.until(t) }

// CloseWrite is what net/http looks for when it refuses a request before it has arrived whole.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// limit is a deadline of a connection. It holds to the moment, but its timer may be off while nobody waits:
// whoever begins to wait moves a timer that is late, and whoever a timer wakes too early waits on.
type limit struct {
	begun time.Time             // of the connection
	set   func(time.Time) error // sets the timer

	mu      sync.Mutex
	at      time.Time // zero: there is none
	timer   time.Time // when the timer goes off; zero: never
	waiting int
}

// until changes the deadline, also of those who wait.
func (l *limit) until(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = t
	if l.waiting == 0 {
		return nil
	}
	return l.move()
}

// begin is called before who may have to wait.
func (l *limit) begin() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.at.IsZero(): // whoever is woken by a timer will stop it
	case l.at.Before(l.begun): // how net/http calls off its reading beside a handler
		return os.ErrDeadlineExceeded
	case l.timer.IsZero(), l.at.Before(l.timer):
		if err := l.move(); err != nil {
			return err
		}
	}
	l.waiting++
	return nil
}

// early is called with the result of what may have had to wait, and tells whether it has to be done again.
func (l *limit) early(err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting--
	if !errors.Is(err, os.ErrDeadlineExceeded) || !l.at.IsZero() && !l.at.After(l.timer) {
		return false
	}
	return l.move() == nil
}

// move sets the timer to the deadline.
func (l *limit) move() error {
	l.timer = l.at
	return l.set(l.at)
}
