package mongo_test

import (
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// proxy stands between the driver and the server. It forwards message by message, notes commands
// and breaks connections.
type proxy struct {
	listener net.Listener
	server   string

	mu       sync.Mutex
	conns    map[net.Conn]bool
	cutting  float64 // the probability that a message breaks its connection
	cut      int     // connections broken
	down     bool    // connections are refused
	commands []bson.Raw
}

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, server: server, conns: map[net.Conn]bool{}}
	var wg sync.WaitGroup
	wg.Go(func() { p.serve(&wg) })
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		p.setDown(true)
		wg.Wait()
	})
	return p
}

func (p *proxy) serve(wg *sync.WaitGroup) {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil || !p.adopt(client, server) {
			drop(client, server)
			continue
		}
		wg.Go(func() { p.forward(server, client, true) })
		wg.Go(func() { p.forward(client, server, false) })
	}
}

func drop(conns ...net.Conn) {
	for _, conn := range conns {
		if conn != nil {
			_ = conn.Close() // the other side may have closed it
		}
	}
}

func (p *proxy) adopt(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		p.conns[conn] = !p.down
	}
	return !p.down
}

// forward moves messages until the connection ends or is to be cut: before the message, so that
// the server never sees a command or the driver never sees an answer.
func (p *proxy) forward(to, from net.Conn, commands bool) {
	defer drop(to, from)
	for {
		message, err := readMessage(from)
		if err != nil || !p.pass(message, commands) {
			return
		}
		if _, err := to.Write(message); err != nil {
			return
		}
	}
}

func readMessage(from io.Reader) ([]byte, error) {
	length := make([]byte, 4)
	if _, err := io.ReadFull(from, length); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(length)
	if n < 16 || n > 64<<20 {
		return nil, errors.New("no message of the protocol")
	}
	message := make([]byte, n)
	copy(message, length)
	_, err := io.ReadFull(from, message[4:])
	return message, err
}

func (p *proxy) pass(message []byte, command bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if rand.Float64() < p.cutting {
		p.cut++
		return false
	}
	// OP_MSG: a header of 16 bytes, flags of 4, the kind of the first section, and its document.
	const opMsg, start = 2013, 21
	if command && len(message) > start+4 && binary.LittleEndian.Uint32(message[12:]) == opMsg && message[start-1] == 0 {
		if n := int(binary.LittleEndian.Uint32(message[start:])); n <= len(message)-start {
			p.commands = append(p.commands, bson.Raw(message[start:start+n]))
		}
	}
	return true
}

func (p *proxy) setCutting(probability float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutting = probability
}

// setDown breaks all connections and refuses new ones, or accepts them again.
func (p *proxy) setDown(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
	if down {
		for conn := range p.conns {
			drop(conn)
		}
		clear(p.conns)
	}
}

func (p *proxy) cuts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cut
}

// during returns the queries that went through while f ran.
func (p *proxy) during(f func()) (finds []bson.Raw) {
	p.mu.Lock()
	p.commands = nil
	p.mu.Unlock()
	f()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, command := range p.commands {
		if _, err := command.LookupErr("find"); err == nil {
			finds = append(finds, command)
		}
	}
	return finds
}
