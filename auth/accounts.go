package auth

import (
	"context"
	"fmt"
	"strconv"

	"github.com/profilegraph/profilegraph/tenant"
)

// Accounts manages the accounts of the installation on behalf of principals with the permission
// Platform.
type Accounts struct {
	tenants  *tenant.Registry
	keys     *APIKeys
	sessions *Sessions
}

// NewAccounts returns the accounts of a registry.
func NewAccounts(tenants *tenant.Registry, keys *APIKeys, sessions *Sessions) *Accounts {
	return &Accounts{tenants, keys, sessions}
}

// Create adds an account, and a first key with the role admin, whose secret it returns.
func (a *Accounts) Create(ctx context.Context, p *Principal, id tenant.ID, name string) (*tenant.Account, APIKey, string, error) {
	if err := p.Check(Platform); err != nil {
		return nil, APIKey{}, "", err
	}
	if err := tenant.CheckID(id); err != nil {
		return nil, APIKey{}, "", err
	}
	if err := note(ctx, a.keys.record, p.Account, p.Actor, "CreateAccount", map[string]string{"account": string(id)}); err != nil {
		return nil, APIKey{}, "", err
	}
	t, err := a.tenants.Create(ctx, id, name)
	if err != nil {
		return nil, APIKey{}, "", err
	}
	key, secret, err := a.keys.Bootstrap(ctx, t.ID, p.Actor, NewKey{Name: "First admin key", Roles: []string{"admin"}})
	return t, key, secret, err
}

// Update renames, suspends or resumes an account. Suspending it ends its sessions. Nobody can suspend the
// account that they act for, since nobody in it could resume it.
func (a *Accounts) Update(ctx context.Context, p *Principal, id tenant.ID, c tenant.Changes) (*tenant.Account, error) {
	if err := p.Check(Platform); err != nil {
		return nil, err
	}
	if _, err := a.tenants.Get(ctx, id); err != nil {
		return nil, err
	}
	if id == p.Account && c.Suspended != nil && *c.Suspended {
		return nil, fmt.Errorf("%w: an account cannot suspend itself: do it with a credential of another one", ErrInvalid)
	}
	details := map[string]string{"account": string(id)}
	if c.Suspended != nil {
		details["suspended"] = strconv.FormatBool(*c.Suspended)
	}
	if err := note(ctx, a.keys.record, p.Account, p.Actor, "UpdateAccount", details); err != nil {
		return nil, err
	}
	t, err := a.tenants.Update(ctx, id, c)
	if err == nil && t.Suspended {
		err = a.sessions.endAll(ctx, id)
	}
	return t, err
}

// List returns accounts in order of id, those behind after, at most limit.
func (a *Accounts) List(ctx context.Context, p *Principal, after tenant.ID, limit int) ([]*tenant.Account, error) {
	if err := p.Check(Platform); err != nil {
		return nil, err
	}
	return a.tenants.List(ctx, after, limit)
}

// Own returns the principal's own account.
func (a *Accounts) Own(ctx context.Context, p *Principal) (*tenant.Account, error) {
	return a.tenants.Get(ctx, p.Account)
}
