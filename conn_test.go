package main

import (
	"net"
	"testing"

	"golang.org/x/net/nettest"
)

// A connection behaves as the net package says, deadlines above all.
func TestConnections(t *testing.T) {
	nettest.TestConn(t, func() (client, server net.Conn, stop func(), err error) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, nil, err
		}
		defer listener.Close()
		if client, err = net.Dial("tcp", listener.Addr().String()); err != nil {
			return nil, nil, nil, err
		}
		if server, err = (unhurried{listener}).Accept(); err != nil {
			return nil, nil, nil, err
		}
		return client, server, func() { client.Close(); server.Close() }, nil
	})
}
