// Package graph is the orders subgraph: what gqlgen made of schema.graphqls, and the resolvers.
package graph

// Book is where orders are kept.
type Book interface {
	Place(item, buyer, shippedTo string) (*Order, error)
	Find(id string) *Order // nil: there is none
	Of(buyer string) []*Order
}

// Resolver stands behind the fields.
type Resolver struct{ Book }
