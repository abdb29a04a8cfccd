// Floor is what a read over HTTP costs at least: a bare net/http handler that reads the record whose
// id is the request's path from an embedded store and answers with fixed bytes. It authenticates
// nobody, understands no query, masks nothing and sets no limits.
//
//	floor FILE ANSWER
//
// FILE is a store that profilegraph wrote, ANSWER holds the bytes. It listens on a free port of the
// loopback interface and prints its address.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/bolt"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: floor FILE ANSWER")
	}
	log.Fatal(serve(os.Args[1], os.Args[2]))
}

func serve(file, answerFile string) error {
	answer, err := os.ReadFile(answerFile)
	if err != nil {
		return err
	}
	store, err := bolt.Open(bolt.Options{Path: file})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	profiles := storage.Space{Account: "main", Collection: storage.Documents, Part: "Profile"}
	contentType := []string{"application/json"}
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := store.Get(r.Context(), profiles, r.URL.Path[1:]); err != nil {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		w.Header()["Content-Type"] = contentType
		w.Write(answer)
	}))
}
