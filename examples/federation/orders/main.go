// Orders is a subgraph that keeps orders, and of shoppers nothing but tokens. It is an example: it lets
// in whoever reaches it.
package main

import (
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/transport"

	"github.com/profilegraph/profilegraph/examples/federation/orders/graph"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:4001", "address to listen on")
	file := flag.String("file", "orders.json", "file that the orders are kept in")
	flag.Parse()
	store, err := OpenStore(*file)
	if err != nil {
		log.Fatal(err)
	}
	server := handler.New(graph.NewExecutableSchema(graph.Config{Resolvers: &graph.Resolver{Book: book{store}}}))
	server.AddTransport(transport.POST{})
	server.Use(extension.Introspection{}) // gateways ask for the schema
	http.Handle("/graphql", server)
	log.Printf("orders at http://%s/graphql", *listen)
	log.Fatal((&http.Server{Addr: *listen, ReadTimeout: 10 * time.Second}).ListenAndServe())
}

// book shows the store as the schema has it: a token becomes a reference that a gateway follows.
type book struct{ store *Store }

func (b book) Place(item, buyer, shippedTo string) (*graph.Order, error) {
	o, err := b.store.Add(Order{Item: item, Buyer: buyer, ShippedTo: shippedTo})
	if err != nil {
		return nil, err
	}
	return shown(o), nil
}

func (b book) Find(id string) *graph.Order {
	if o, ok := b.store.Get(id); ok {
		return shown(o)
	}
	return nil
}

func (b book) Of(buyer string) []*graph.Order {
	list := []*graph.Order{}
	for _, o := range b.store.Of(buyer) {
		list = append(list, shown(o))
	}
	return list
}

func shown(o Order) *graph.Order {
	// A prospect keeps its id when it becomes a profile, so one token stands for both; the profile
	// system knows which of them is there.
	g := &graph.Order{ID: o.ID, Item: o.Item, Visitor: &graph.Prospect{ID: o.Buyer}, Buyer: &graph.Profile{ID: o.Buyer}}
	if o.ShippedTo != "" {
		g.ShippedTo = &graph.Address{ID: o.ShippedTo}
	}
	return g
}
