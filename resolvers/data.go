package resolvers

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/dataloader"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/vault"
)

// Data stands behind the fields of the data plane, for one request.
type Data struct {
	docs      *profile.Service
	principal *auth.Principal
	set       *schema.Set
	loader    dataloader.Loader
	trouble   func(context.Context, error)

	mu       sync.Mutex
	receipts []audit.Receipt
	warnings []profile.Warning
}

var (
	_ graph.Source   = (*Data)(nil)
	_ graph.Extender = (*Data)(nil)
	_ graph.Extender = translated{}
)

// NewData returns the source of a request: who asks, and the schemas that the request runs on. For a
// consumer's it translates between ids and its tokens. Trouble is told what an operator must look into,
// of which clients learn no more than a code.
func NewData(docs *profile.Service, tokens *vault.Vault, p *auth.Principal, set *schema.Set, trouble func(context.Context, error)) graph.Source {
	d := &Data{docs: docs, principal: p, set: set, trouble: trouble}
	d.loader = dataloader.New(docs, p, d)
	if p.Consumer != "" {
		return translated{d, tokens}
	}
	return d
}

// Disclosed keeps the receipts for what the answer shows in clear.
func (d *Data) Disclosed(receipts []audit.Receipt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.receipts = append(d.receipts, receipts...)
}

// Extensions tells where on the record the disclosures of the answer are, and what there is to warn of.
func (d *Data) Extensions() (all []graph.Extension) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.receipts) > 0 {
		all = append(all, graph.Extension{Name: "audit", Value: newReceipt(d.receipts)})
	}
	if len(d.warnings) > 0 {
		all = append(all, graph.Extension{Name: "warnings", Value: each(d.warnings, func(w profile.Warning) map[string]any {
			return map[string]any{"code": "MISPLACED_PERSONAL_DATA", "path": w.Path, "kind": w.Kind,
				"message": "What is at " + w.Path + " looks like personal data (" + w.Kind + "), but the field is not declared sensitive."}
		})})
	}
	return all
}

// receipt tells the index of each entry, and the newest signed checkpoint, whose tree holds them all.
type receipt struct {
	Checkpoint string  `json:"checkpoint"`
	Entries    []int64 `json:"entries"`
}

func newReceipt(list []audit.Receipt) receipt {
	entries := make([]int64, len(list))
	newest := list[0]
	for i, r := range list {
		entries[i] = r.Index
		if r.Index > newest.Index {
			newest = r
		}
	}
	slices.Sort(entries)
	return receipt{newest.Checkpoint, entries}
}

// Read answers the reads of a level.
func (d *Data) Read(ctx context.Context, reads []graph.Read) []graph.Result {
	results := d.loader.Read(ctx, reads)
	var last error // reads that were answered together failed together
	for i := range results {
		if err := results[i].Err; err != nil && err != last { //nolint:errorlint // the very same
			d.look(ctx, err)
			last = err
		}
		results[i].Err = explained(results[i].Err)
		results[i].Refused = explained(results[i].Refused)
		d.faults(ctx, results[i].Nodes)
	}
	return results
}

// faults looks at what is wrong with single documents, and leaves of it what clients may know.
func (d *Data) faults(ctx context.Context, nodes []graph.Node) {
	for i := range nodes {
		if n := &nodes[i]; n.Fault != nil {
			d.look(ctx, n.Fault)
			n.Fault = explained(n.Fault)
		}
	}
}

// Write carries out a mutation.
func (d *Data) Write(ctx context.Context, w graph.Write) graph.Result {
	view := dataloader.View(w.Fields, w.Sensitive, w.Unmask)
	doc, err := d.write(ctx, w, view)
	if err != nil {
		d.look(ctx, err)
		return graph.Result{Err: explained(err)}
	}
	d.Disclosed(view.Outcome.Receipts)
	d.warnings = append(d.warnings, view.Outcome.Warnings...) // writes run one after another
	if doc.ID == "" {
		return graph.Result{}
	}
	nodes := []graph.Node{dataloader.Node(&doc, w.Pins)}
	d.faults(ctx, nodes)
	return graph.Result{Nodes: nodes, Refused: explained(view.Outcome.Refused)}
}

func (d *Data) write(ctx context.Context, w graph.Write, v profile.View) (profile.Document, error) {
	switch w.Kind {
	case graph.Create:
		return d.docs.Create(ctx, d.principal, d.set, w.Entity, w.Owner, w.Input, w.TTLDays, v)
	case graph.Update:
		return d.docs.Update(ctx, d.principal, d.set, w.Entity, w.ID, w.Input, w.IfVersion, w.TTLDays, v)
	case graph.Promote:
		return d.docs.Promote(ctx, d.principal, d.set, w.ID, w.Input, v)
	default:
		err := d.docs.Delete(ctx, d.principal, d.set, w.Entity, w.ID, w.IfVersion)
		return profile.Document{ID: w.ID}, err
	}
}

// look tells of errors that no client can do anything about.
func (d *Data) look(ctx context.Context, err error) {
	if errors.Is(err, context.Canceled) {
		return // the client did not wait for the keys
	}
	if errors.Is(err, vault.ErrCorrupt) || errors.Is(err, storage.ErrDamaged) || errors.Is(err, vault.ErrKeyUnavailable) {
		d.trouble(ctx, err)
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
