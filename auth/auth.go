// Package auth answers who is asking and what they may do.
//
// An [Authenticator] turns a bearer token, or that of a browser's session, into a [Principal]: one
// account, one actor, a set of permissions. Use cases take the principal as an argument and ask [Principal.Check] before they
// act; nothing below the doors takes a principal from a context.
package auth

import (
	"errors"
	"fmt"
	"slices"

	"github.com/profilegraph/profilegraph/tenant"
)

var (
	// ErrUnauthenticated says that a token is missing, unknown, expired or revoked. It does not
	// say which.
	ErrUnauthenticated = errors.New("auth: unauthenticated")
	// ErrDenied says that the principal lacks a permission. The text names it.
	ErrDenied = errors.New("auth: denied")
	// ErrInvalid says that something cannot be done as it was asked for; the text says why.
	ErrInvalid = errors.New("auth: invalid request")
	// ErrNotFound says that the account has no such credential.
	ErrNotFound = errors.New("auth: no such credential")
	// ErrNoSubject says that the account has nobody to whom a credential could be confined.
	ErrNoSubject = errors.New("auth: no such subject")
)

// Permission is leave to do one kind of thing.
type Permission uint16

// The permissions there are.
const (
	Read        Permission = 1 << iota // read documents, masked
	Write                              // create and update documents
	Delete                             // delete documents
	Unmask                             // see sensitive values in clear, for a reason
	Schema                             // publish schemas
	Sensitivity                        // publish schemas that lower the sensitivity of a field
	Audit                              // read the audit record
	Privacy                            // handle the requests of data subjects
	Account                            // manage the account's credentials
	Platform                           // manage the accounts of the installation
)

// Permissions lists every permission, in a fixed order.
var Permissions = []Permission{Read, Write, Delete, Unmask, Schema, Sensitivity, Audit, Privacy, Account, Platform}

var permissionNames = map[Permission]string{
	Read: "READ", Write: "WRITE", Delete: "DELETE", Unmask: "UNMASK", Schema: "SCHEMA",
	Sensitivity: "SENSITIVITY", Audit: "AUDIT", Privacy: "PRIVACY", Account: "ACCOUNT", Platform: "PLATFORM",
}

// String returns the name of a single permission.
func (p Permission) String() string { return permissionNames[p] }

// Role is a named set of permissions.
type Role struct {
	Name        string
	Description string
	Permissions Permission // a union
}

// Shopper is the role of a credential that is confined to one shopper's own data.
const Shopper = "shopper"

// Roles lists the roles there are.
var Roles = []Role{
	{"reader", "Reads documents, masked.", Read},
	{"editor", "Reads, creates, updates and deletes documents.", Read | Write | Delete},
	{"support", "Reads documents, and sees sensitive values in clear for a reason.", Read | Unmask},
	{Shopper, "Works with one shopper's own profile and what belongs to it.", Read | Write | Delete},
	{"schema-admin", "Publishes schemas.", Read | Schema},
	{"auditor", "Reads the audit record.", Audit},
	{"privacy-officer", "Handles requests of data subjects; may lower the sensitivity of fields.", Read | Delete | Unmask | Schema | Sensitivity | Audit | Privacy},
	{"admin", "Everything within one account.", Read | Write | Delete | Unmask | Schema | Sensitivity | Audit | Privacy | Account},
	{"operator", "Adds, suspends and lists the accounts of the installation.", Platform},
}

// Principal is who asks. It is immutable; the zero value may do nothing.
type Principal struct {
	Account tenant.ID
	// Actor names the credential in records of changes, for instance "key:7gq2..." or a JWT's
	// issuer and subject. It never is personal data of a shopper.
	Actor string
	Roles []string
	// Subject is the only profile (or prospect) that the principal can reach, with what it owns.
	// Empty: the principal is no shopper and reaches every document of the account.
	Subject string
	// Consumer is the system that the principal belongs to: it sees and gives tokens of that consumer in
	// the place of ids. Empty: it sees the ids.
	Consumer string
	// Session is the id of the browser session that the principal speaks in, or empty.
	Session string

	permissions Permission
}

// May reports whether the principal has a permission.
func (p *Principal) May(want Permission) bool { return p.permissions&want == want }

// Check returns nil if the principal has a permission, else an error that wraps ErrDenied.
func (p *Principal) Check(want Permission) error {
	if p.May(want) {
		return nil
	}
	return fmt.Errorf("%w: this needs the permission %v", ErrDenied, want)
}

// Reaches reports whether a document is within the principal's reach: root is the id of the
// document itself if it has no owner, else its owner's.
func (p *Principal) Reaches(root string) bool { return p.Subject == "" || p.Subject == root }

// Confined reports whether the principal reaches one subject only.
func (p *Principal) Confined() bool { return p.Subject != "" }

// Granted lists the principal's permissions.
func (p *Principal) Granted() []Permission {
	var list []Permission
	for _, one := range Permissions {
		if p.May(one) {
			list = append(list, one)
		}
	}
	return list
}

// newPrincipal joins the permissions of roles. It fails on a role that does not exist, on a
// shopper without a subject, and on a shopper with any further role.
func newPrincipal(account tenant.ID, actor, subject string, roles []string) (*Principal, error) {
	p := &Principal{Account: account, Actor: actor, Roles: roles}
	for _, name := range roles {
		i := slices.IndexFunc(Roles, func(r Role) bool { return r.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("%w: there is no such role; the roles are %s", ErrInvalid, roleNames())
		}
		p.permissions |= Roles[i].Permissions
	}
	switch {
	case !slices.Contains(roles, Shopper):
		if subject != "" {
			return nil, fmt.Errorf("%w: only the role %s takes a subject", ErrInvalid, Shopper)
		}
	case len(roles) > 1:
		return nil, fmt.Errorf("%w: the role %s goes with no other", ErrInvalid, Shopper)
	case subject == "":
		return nil, fmt.Errorf("%w: the role %s needs a subject, the id of a profile or prospect", ErrInvalid, Shopper)
	default:
		p.Subject = subject
	}
	return p, nil
}

func roleNames() string {
	s := ""
	for i, r := range Roles {
		if i > 0 {
			s += ", "
		}
		s += r.Name
	}
	return s
}
