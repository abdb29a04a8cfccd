package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	mongooptions "go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/profilegraph/profilegraph/bench"
)

// What a gateway asks for: fifty documents by their representations.
var (
	entitiesByID = scenario{
		name: "50 entities by id",
		body: func(b []byte, p *peer, n int) []byte {
			return p.entities(b, n, "id", func(one person) string { return one.ID })
		},
		answer: `{"data":{"_entities":[{"id":"`,
	}
	entitiesByKey = scenario{
		name: "50 entities by key",
		body: func(b []byte, p *peer, n int) []byte {
			return p.entities(b, n, "email", func(one person) string { return one.Email })
		},
		answer: entitiesByID.answer,
	}
)

const entitiesAtOnce = 50

func (p *peer) entities(b []byte, n int, key string, of func(person) string) []byte {
	b = append(b, `{"query":"query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Profile { `+eightFields+` } } }","variables":{"representations":[`...)
	for i := range entitiesAtOnce {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"__typename":"Profile",%q:%q}`, key, of(p.pick(n*entitiesAtOnce+i)))
	}
	return append(b, `]}}`...)
}

// entitiesAnswer is an answer of the size that the scenarios have.
func (b *run) entitiesAnswer(shown []json.RawMessage) (file string, err error) {
	text := []byte(`{"data":{"_entities":[`)
	for i := range entitiesAtOnce {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, shown[i%len(shown)]...)
	}
	file = filepath.Join(b.dir, "entities.json")
	return file, os.WriteFile(file, append(text, `]}}`...), 0o600)
}

// subgraphs starts what profilegraph on MongoDB is compared with: the bare read through the driver, and
// the same subgraph written with the peers. All of them read profiles as the API shows them, from a
// collection of their own in profilegraph's database.
func (b *run) subgraphs(ctx context.Context, server *peer, uri string, shown []json.RawMessage) (peers []*peer, err error) {
	if err := fillPlain(ctx, uri, server.profiles, shown); err != nil {
		return nil, err
	}
	answer, err := b.entitiesAnswer(shown)
	if err != nil {
		return nil, err
	}
	start := func(name, path, program string, args ...string) error {
		s, err := bench.Start(b.processor, []string{"NODE_ENV=production"}, program, args...)
		if err != nil {
			return err
		}
		s.Token = server.Token
		peers = append(peers, &peer{Server: s, name: name, path: path, profiles: server.profiles})
		return nil
	}
	if err := start("bare $in read, plain", "/entities?", b.floor, uri, answer, answer); err != nil {
		return peers, err
	}
	peers = append(peers, &peer{Server: peers[0].Server, name: "bare $in read, same records", path: "/records?", profiles: server.profiles})
	if b.subgraph == "" {
		return peers, nil
	}
	file := filepath.Join(b.subgraph, "server.mjs")
	return peers, errors.Join(start("Apollo Server + dataloader", "", "node", file, "apollo", uri),
		start("Mercurius + JIT + dataloader", "", "node", file, "mercurius", uri))
}

// fillPlain stores profiles as the API shows them.
func fillPlain(ctx context.Context, uri string, profiles []person, shown []json.RawMessage) (err error) {
	client, err := mongo.Connect(mongooptions.Client().ApplyURI(uri))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Disconnect(ctx)) }()
	plain := client.Database(database(uri)).Collection("plain")
	docs := make([]any, len(shown))
	for i, text := range shown {
		var node bson.D
		if err := bson.UnmarshalExtJSON(text, false, &node); err != nil {
			return err
		}
		docs[i] = bson.D{{Key: "_id", Value: profiles[i].ID}, {Key: "email", Value: profiles[i].Email}, {Key: "node", Value: node}}
	}
	if _, err := plain.InsertMany(ctx, docs); err != nil {
		return err
	}
	_, err = plain.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "email", Value: 1}}})
	return err
}

// database is the name of the database in an address.
func database(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return strings.Trim(u.Path, "/")
}
