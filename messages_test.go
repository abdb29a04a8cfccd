package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
)

// What the server names, the console says in each of its languages.
func TestConsoleMessages(t *testing.T) {
	want := map[string]bool{}
	for _, r := range schema.Rules() {
		want["finding."+r.ID+".mend"] = true
		if r.ID == "INDEX_NO_DROP" { // says one of two things
			want["finding."+r.ID+"."+string(schema.IndexDropped)], want["finding."+r.ID+"."+string(schema.UniqueDropped)] = true, true
		} else {
			want["finding."+r.ID] = true
		}
	}
	for _, r := range auth.Roles {
		want["role."+r.Name] = true
		for p := auth.Permission(1); p != 0; p <<= 1 {
			if r.Permissions&p != 0 {
				want["permission."+p.String()] = true
			}
		}
	}
	english := map[string]string{}
	for _, language := range []string{"en", "pt", "es"} {
		text, err := os.ReadFile("console/app/src/messages/" + language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		messages := map[string]string{}
		if err := json.Unmarshal(text, &messages); err != nil {
			t.Fatal(err)
		}
		for key := range want {
			if messages[key] == "" {
				t.Errorf("%s has no message %s", language, key)
			}
			if language != "en" && strings.HasPrefix(key, "finding.") && messages[key] == english[key] {
				t.Errorf("%s says %s in English", language, key)
			}
		}
		for key := range messages {
			if strings.HasPrefix(key, "finding.") && !want[key] {
				t.Errorf("%s has a message for no rule: %s", language, key)
			}
		}
		if language == "en" {
			english = messages
		}
	}
}
