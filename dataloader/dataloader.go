// Package dataloader batches the reads of a request: those of one level of a query that ask for the
// same kind of thing become one call of the use case behind them, and so one look-up in storage.
//
// The engine hands over a level at a time, so there is nothing to wait for and no timer: a batch is
// complete when it arrives. A loader serves one request; it holds no document longer than a call.
package dataloader

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/schema"
)

// Loader answers reads on behalf of one principal.
type Loader struct {
	docs      *profile.Service
	principal *auth.Principal
	receipts  Receipts
}

// Receipts is told of the receipts for what was shown in clear, by several goroutines at once.
type Receipts interface{ Disclosed([]audit.Receipt) }

// New returns a loader for one request.
func New(docs *profile.Service, p *auth.Principal, r Receipts) Loader { return Loader{docs, p, r} }

// first are the members of a group of one: nobody writes to it.
var first = []int{0}

// Read answers the reads of a level, in their order. The errors in it are those of package profile.
func (l Loader) Read(ctx context.Context, reads []graph.Read) []graph.Result {
	results := make([]graph.Result, len(reads))
	if len(reads) == 1 {
		l.group(ctx, reads, first, results)
		return results
	}
	groups := grouped(reads)
	if len(groups) == 1 {
		l.group(ctx, reads, groups[0], results)
		return results
	}
	var wait sync.WaitGroup
	for _, members := range groups {
		wait.Go(func() {
			// A panic here would end the process, since the door recovers only its own goroutine.
			defer func() {
				if r := recover(); r != nil {
					fail(results, members, fmt.Errorf("dataloader: panic: %T\n%s", r, debug.Stack()))
				}
			}()
			l.group(ctx, reads, members, results)
		})
	}
	wait.Wait()
	return results
}

// grouped sorts the indexes of reads into groups that one call can answer.
func grouped(reads []graph.Read) [][]int {
	var groups [][]int
next:
	for i := range reads {
		for g, members := range groups {
			if together(&reads[members[0]], &reads[i]) {
				groups[g] = append(members, i)
				continue next
			}
		}
		groups = append(groups, []int{i})
	}
	return groups
}

func together(a, b *graph.Read) bool {
	if a.Kind != b.Kind || a.Entity != b.Entity || a.Pins != b.Pins || !a.Fields.Equal(b.Fields) || !sameWishes(a, b) {
		return false
	}
	switch a.Kind {
	case graph.ByID:
		return true
	case graph.ByKey:
		return a.Key == b.Key
	case graph.Owned:
		return a.First == b.First && a.After == b.After
	}
	return false
}

// sameWishes reports whether two reads want the same fields in clear, for the same reasons.
func sameWishes(a, b *graph.Read) bool {
	return slices.Equal(a.Sensitive, b.Sensitive) && slices.EqualFunc(a.Unmask, b.Unmask, func(x, y graph.Unmask) bool {
		return x.Reason == y.Reason && x.Purpose == y.Purpose && x.OnBehalfOf == y.OnBehalfOf && slices.Equal(x.Fields, y.Fields)
	})
}

// View is what the engine wants to see, as the use cases take it.
func View(fields schema.FieldSet, sensitive []string, unmask []graph.Unmask) profile.View {
	v := profile.View{Fields: fields, Sensitive: sensitive, Outcome: &profile.Outcome{}}
	for _, u := range unmask {
		why := auth.Reason{Text: u.Reason, Purpose: u.Purpose, OnBehalfOf: u.OnBehalfOf}
		i := slices.IndexFunc(v.Unmask, func(other profile.Unmask) bool { return other.Reason == why })
		if i < 0 {
			i = len(v.Unmask)
			v.Unmask = append(v.Unmask, profile.Unmask{Reason: why})
		}
		// Fields that are wanted for one reason are one disclosure of the document. The engine's list
		// is its own and must not grow.
		v.Unmask[i].Fields = slices.Concat(v.Unmask[i].Fields, u.Fields)
	}
	return v
}

func fail(results []graph.Result, members []int, err error) {
	for _, i := range members {
		results[i].Err = err
	}
}

// group answers reads that belong together.
func (l Loader) group(ctx context.Context, reads []graph.Read, members []int, results []graph.Result) {
	r := &reads[members[0]]
	view := View(r.Fields, r.Sensitive, r.Unmask)
	switch r.Kind {
	case graph.ByID:
		l.byID(ctx, reads, members, results, &view)
	case graph.ByKey:
		l.byKey(ctx, reads, members, results, &view)
	case graph.Owned:
		l.owned(ctx, reads, members, results, &view)
	default:
		l.alone(ctx, r, &results[members[0]], &view)
	}
	for _, i := range members {
		results[i].Refused = view.Outcome.Refused
	}
	if len(view.Outcome.Receipts) > 0 {
		l.receipts.Disclosed(view.Outcome.Receipts)
	}
}

