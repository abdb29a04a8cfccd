package schema_test

import (
	"testing"

	"github.com/profilegraph/profilegraph/schema"
)

func TestDefaults(t *testing.T) {
	set, err := schema.NewSet(schema.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	profile := set.Entity("Profile")
	if v := profile.Validate(decode(t, `{"email": "john.doe@example.com", "firstName": null, "birthDate": "1990-01-01"}`)); len(v) != 0 {
		t.Error(v)
	}
	if v := profile.Validate(decode(t, `{"email": "nobody", "priceTable": null}`)); len(v) != 2 {
		t.Error(v)
	}
	if len(profile.Keys) != 2 || !profile.Keys[0].Unique || profile.Keys[1].Unique {
		t.Error("keys", profile.Keys)
	}
}
