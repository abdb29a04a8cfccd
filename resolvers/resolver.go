// Package resolvers connects the fields of both planes with the use cases behind them. It turns
// arguments into calls, results into GraphQL types and errors into what a client may know of them;
// it decides nothing.
package resolvers

import (
	"context"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/event"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/privacy"
	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/schemastore"
	"github.com/profilegraph/profilegraph/supergraph"
	"github.com/profilegraph/profilegraph/vault"
)

// Cases are the use cases behind the control plane.
type Cases struct {
	Schemas     *schemastore.Store[*graph.Engine]
	Keys        *auth.APIKeys
	Sessions    *auth.Sessions
	Accounts    *auth.Accounts
	Disclosures *auth.Authorizer
	Documents   *profile.Service
	Webhooks    *event.Service
	Graphs      *supergraph.Graphs
	Privacy     *privacy.Service
	Consumers   *auth.Consumers
	Tokens      *vault.Vault
}

// Resolver stands behind the fields of the control plane.
type Resolver struct{ use Cases }

// New returns the control plane over its use cases.
func New(c Cases) *Resolver { return &Resolver{c} }

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
