//go:build unix

// Floor is what a read over HTTP costs at least: a bare net/http handler that reads what the variables of a
// request to /graphql name, the record of an id or those of representations, in one look-up, and answers
// with fixed bytes. It authenticates nobody, understands no query, masks nothing and sets no limits. Under
// /ID it reads the record of that id and does not look at the request's body. Under /recorded?ID it also
// writes an entry to a file and syncs it before it answers, one request after another.
//
//	floor STORE ANSWER ENTITIES
//
// STORE is the file of an embedded store that profilegraph wrote, or the address of its database; there
// it reads through MongoDB's driver, from the collection `plain` or, under /records, from that of
// profilegraph's documents. ANSWER and ENTITIES hold the bytes. It listens on a free port of the loopback
// interface and prints its address.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"

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

// reader reads the records of ids, or those that a key of theirs has one of the values; sealed are those
// that profilegraph itself wrote, where there are others.
type reader func(ctx context.Context, sealed bool, key string, values []string) error

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
	record, err := openRecord(answerFile + ".record")
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
		switch r.URL.Path {
		case "/graphql", "/records":
		case "/recorded":
			write(w, errors.Join(record.append(), read(r.Context(), true, "id", []string{r.URL.RawQuery})), answer)
			return
		default:
			write(w, read(r.Context(), true, "id", []string{r.URL.Path[1:]}), answer)
			return
		}
		var body struct {
			Variables struct {
				ID              string
				Representations []struct{ ID, Email string }
			}
		}
		err := json.NewDecoder(r.Body).Decode(&body)
		if err != nil || body.Variables.ID != "" {
			write(w, errors.Join(err, read(r.Context(), true, "id", []string{body.Variables.ID})), answer)
			return
		}
		key, values := "id", make([]string, len(body.Variables.Representations))
		for i, one := range body.Variables.Representations {
			if values[i] = one.ID; one.Email != "" {
				key, values[i] = "email", one.Email
			}
		}
		write(w, read(r.Context(), r.URL.Path == "/records", key, values), entities)
	}))
}

func embedded(file string) (reader, error) {
	store, err := bolt.Open(bolt.Options{Path: file})
	if err != nil {
		return nil, err
	}
	profiles := storage.Space{Account: "main", Collection: storage.Documents, Part: "Profile"}
	return func(ctx context.Context, _ bool, _ string, ids []string) error {
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
	db := client.Database(strings.Trim(u.Path, "/"))
	entries, err := entriesByEmail(context.Background(), db)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, sealed bool, key string, values []string) error {
		from := db.Collection("plain")
		if sealed {
			from = db.Collection(string(storage.Documents))
			for i, value := range values {
				if values[i] = documentPrefix + value; key == "email" {
					values[i] = entries[value]
				}
			}
			if key == "email" {
				key = "keys"
			}
		}
		if key == "id" {
			key = "_id"
		}
		cursor, err := from.Find(ctx, bson.D{{Key: key, Value: bson.D{{Key: "$in", Value: values}}}})
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

// documentPrefix begins the ids of profiles among profilegraph's documents.
const documentPrefix = "main/Profile/"

// entriesByEmail returns an entry of the index of profilegraph's documents for each of the plain profiles.
func entriesByEmail(ctx context.Context, db *mongo.Database) (map[string]string, error) {
	cursor, err := db.Collection("plain").Find(ctx, bson.D{})
	if err != nil {
		return nil, err
	}
	var plain []struct {
		ID    string `bson:"_id"`
		Email string
	}
	if err := cursor.All(ctx, &plain); err != nil {
		return nil, err
	}
	entries := make(map[string]string, len(plain))
	for _, one := range plain {
		var stored struct{ Keys []string }
		if err := db.Collection(string(storage.Documents)).FindOne(ctx, bson.D{{Key: "_id", Value: documentPrefix + one.ID}}).Decode(&stored); err != nil {
			return nil, err
		}
		if len(stored.Keys) == 0 {
			return nil, errors.New("a profile has no key")
		}
		entries[one.Email] = stored.Keys[0]
	}
	return entries, nil
}

// record is a file to which entries are written, over and over the same stretch of it: to sync what
// lies within a file is the least that a durable write can cost.
type record struct {
	mu   sync.Mutex
	file *os.File
	at   int64
}

const (
	recordSize = 1 << 20
	entrySize  = 1 << 10 // about that of profilegraph
)

func openRecord(name string) (*record, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|syscall.O_DSYNC, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = file.Write(make([]byte, recordSize))
	return &record{file: file}, err
}

func (r *record) append() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := r.file.WriteAt(make([]byte, entrySize), r.at)
	r.at = (r.at + entrySize) % recordSize
	return err
}
