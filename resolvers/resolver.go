// Package resolvers connects the fields of both planes with the use cases behind them. It turns
// arguments into calls, results into GraphQL types and errors into what a client may know of them;
// it decides nothing.
package resolvers

import (
	"context"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/schemastore"
	"github.com/profilegraph/profilegraph/vault"
)

// Resolver stands behind the fields of the control plane.
type Resolver struct {
	schemas     *schemastore.Store[*graph.Engine]
	keys        *auth.APIKeys
	sessions    *auth.Sessions
	accounts    *auth.Accounts
	disclosures *auth.Authorizer
	docs        *profile.Service
	consumers   *auth.Consumers
	tokens      *vault.Vault
}

// New returns the control plane over its use cases.
func New(schemas *schemastore.Store[*graph.Engine], keys *auth.APIKeys, sessions *auth.Sessions, accounts *auth.Accounts, disclosures *auth.Authorizer, docs *profile.Service, consumers *auth.Consumers, tokens *vault.Vault) *Resolver {
	return &Resolver{schemas, keys, sessions, accounts, disclosures, docs, consumers, tokens}
}

type principalKey struct{}

// WithPrincipal returns a context for the control plane, whose resolvers gqlgen hands nothing else.
func WithPrincipal(ctx context.Context, p *auth.Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// principal returns who asks; without one, somebody who may do nothing.
func principal(ctx context.Context) *auth.Principal {
	if p, ok := ctx.Value(principalKey{}).(*auth.Principal); ok {
		return p
	}
	return &auth.Principal{}
}
