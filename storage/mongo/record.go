package mongo

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/profilegraph/profilegraph/storage"
)

const (
	fieldID      = "_id"
	fieldRev     = "rev"
	fieldOwner   = "owner"
	fieldKeys    = "keys"
	fieldExpires = "expires"
	fieldBody    = "body"
)

// document is a stored record. See the package comment.
type document struct {
	ID      string         `bson:"_id"`
	Rev     string         `bson:"rev"`
	Owner   string         `bson:"owner,omitempty"`
	Keys    []string       `bson:"keys,omitempty"`
	Expires *bson.DateTime `bson:"expires,omitempty"`
	Body    bson.Raw       `bson:"body"`
}

var errCorrupt = errors.New("a stored record is corrupt")

// prefix is what the ids, owners and keys of a space begin with. Neither account nor part holds a
// slash, so no two spaces share one.
func prefix(in storage.Space) string {
	return string(in.Account) + "/" + in.Part + "/"
}

// decode reads a document as bson.Unmarshal would, at a fifth of the expense. It keeps nothing of raw. One that has
// an _id of ours but is damaged is without a body.
func decode(raw bson.Raw) (d document, err error) {
	length, rest, ok := bsoncore.ReadLength(bytes.Clone(raw))
	ok = ok && int(length) == len(raw)
	whole := true
	for ok && len(rest) > 1 {
		var e bsoncore.Element
		if e, rest, ok = bsoncore.ReadElement(rest); !ok {
			break
		}
		v, fits := e.Value(), true
		switch string(e.KeyBytes()) {
		case fieldID:
			d.ID, fits = v.StringValueOK()
		case fieldRev:
			d.Rev, fits = v.StringValueOK()
		case fieldOwner:
			d.Owner, fits = v.StringValueOK()
		case fieldKeys:
			d.Keys, fits = texts(v)
		case fieldExpires:
			var at int64
			if at, fits = v.DateTimeOK(); fits {
				d.Expires = new(bson.DateTime)
				*d.Expires = bson.DateTime(at)
			}
		case fieldBody:
			if fits = v.Type == bsoncore.TypeEmbeddedDocument; fits {
				d.Body = bson.Raw(v.Data)
			}
		}
		whole = whole && fits
	}
	if !ok || d.ID == "" {
		return document{}, errCorrupt
	}
	if !whole {
		d.Body = nil
	}
	return d, nil
}

// texts reads an array of strings.
func texts(v bsoncore.Value) (list []string, ok bool) {
	if v.Type != bsoncore.TypeArray {
		return nil, false
	}
	_, rest, ok := bsoncore.ReadLength(v.Data)
	list = make([]string, 0, 8)
	for ok && len(rest) > 1 {
		var e bsoncore.Element
		if e, rest, ok = bsoncore.ReadElement(rest); !ok {
			break
		}
		var text string
		if text, ok = e.Value().StringValueOK(); ok {
			list = append(list, text)
		}
	}
	return list, ok
}

// split takes an _id apart.
func split(id string, c storage.Collection) (in storage.Space, rest string, err error) {
	account, rest, ok := strings.Cut(id, "/")
	part, rest, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 {
		return in, "", errCorrupt
	}
	return storage.Space{Account: storage.Account(account), Collection: c, Part: part}, rest, nil
}

func encode(in storage.Space, r storage.Record) document {
	base := prefix(in)
	d := document{ID: base + r.ID, Rev: r.Rev, Body: r.Body}
	if r.Owner != "" {
		d.Owner = base + r.Owner
	}
	for _, key := range r.Keys {
		d.Keys = append(d.Keys, base+key)
	}
	if !r.Expires.IsZero() {
		at := bson.NewDateTimeFromTime(r.Expires)
		d.Expires = &at
	}
	return d
}

// record is the record of a document of a space that begins with base.
func (d document) record(base string) storage.Record {
	r := storage.Record{
		ID:    strings.TrimPrefix(d.ID, base),
		Rev:   d.Rev,
		Owner: strings.TrimPrefix(d.Owner, base),
		Keys:  d.Keys,
		Body:  d.Body,
	}
	for i, key := range r.Keys {
		r.Keys[i] = strings.TrimPrefix(key, base)
	}
	if d.Expires != nil {
		r.Expires = d.Expires.Time().UTC()
	}
	return r
}

// expired judges in the driver, not in the query: with a condition on the time in it, a server may
// prefer the index on expires, which is the wrong one for every read there is.
func (d document) expired(now time.Time) bool {
	return d.Expires != nil && *d.Expires <= bson.NewDateTimeFromTime(now)
}

func byID(id string) bson.D {
	return bson.D{{Key: fieldID, Value: id}}
}

// unexpired is a condition for writes, which find their document by its _id.
func unexpired(now time.Time) bson.E {
	return bson.E{Key: fieldExpires, Value: bson.D{{Key: "$not", Value: upTo(now)}}}
}

func upTo(now time.Time) bson.D {
	return bson.D{{Key: "$lte", Value: bson.NewDateTimeFromTime(now)}}
}
