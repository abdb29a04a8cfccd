package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"
)

// Order is what is kept of an order. Buyer and ShippedTo are tokens of the profile system.
type Order struct {
	ID        string `json:"id"`
	Item      string `json:"item"`
	Buyer     string `json:"buyer"`
	ShippedTo string `json:"shippedTo,omitempty"`
}

// Store keeps orders in a file, so that everybody can look at what is in it.
type Store struct {
	file   string
	mu     sync.Mutex
	orders map[string]Order
}

// OpenStore reads the orders in a file, which need not be there yet.
func OpenStore(file string) (*Store, error) {
	s := &Store{file: file, orders: map[string]Order{}}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Order
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, o := range list {
		s.orders[o.ID] = o
	}
	return s, nil
}

// Add keeps a new order and returns it with its id.
func (s *Store) Add(o Order) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.ID = fmt.Sprintf("order-%d", time.Now().UnixNano())
	s.orders[o.ID] = o
	text, err := json.MarshalIndent(s.sorted(), "", "  ")
	if err != nil {
		return o, err
	}
	if err := os.WriteFile(s.file+".new", append(text, '\n'), 0o600); err != nil {
		return o, err
	}
	return o, os.Rename(s.file+".new", s.file)
}

// Get returns an order, and whether there is one.
func (s *Store) Get(id string) (Order, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.orders[id]
	return o, ok
}

// Of returns the orders of a buyer, oldest first.
func (s *Store) Of(buyer string) []Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(s.sorted(), func(o Order) bool { return o.Buyer != buyer })
}

func (s *Store) sorted() []Order {
	list := make([]Order, 0, len(s.orders))
	for _, o := range s.orders {
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b Order) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