func (l Loader) byID(ctx context.Context, reads []graph.Read, members []int, results []graph.Result, view *profile.View) {
	r := &reads[members[0]]
	ids, at := distinct(members, func(i int) string { return reads[i].ID })
	docs, err := l.docs.Get(ctx, l.principal, r.Entity, ids, *view)
	one(results, members, at, docs, r.Pins, err)
}

func (l Loader) byKey(ctx context.Context, reads []graph.Read, members []int, results []graph.Result, view *profile.View) {
	r := &reads[members[0]]
	values := make([]any, len(members))
	at := make([]int, len(members))
	for n, i := range members {
		values[n], at[n] = reads[i].Value, n
	}
	docs, err := l.docs.Lookup(ctx, l.principal, r.Entity, r.Key, values, *view)
	one(results, members, at, docs, r.Pins, err)
}

func (l Loader) owned(ctx context.Context, reads []graph.Read, members []int, results []graph.Result, view *profile.View) {
	r := &reads[members[0]]
	owners, at := distinct(members, func(i int) string { return reads[i].Owner })
	pages, err := l.docs.Owned(ctx, l.principal, r.Entity, owners, r.First, r.After, *view)
	if err != nil {
		fail(results, members, err)
		return
	}
	for n, i := range members {
		results[i] = page(pages[at[n]], r)
	}
}

// alone answers a read of a kind that is not batched.
func (l Loader) alone(ctx context.Context, r *graph.Read, result *graph.Result, view *profile.View) {
	switch r.Kind {
	case graph.List:
		p, err := l.docs.List(ctx, l.principal, r.Entity, r.First, r.After, *view)
		*result = page(p, r)
		result.Err = err
	case graph.Versions:
		p, err := l.docs.Versions(ctx, l.principal, r.Entity, r.ID, r.First, r.After, *view)
		*result = page(p, r)
		result.Err = err
	case graph.ByVersion:
		doc, err := l.docs.Version(ctx, l.principal, r.Entity, r.ID, r.Version, *view)
		if result.Err = err; err == nil && doc.ID != "" {
			result.Nodes = []graph.Node{Node(&doc, r.Pins)}
		}
	case graph.Diff:
		changes, err := l.docs.Diff(ctx, l.principal, r.Entity, r.ID, r.From, r.To)
		result.Err = err
		for _, c := range changes {
			result.Changes = append(result.Changes, graph.Change(c))
		}
	default:
		result.Err = fmt.Errorf("dataloader: unknown kind of read %d", r.Kind)
	}
}

// distinct returns the different values of the members, and where each member's value stands in them.
func distinct(members []int, value func(int) string) (values []string, at []int) {
	if len(members) == 1 {
		return []string{value(members[0])}, first
	}
	at = make([]int, len(members))
	seen := make(map[string]int, len(members))
	for n, i := range members {
		v := value(i)
		place, ok := seen[v]
		if !ok {
			place = len(values)
			seen[v] = place
			values = append(values, v)
		}
		at[n] = place
	}
	return values, at
}

// one hands each member the document meant for it, or none.
func one(results []graph.Result, members, at []int, docs []profile.Document, pins bool, err error) {
	if err != nil {
		fail(results, members, err)
		return
	}
	nodes := make([]graph.Node, len(members)) // of which every result has its own
	for n, i := range members {
		if d := &docs[at[n]]; d.ID != "" {
			nodes[n] = Node(d, pins)
			results[i].Nodes = nodes[n : n+1 : n+1]
		}
	}
}

func page(p profile.Page, read *graph.Read) graph.Result {
	r := graph.Result{Nodes: make([]graph.Node, len(p.Documents)), HasNext: p.More, HasPrevious: read.After != ""}
	for i := range p.Documents {
		r.Nodes[i] = Node(&p.Documents[i], read.Pins)
	}
	return r
}

// Node is a document as the engine takes it, with its pin if that is needed.
func Node(d *profile.Document, pins bool) graph.Node {
	n := graph.Node{ID: d.ID, Owner: d.Owner, Cursor: d.Cursor, Body: d.Body, Fault: d.Fault, Kept: d.Kept, Meta: graph.Meta{
		Version: d.Version, Author: d.Author, Created: d.Created, Updated: d.Updated, Expires: d.Expires, Masked: d.Masked}}
	if pins {
		n.Meta.Pin = d.Pin()
	}
	return n
}
