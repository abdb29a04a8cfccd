package resolvers

import (
	"context"
	"maps"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/vault"
)

// translated is the source of a consumer's request: what it asks for by its tokens is read by ids, and
// every id in what is found leaves as a token. Nothing behind it knows of tokens.
//
// The ids of versions are translated too: they are as good as the document's for joining what two
// consumers keep.
type translated struct {
	*Data
	tokens *vault.Vault
}

// nobody is what a token stands for that is none of the consumer's: it can be no id, so the answer is
// the one to an id that nobody has.
const nobody = "!"

// dictionary translates for one consumer. Empty texts stay empty.
type dictionary struct{ *vault.Tokens }

func (d dictionary) id(token string) string {
	if token == "" {
		return ""
	}
	if id, ok := d.ID(token); ok {
		return id
	}
	return nobody
}

func (d dictionary) token(id string) string {
	if id == "" {
		return ""
	}
	return d.Token(id)
}

func (t translated) dictionary(ctx context.Context) (dictionary, error) {
	tokens, err := t.tokens.Tokens(ctx, t.principal.Account, t.principal.Consumer)
	if err != nil {
		t.look(ctx, err)
	}
	return dictionary{tokens}, explained(err)
}

// Read answers the reads of a level.
func (t translated) Read(ctx context.Context, reads []graph.Read) []graph.Result {
	d, err := t.dictionary(ctx)
	if err != nil {
		results := make([]graph.Result, len(reads))
		for i := range results {
			results[i].Err = err
		}
		return results
	}
	inside := make([]graph.Read, len(reads))
	for i, r := range reads {
		r.ID, r.Owner = d.id(r.ID), d.id(r.Owner)
		r.Version, r.From, r.To = d.id(r.Version), d.id(r.From), d.id(r.To)
		if r.Kind != graph.Versions { // whose cursors are numbers
			r.After = d.id(r.After)
		}
		inside[i] = r
	}
	results := t.Data.Read(ctx, inside)
	for i := range results {
		d.result(&results[i], inside[i].Kind != graph.Versions)
	}
	return results
}

// Write carries out a mutation.
func (t translated) Write(ctx context.Context, w graph.Write) graph.Result {
	d, err := t.dictionary(ctx)
	if err != nil {
		return graph.Result{Err: err}
	}
	w.ID, w.Owner, w.IfVersion = d.id(w.ID), d.id(w.Owner), d.id(w.IfVersion)
	result := t.Data.Write(ctx, w)
	d.result(&result, true)
	return result
}

// result puts tokens in the place of all ids in a result.
func (d dictionary) result(r *graph.Result, cursors bool) {
	for i := range r.Nodes {
		n := &r.Nodes[i]
		n.Kept = nil // what is kept of it shows the id
		n.ID, n.Owner = d.token(n.ID), d.token(n.Owner)
		n.Meta.Version, n.Meta.Pin = d.token(n.Meta.Version), d.token(n.Meta.Pin)
		if cursors {
			n.Cursor = d.token(n.Cursor)
		}
	}
	r.Err, r.Refused = d.failure(r.Err), d.failure(r.Refused)
}

// failure is an error without the id of a version in it.
func (d dictionary) failure(err error) error {
	shown, ok := err.(*graph.Error) //nolint:errorlint // as explained made it
	if !ok {
		return err
	}
	version, ok := shown.Extensions[currentVersion].(string)
	if !ok {
		return err
	}
	copied := *shown
	copied.Extensions = maps.Clone(shown.Extensions)
	copied.Extensions[currentVersion] = d.token(version)
	return &copied
}

// id returns the id that the control plane is to work with where p gave text for one.
func (r *Resolver) id(ctx context.Context, p *auth.Principal, text string) (string, error) {
	if p.Consumer == "" {
		return text, nil
	}
	tokens, err := r.use.Tokens.Tokens(ctx, p.Account, p.Consumer)
	if err != nil {
		return "", err
	}
	return dictionary{tokens}.id(text), nil
}

// token returns what p is to see of an id.
func (r *Resolver) token(ctx context.Context, p *auth.Principal, id string) (string, error) {
	if p.Consumer == "" {
		return id, nil
	}
	tokens, err := r.use.Tokens.Tokens(ctx, p.Account, p.Consumer)
	if err != nil {
		return "", err
	}
	return dictionary{tokens}.token(id), nil
}
