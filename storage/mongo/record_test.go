package mongo

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
)

// TestDecode holds decode against the driver's own decoder, and expects an error for what is not a document
// of ours.
func TestDecode(t *testing.T) {
	body, err := bson.Marshal(bson.D{{Key: "a", Value: "b"}})
	if err != nil {
		t.Fatal(err)
	}
	in := storage.Space{Account: "acme", Collection: storage.Documents, Part: "Profile"}
	for _, r := range []storage.Record{
		{ID: "1", Rev: "r", Body: body},
		{ID: "1", Rev: "r", Owner: "o", Keys: []string{"k", "l"}, Expires: time.UnixMilli(-5), Body: body},
	} {
		raw, err := bson.Marshal(encode(in, r))
		if err != nil {
			t.Fatal(err)
		}
		var want document
		if err := bson.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		got, err := decode(raw)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
		for n := range raw {
			if _, err := decode(raw[:n]); err == nil {
				t.Errorf("%d of %d bytes are a document", n, len(raw))
			}
		}
		clear(raw)
		if !bytes.Equal(got.Body, body) {
			t.Error("the body is the driver's memory")
		}
	}
	for _, d := range []bson.D{
		{},
		{{Key: "rev", Value: "r"}},
		{{Key: "_id", Value: 1}},
	} {
		raw, err := bson.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(raw); err == nil {
			t.Errorf("%v is taken for a document", d)
		}
	}
	// Of one of ours that was damaged the rest is left, but for the body.
	for _, d := range []bson.D{
		{{Key: "_id", Value: "acme/Profile/1"}, {Key: "keys", Value: "k"}, {Key: "body", Value: bson.D{}}},
		{{Key: "_id", Value: "acme/Profile/1"}, {Key: "keys", Value: bson.A{1}}, {Key: "body", Value: bson.D{}}},
		{{Key: "_id", Value: "acme/Profile/1"}, {Key: "expires", Value: "soon"}, {Key: "body", Value: bson.D{}}},
		{{Key: "_id", Value: "acme/Profile/1"}, {Key: "body", Value: "text"}},
	} {
		raw, err := bson.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decode(raw); err != nil || got.ID != "acme/Profile/1" || got.Body != nil {
			t.Errorf("%v is taken for %v: %v", d, got, err)
		}
	}
}

// What servers say of themselves decides whether they are used.
func TestLosesWrites(t *testing.T) {
	for info, want := range map[string]bool{
		`{"version": "8.0.4", "gitVersion": "bc35ab4305d9920d9d0491c1c9ef9b72383d31f9", "modules": [], "ok": 1.0}`:                                                             false,
		`{"version": "7.0.77", "gitVersion": "unknown", "ferretdb": {"version": "v2.7.0", "package": "docker"}, "ok": 1.0}`:                                                    false,
		`{"version": "7.0.42", "gitVersion": "unknown", "ferretdbVersion": "v1.24.2", "ferretdbFeatures": {"aggregationStages": ["$project", "$unset", "$group"]}, "ok": 1.0}`: true,
	} {
		var raw bson.Raw
		if err := bson.UnmarshalExtJSON([]byte(info), false, &raw); err != nil {
			t.Fatal(err)
		}
		if got := losesWrites(raw); got != want {
			t.Errorf("%s: %v", info, got)
		}
	}
}
