//go:build unix

package main

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
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

// bareReads is how many of the subgraphs write fixed bytes.
const bareReads = 2

// subgraphs starts what profilegraph on MongoDB is compared with: bareReads through the driver, and
// the same subgraph written with the peers. All of them read profiles as the API shows them, from
// collections of their own in profilegraph's database; one opens them first.
func (b *run) subgraphs(ctx context.Context, server *peer, uri string, shown []json.RawMessage) (peers []*peer, err error) {
	key := make([]byte, 32)
	rand.Read(key) //nolint:errcheck // it never fails
	if err := fillPeers(ctx, uri, server.profiles, shown, key); err != nil {
		return nil, err
	}
	answer, err := b.entitiesAnswer(shown)
	if err != nil {
		return nil, err
	}
	start := func(name, program string, args ...string) error {
		s, err := bench.Start(b.processor, []string{"NODE_ENV=production"}, program, args...)
		if err != nil {
			return err
		}
		s.Token = server.Token
		peers = append(peers, &peer{Server: s, name: name, profiles: server.profiles, crowded: true})
		return nil
	}
	if err := start("bare $in read, plain", b.floor, uri, answer, answer); err != nil {
		return peers, err
	}
	peers = append(peers, &peer{Server: peers[0].Server, name: "bare $in read, same records", path: "/records?", profiles: server.profiles, crowded: true})
	if b.subgraph == "" {
		return peers, nil
	}
	file := filepath.Join(b.subgraph, "server.mjs")
	return peers, errors.Join(start("Apollo Server + dataloader", "node", file, "apollo", uri),
		start("Mercurius + JIT + dataloader", "node", file, "mercurius", uri),
		start("Mercurius + JIT + dataloader, sealed", "node", file, "mercurius", uri, hex.EncodeToString(key)))
}

// fillPeers stores profiles as the API shows them: as they are, and with five fields sealed.
func fillPeers(ctx context.Context, uri string, profiles []person, shown []json.RawMessage, key []byte) (err error) {
	client, err := mongo.Connect(mongooptions.Client().ApplyURI(uri))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Disconnect(ctx)) }()
	plain, sealed := make([]any, len(shown)), make([]any, len(shown))
	for i, text := range shown {
		var node bson.D
		if err := bson.UnmarshalExtJSON(text, false, &node); err != nil {
			return err
		}
		one := profiles[i]
		plain[i] = bson.D{{Key: "_id", Value: one.ID}, {Key: "email", Value: one.Email}, {Key: "node", Value: node}}
		if node, err = sealedNode(node, key); err != nil {
			return err
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(one.Email))
		sealed[i] = bson.D{{Key: "_id", Value: one.ID}, {Key: "email", Value: hex.EncodeToString(mac.Sum(nil))}, {Key: "node", Value: node}}
	}
	for name, docs := range map[string][]any{"plain": plain, "sealed": sealed} {
		c := client.Database(database(uri)).Collection(name)
		if _, err := c.InsertMany(ctx, docs); err != nil {
			return err
		}
		if _, err := c.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "email", Value: 1}}}); err != nil {
			return err
		}
	}
	return nil
}

// sealedNode encrypts the fields that profilegraph encrypts with AES-256-GCM.
func sealedNode(node bson.D, key []byte) (bson.D, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	node = slices.Clone(node)
	for i, e := range node {
		if text, ok := e.Value.(string); ok && slices.Contains([]string{"firstName", "lastName", "email", "document", "cellPhone"}, e.Key) {
			node[i].Value = gcm.Seal(nil, nil, []byte(text), nil)
		}
	}
	return node, nil
}

// database is the name of the database in an address.
func database(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return strings.Trim(u.Path, "/")
}
