package graph_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	trace "github.com/99designs/gqlgen/graphql/handler/apollofederatedtracingv1/generated"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/transport"
)

// traceOf runs a query as a gateway that asks for a trace.
func traceOf(t *testing.T, e *graph.Engine, src graph.Source, query, variables string) (*trace.Trace, []byte) {
	t.Helper()
	r := e.Execute(context.Background(), transport.Request{Query: query, Variables: json.RawMessage(variables), Trace: true}, src)
	var answer struct{ Extensions struct{ FTV1 string } }
	if err := json.Unmarshal(r.Body, &answer); err != nil {
		t.Fatal(err)
	}
	b, err := base64.StdEncoding.DecodeString(answer.Extensions.FTV1)
	if err != nil || len(b) == 0 {
		t.Fatalf("no trace: %v %s", err, r.Body)
	}
	var tr trace.Trace
	if err := proto.Unmarshal(b, &tr); err != nil {
		t.Fatal(err)
	}
	return &tr, b
}

// sketch writes a node of a trace as text, and checks that no child begins before its parent.
func sketch(t *testing.T, b *strings.Builder, n *trace.Trace_Node, indent string) {
	for _, c := range n.Child {
		switch id := c.Id.(type) {
		case *trace.Trace_Node_ResponseName:
			fmt.Fprintf(b, "%s%s", indent, id.ResponseName)
			if c.OriginalFieldName != "" {
				fmt.Fprintf(b, " (%s)", c.OriginalFieldName)
			}
			fmt.Fprintf(b, " %s.%s", c.ParentType, c.Type)
			if c.StartTime > c.EndTime || c.StartTime < n.StartTime {
				t.Errorf("%s runs from %d to %d, what is above it from %d", id.ResponseName, c.StartTime, c.EndTime, n.StartTime)
			}
		case *trace.Trace_Node_Index:
			fmt.Fprintf(b, "%s%d", indent, id.Index)
		}
		for _, e := range c.Error {
			fmt.Fprintf(b, " !%s", e.Message)
		}
		b.WriteByte('\n')
		sketch(t, b, c, indent+"  ")
	}
}

func TestTrace(t *testing.T) {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	query := `query($r: [_Any!]!) {
		__typename
		p: profile(id: "p1") { email street: first_name meta { version } addresses(first: 2) { nodes { id profile { tier } } edges { node { street } cursor } pageInfo { hasNextPage } } home { city } }
		gone: profile(id: "none") { id }
		broken: profile(id: "broken") { id }
		_entities(representations: $r) { __typename ... on Profile { tier } ... on Ticket { subject } }
	}`
	got, raw := traceOf(t, e, src, query, `{"r": [{"__typename": "Profile", "id": "p2"}, {"__typename": "Nobody", "id": "s3cret"}, {"__typename": "Ticket", "id": "t1"}]}`)
	var b strings.Builder
	sketch(t, &b, got.Root, "")
	want := `p (profile) Query.Profile
  email Profile.EmailAddress
  street (first_name) Profile.String
  meta Profile.DocumentMeta
    version DocumentMeta.ID!
  addresses Profile.AddressConnection
    nodes AddressConnection.[Address!]!
      0
        id Address.ID!
        profile Address.Profile
          tier Profile.ProfileTier
      1
        id Address.ID!
        profile Address.Profile
          tier Profile.ProfileTier
    edges AddressConnection.[AddressEdge!]!
      0
        node AddressEdge.Address!
          street Address.String
        cursor AddressEdge.String!
      1
        node AddressEdge.Address!
          street Address.String
        cursor AddressEdge.String!
    pageInfo AddressConnection.PageInfo!
      hasNextPage PageInfo.Boolean!
  home Profile.ProfileHome
gone (profile) Query.Profile
broken (profile) Query.Profile !internal error
_entities Query.[_Entity]!
  0
    tier Profile.ProfileTier
  1 !The account has no entity of the representation's __typename.
  2
    subject Ticket.String
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got.DurationNs == 0 || got.StartTime == nil || got.EndTime == nil {
		t.Errorf("no times: %v", got)
	}
	for _, value := range []string{"Street 1", "London", "p1", "p2", "s3cret", "Help", "disk"} {
		if strings.Contains(string(raw), value) {
			t.Errorf("the trace holds %q", value)
		}
	}
	if plain := run(t, e, src, `{ profile(id: "p1") { id } }`, ""); strings.Contains(plain, "ftv1") {
		t.Errorf("a trace that nobody asked for: %s", plain)
	}
}

func TestTraceOfMutation(t *testing.T) {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	got, _ := traceOf(t, e, src, `mutation { updateTicket(id: "t1", patch: {priority: 2}) { priority } deleteTicket(id: "t1") }`, "")
	var b strings.Builder
	sketch(t, &b, got.Root, "")
	want := "updateTicket Mutation.Ticket\n  priority Ticket.Int\ndeleteTicket Mutation.ID\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestTraceIsBounded: however much is asked for, a trace stays small enough to be sent.
func TestTraceIsBounded(t *testing.T) {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	var r strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&r, `%s{"__typename": "Profile", "id": "p1"}`, []string{"", ","}[min(i, 1)])
	}
	got, raw := traceOf(t, e, src, `query($r: [_Any!]!) { _entities(representations: $r) { ... on Profile { id email tier level age loyalty score balance limit active kind birthday seen site ref phone } } }`, `{"r": [`+r.String()+`]}`)
	nodes := 0
	var count func(n *trace.Trace_Node)
	count = func(n *trace.Trace_Node) {
		for _, c := range n.Child {
			nodes++
			count(c)
		}
	}
	count(got.Root)
	if nodes != 10_000 {
		t.Errorf("%d nodes in %d bytes", nodes, len(raw))
	}
}
