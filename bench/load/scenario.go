//go:build unix

package main

import (
	"bytes"
	"fmt"

	"github.com/profilegraph/profilegraph/bench"
)

// peer is a server under measurement and what requests to it need.
type peer struct {
	*bench.Server
	name     string
	path     string // in front of the profile's id; empty: /graphql
	crowded  bool   // its database is on the clients' processor
	profiles []person
}

// person is a profile that a peer holds.
type person struct {
	ID       string `json:"id"`
	Email    string `json:"email"`
	Customer string `json:"-"` // id of a document with the same values, none of them sensitive
}

// scenario is one kind of request.
type scenario struct {
	name string
	// body appends the body of request number n, no two of which have the same number.
	body func(b []byte, p *peer, n int) []byte
	// answer begins every right answer.
	answer string
}

// eightFields are what the reads ask for: an id, two clear values and five masked ones.
const eightFields = "id firstName lastName email document documentType cellPhone priceTable"

var (
	byID = scenario{
		name: "by id",
		body: func(b []byte, p *peer, n int) []byte {
			return read(b, `query($id: ID!) { profile(id: $id) { `+eightFields+` } }`, `"id":"`, p.pick(n).ID, `"`)
		},
		answer: `{"data":{"profile":{"id":"`,
	}
	byKey = scenario{
		name: "by key",
		body: func(b []byte, p *peer, n int) []byte {
			return read(b, `query($by: ProfileBy!) { profile(by: $by) { `+eightFields+` } }`, `"by":{"email":"`, p.pick(n).Email, `"}`)
		},
		answer: byID.answer,
	}
	list = scenario{
		name: "list of 50",
		body: func(b []byte, _ *peer, _ int) []byte {
			return read(b, `query($first: Int!) { profiles(first: $first) { nodes { `+eightFields+` } } }`, `"first":`, "50", "")
		},
		answer: `{"data":{"profiles":{"nodes":[{"id":"`,
	}
	unsealed = scenario{
		name: "by id, unsealed",
		body: func(b []byte, p *peer, n int) []byte {
			return read(b, `query($id: ID!) { customer(id: $id) { `+eightFields+` } }`, `"id":"`, p.pick(n).Customer, `"`)
		},
		answer: `{"data":{"customer":{"id":"`,
	}
	unmask = scenario{
		name: "unmask",
		body: func(b []byte, p *peer, n int) []byte {
			return read(b, `query($id: ID!) { profile(id: $id, unmask: {reason: \"the shopper asked for it by phone\"}) { `+eightFields+` } }`, `"id":"`, p.pick(n).ID, `"`)
		},
		answer: byID.answer,
	}
	create = scenario{
		name: "create",
		body: func(b []byte, _ *peer, n int) []byte {
			return fmt.Appendf(b, `{"query":"mutation($input: ProfileInput!) { createProfile(input: $input) { id } }","variables":{"input":{`+
				`"email":"shopper.%08d@shop.example","firstName":"Maria","lastName":"Fern\u00e1ndez","document":"%011d","documentType":"cpf",`+
				`"cellPhone":"+5511%09d","birthdate":"1985-06-17","gender":"female","priceTable":"gold"}}}`, n, n, n)
		},
		answer: `{"data":{"createProfile":{"id":"`,
	}
	update = scenario{
		name: "update",
		body: func(b []byte, p *peer, n int) []byte {
			return fmt.Appendf(b, `{"query":"mutation($id: ID!, $patch: ProfilePatch!) { updateProfile(id: $id, patch: $patch) { id } }",`+
				`"variables":{"id":"%s","patch":{"firstName":"Maria %d"}}}`, p.pick(n).ID, n)
		},
		answer: `{"data":{"updateProfile":{"id":"`,
	}
)

// pick chooses a profile so that neighbours in time are none in the store.
func (p *peer) pick(n int) person { return p.profiles[n*7919%len(p.profiles)] }

// read appends a query with variables, which are what stands before, the value and what stands behind.
func read(b []byte, query, before, value, behind string) []byte {
	b = append(append(b, `{"query":"`...), query...)
	b = append(append(b, `","variables":{`...), before...)
	return append(append(append(b, value...), behind...), `}}`...)
}

// request sends request number n of a scenario over a connection, and checks the answer.
func (s scenario) request(c *client, p *peer, scratch []byte, n int) (answer, body []byte, err error) {
	path := "/graphql"
	if p.path != "" {
		path = p.path + p.pick(n).ID
	}
	body = s.body(scratch[:0], p, n)
	answer, err = c.do("POST", path, p.Token, body)
	if err == nil && !bytes.HasPrefix(answer, []byte(s.answer)) {
		err = fmt.Errorf("unexpected answer: %.500s", answer)
	}
	if err != nil {
		err = fmt.Errorf("%s, %s: %w", p.name, s.name, err)
	}
	return answer, body, err
}
