package main

import (
	"fmt"
	"strings"
	"testing"
)

// null asks for a page of the usual size, as Relay's clients do.
func TestFirstNull(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Seat", seats)
	owner := in.profile("a@example.com")
	for n := range 21 {
		in.do(`mutation($c: String!) { createSeat(input: {code: $c}) { id } }`, vars{"c": fmt.Sprint("s", n)})
		in.do(`mutation($p: ID!) { createAddress(profileId: $p, input: {locality: "Rio"}) { id } }`, vars{"p": owner})
	}
	for _, query := range []string{
		`query($p: ID!) { seats(first: null) { nodes { id } } profile(id: $p) { addresses(first: null) { nodes { id } } } }`,
		`query($p: ID!, $n: Int) { seats(first: $n) { nodes { id } } profile(id: $p) { addresses(first: $n, after: null) { nodes { id } } } }`,
		`query($p: ID!, $n: Int = null) { seats(first: $n) { nodes { id } } profile(id: $p) { addresses(first: $n) { nodes { id } } } }`,
	} {
		v := vars{"p": owner}
		if strings.Contains(query, "$n: Int)") {
			v["n"] = nil
		}
		r := in.do(query, v)
		for _, path := range []string{"seats.nodes", "profile.addresses.nodes"} {
			if list, _ := r.at(path).([]any); len(list) != 20 {
				t.Errorf("%s: %d of %s", query, len(list), path)
			}
		}
	}
	for _, n := range []any{0, 101, -1} {
		in.refused("BAD_USER_INPUT", `query($n: Int) { seats(first: $n) { nodes { id } } }`, vars{"n": n})
	}
}

// A literal that is wrong is found before anything is done, as a variable is, with its place.
func TestWrongLiterals(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Doc", `{"type": "object", "additionalProperties": true, "v-indexed": ["mail"], "properties": {"s": {"type": "string"}, "d": {"type": "string", "format": "date"},
		"mail": {"type": "string", "format": "email"}, "n": {"type": "number", "format": "decimal"}, "l": {"type": "integer", "format": "int64"}, "i": {"type": "integer"},
		"in": {"type": "object", "properties": {"list": {"type": "array", "items": {"type": "string", "format": "uuid"}}}}}}`)
	for _, wrong := range []struct{ input, at string }{ // HERE begins the value that is wrong
		{`d: HERE"not a date"`, "input.d"}, {`d: HERE5`, "input.d"}, {`d: HEREtrue`, "input.d"}, {`d: HERE[]`, "input.d"}, {`d: HERE{}`, "input.d"}, {`d: HEREsoon`, "input.d"},
		{`mail: HERE"nobody"`, "input.mail"}, {`n: HERE"one"`, "input.n"}, {`l: HERE1.5`, "input.l"},
		{`in: {list: ["4f6cbe0e-1b6c-4a3c-9d55-5a2c3b1c0d01", HERE"x"]}`, "input.in.list.1"}, {`in: {list: HERE"x"}`, "input.in.list.0"},
		{`additionalProperties: HERE[1]`, "input.additionalProperties"}, {`additionalProperties: HERE{d: 1}`, "input.additionalProperties"}, {`s: $s, d: HERE"x"`, "input.d"},
	} {
		query := `mutation($s: String) { first: createDoc(input: {s: $s}) { id } second: createDoc(input: {` + wrong.input + `}) { id } }`
		column := strings.Index(query, "HERE") + 1
		r := in.refused("BAD_USER_INPUT", strings.Replace(query, "HERE", "", 1), vars{"s": "x"})
		if len(r.Errors) != 1 || r.Data != nil || len(r.Errors[0].Path) > 0 || !strings.HasPrefix(r.Errors[0].Message, "Argument "+wrong.at+" ") {
			t.Errorf("%s: %s", wrong.input, r.Text)
		}
		if !strings.Contains(r.Text, fmt.Sprintf(`"column":%d}`, column)) && !strings.Contains(r.Text, fmt.Sprintf(`"column":%d}`, column+1)) {
			t.Errorf("%s: not at column %d: %s", wrong.input, column, r.Text)
		}
	}
	for _, query := range []string{
		`mutation { a: createDoc(input: {}) { id } b: createDoc(input: {d: "x"}) @skip(if: true) { id } }`,
		`mutation { a: createDoc(input: {}) { id ...f } } fragment f on Doc { meta { version } } query other { doc(by: {mail: "x"}) { id } }`,
		`mutation($d: Date = "x") { a: createDoc(input: {d: $d}) { id } }`,
	} {
		name := ""
		if strings.Contains(query, "other") {
			query, name = "mutation one"+strings.TrimPrefix(query, "mutation"), "one"
		}
		r := in.send("POST", "/graphql", strings.NewReader(fmt.Sprintf(`{"query": %q, "operationName": %q}`, query, name)), "Content-Type", "application/json")
		if r.code() != "BAD_USER_INPUT" || r.Data != nil {
			t.Errorf("%s: %s", query, r.Text)
		}
	}
	if r := in.do(`{ docs { nodes { id } } }`); len(r.at("docs.nodes").([]any)) > 0 {
		t.Error("something was done: " + r.Text)
	}
	in.do(`mutation($d: Date, $n: Decimal, $x: JSON, $k: [UUID!]) { createDoc(input: {d: $d, n: $n, l: 5, i: 3, mail: "a@example.com", in: {list: $k}, additionalProperties: $x}) { id }
		other: createDoc(input: {n: "1.50", in: {list: "4f6cbe0e-1b6c-4a3c-9d55-5a2c3b1c0d01"}, additionalProperties: {a: $d, b: [$n]}}) { id } }`,
		vars{"d": "2024-05-01", "n": "1.5", "x": vars{"y": 1}, "k": []any{"4f6cbe0e-1b6c-4a3c-9d55-5a2c3b1c0d01"}})
}
