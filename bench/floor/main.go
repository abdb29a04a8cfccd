// Floor is what a read over HTTP costs at least: a bare net/http handler that reads the record whose
// id is the request's path, and answers with fixed bytes. It authenticates nobody, understands no query,
// masks nothing and sets no limits. Under /entities it reads what the representations in a request's
// variables name, in one look-up.
//
//	floor STORE ANSWER ENTITIES
//
// STORE is the file of an embedded store that profilegraph wrote, or the address of a database with
// profiles in the collection `plain`; there it reads through MongoDB's driver. ANSWER and ENTITIES hold
// the bytes. It listens on a free port of the loopback interface and prints its address.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/bolt"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: floor STORE ANSWER ENTITIES")
	}
	log.Fatal(serve(os.Args[1], os.Args[2], os.Args[3]))
}

// reader reads the records of ids, or those that a key of theirs has one of the values.
type reader func(ctx context.Context, key string, values []string) error

func serve(store, answerFile, entitiesFile string) error {
	answer, err := os.ReadFile(answerFile)
	if err != nil {
		return err
	}
	entities, err := os.ReadFile(entitiesFile)
	if err != nil {
		return err
	}
	open := embedded
	if strings.HasPrefix(store, "mongodb") {
		open = database
	}
	read, err := open(store)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	contentType := []string{"application/json"}
	write := func(w http.ResponseWriter, err error, answer []byte) {
		if err != nil {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		w.Header()["Content-Type"] = contentType
		w.Header()["Content-Length"] = []string{fmt.Sprint(len(answer))}
		w.Write(answer)
	}
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/entities" {
			write(w, read(r.Context(), "id", []string{r.URL.Path[1:]}), answer)
			return
		}
		var body struct {
			Variables struct {
				Representations []struct{ ID, Email string }
			}
		}
		err := json.NewDecoder(r.Body).Decode(&body)
		key, values := "id", make([]string, len(body.Variables.Representations))
		for i, one := range body.Variables.Representations {
			if values[i] = one.ID; one.Email != "" {
				key, values[i] = "email", one.Email
			}
		}
		if err == nil {
			err = read(r.Context(), key, values)
		}
		write(w, err, entities)
	}))
}

func embedded(file string) (reader, error) {
	store, err := bolt.Open(bolt.Options{Path: file})
	if err != nil {
		return nil, err
	}
	profiles := storage.Space{Account: "main", Collection: storage.Documents, Part: "Profile"}
	return func(ctx context.Context, _ string, ids []string) error {
		if len(ids) == 1 {
			_, err := store.Get(ctx, profiles, ids[0])
			return err
		}
		found, err := store.GetMany(ctx, profiles, ids, nil)
		for _, r := range found {
			if r.ID == "" {
				return storage.ErrNotFound
			}
		}
		return err
	}, nil
}

func database(address string) (reader, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	client, err := mongo.Connect(options.Client().ApplyURI(address))
	if err != nil {
		return nil, err
	}
	plain := client.Database(strings.Trim(u.Path, "/")).Collection("plain")
	return func(ctx context.Context, key string, values []string) error {
		if key == "id" {
			key = "_id"
		}
		cursor, err := plain.Find(ctx, bson.D{{Key: key, Value: bson.D{{Key: "$in", Value: values}}}})
		if err != nil {
			return err
		}
		var found []bson.Raw
		if err := cursor.All(ctx, &found); err != nil {
			return err
		}
		if len(found) != len(values) {
			return storage.ErrNotFound
		}
		return nil
	}, nil
}
