package resolvers

import (
	"context"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/dataloader"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/schema"
)

// Data stands behind the fields of the data plane, for one request.
type Data struct {
	docs      *profile.Service
	principal *auth.Principal
	set       *schema.Set
	loader    dataloader.Loader
}

var _ graph.Source = (*Data)(nil)

// NewData returns the source of a request: who asks, and the schemas that the request runs on.
func NewData(docs *profile.Service, p *auth.Principal, set *schema.Set) *Data {
	return &Data{docs: docs, principal: p, set: set, loader: dataloader.New(docs, p)}
}

// Read answers the reads of a level.
func (d *Data) Read(ctx context.Context, reads []graph.Read) []graph.Result {
	results := d.loader.Read(ctx, reads)
	for i := range results {
		results[i].Err = explained(results[i].Err)
	}
	return results
}

// Write carries out a mutation.
func (d *Data) Write(ctx context.Context, w graph.Write) graph.Result {
	doc, err := d.write(ctx, w)
	if err != nil {
		return graph.Result{Err: explained(err)}
	}
	if doc.ID == "" {
		return graph.Result{}
	}
	return graph.Result{Nodes: []graph.Node{dataloader.Node(&doc)}}
}

func (d *Data) write(ctx context.Context, w graph.Write) (profile.Document, error) {
	switch w.Kind {
	case graph.Create:
		return d.docs.Create(ctx, d.principal, d.set, w.Entity, w.Owner, w.Input, w.TTLDays, w.Fields)
	case graph.Update:
		return d.docs.Update(ctx, d.principal, w.Entity, w.ID, w.Input, w.IfVersion, w.TTLDays, w.Fields)
	case graph.Promote:
		return d.docs.Promote(ctx, d.principal, d.set, w.ID, w.Input, w.Fields)
	default:
		err := d.docs.Delete(ctx, d.principal, d.set, w.Entity, w.ID, w.IfVersion)
		return profile.Document{ID: w.ID}, err
	}
}

// explained keeps what a client may know of an error; the engine makes the rest internal.
func explained(err error) error {
	if err == nil {
		return nil
	}
	if e := Explain(err); e != nil {
		return e
	}
	return err
}
