package resolvers

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/event"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/privacy"
	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/schemastore"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/supergraph"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// The codes of errors that come from behind the doors.
const (
	Unauthenticated     = "UNAUTHENTICATED"
	Forbidden           = "FORBIDDEN"
	NotFound            = "NOT_FOUND"
	BadInput            = "BAD_USER_INPUT"
	ValidationFailed    = "VALIDATION_FAILED" // extensions.violations says where and why
	VersionConflict     = "VERSION_CONFLICT"  // extensions.currentVersion is what it is
	NotUnique           = "NOT_UNIQUE"        // extensions.field names the field
	AlreadyExists       = "ALREADY_EXISTS"
	SchemaInvalid       = "SCHEMA_INVALID"       // extensions.problems
	SchemaBreaking      = "SCHEMA_BREAKING"      // extensions.findings
	DocumentsExist      = "DOCUMENTS_EXIST"      // extensions.findings, of which one cannot be allowed
	CompositionFailed   = "COMPOSITION_FAILED"   // extensions.composition
	ComposerUnavailable = "COMPOSER_UNAVAILABLE" // there is no composer, or it does not answer
	TooLarge            = "TOO_LARGE"
	RateLimited         = "RATE_LIMITED"      // too many look-ups that found nothing, or sign-ins or disclosures that were refused
	Unavailable         = "UNAVAILABLE"       // the store cannot be reached; trying again helps
	AuditUnavailable    = "AUDIT_UNAVAILABLE" // the record cannot be written, so nothing is disclosed or changed
	AuditTampered       = "AUDIT_TAMPERED"    // what is stored of the record is not what was written
	KeyUnavailable      = "KEY_UNAVAILABLE"   // the account's keys cannot be had at present
	Erased              = "ERASED"            // the data subject's key was destroyed
	DataCorrupt         = "DATA_CORRUPT"      // what is stored is not what was sealed
	RecordTooLong       = "RECORD_TOO_LONG"   // the audit record takes longer to verify than a request may
	LegalHold           = "LEGAL_HOLD"        // a data subject must not be erased
	Timeout             = "REQUEST_TIMEOUT"
)

// currentVersion is the extension that says at which version a document is.
const currentVersion = "currentVersion"

// plain are the errors whose own text would do for nobody, or that need no more than a sentence.
var plain = []struct {
	is      error
	code    string
	message string
}{
	{auth.ErrUnauthenticated, Unauthenticated, "This needs a valid credential: send the header Authorization: Bearer <API key or token>."},
	{auth.ErrTooManySignIns, RateLimited, "Too many sign-ins to this account were refused just now. Wait a little."},
	{auth.ErrUnavailable, Unavailable, "The identity provider cannot be reached at present, so nobody can be recognised by it. Try again soon."},
	{auth.ErrNotFound, NotFound, "The account has no such API key, session or approval."},
	{auth.ErrNoSubject, NotFound, "There is no profile or prospect with the id that `subject` gives."},
	{tenant.ErrSuspended, Forbidden, "The account is suspended."},
	{tenant.ErrNotFound, NotFound, "There is no such account."},
	{tenant.ErrExists, AlreadyExists, "There is an account with this id already."},
	{profile.ErrNotFound, NotFound, "There is no such document."},
	{profile.ErrOwnerNotFound, NotFound, "There is no such document to own the new one."},
	{profile.ErrExists, AlreadyExists, "The owner has its one document of this kind already: update it."},
	{profile.ErrPromoted, AlreadyExists, "The prospect has become a profile already, and not with these values: update the profile."},
	{profile.ErrCursor, BadInput, "The cursor is not one that this list gave."},
	{profile.ErrStaysMasked, AuditUnavailable, "The document was written. Its values stay masked, because the audit record cannot be written at present."},
	{profile.ErrTooMany, RateLimited, "This credential has looked up or tried too many values that nobody has, or compared too many that differ. Wait a little."},
	{profile.ErrExportTooLarge, TooLarge, "More is held of the data subject than one export takes: leave out older versions (`versions: false`) or who has seen the data (`record: false`). The account's own API, with `unmask`, and `audit` have what is left out page by page."},
	{profile.ErrTooLarge, TooLarge, "The document is too large to be stored."},
	{schemastore.ErrNotFound, NotFound, "There is no such schema or version."},
	{schemastore.ErrRule, BadInput, "`allow` names a rule that does not exist; `schemaRules` lists them."},
	{schemastore.ErrNote, BadInput, "A note is at most 2,000 characters."},
	{auth.ErrNoConsumer, NotFound, "The account has no such consumer."},
	{supergraph.ErrNotFound, NotFound, "The account has no such subgraph."},
	{supergraph.ErrComposer, ComposerUnavailable, "Nobody can tell whether the subgraphs compose: this server has no composer (--composer), or it did not answer. Nothing was changed."},
	{event.ErrNotFound, NotFound, "The account has no such webhook."},
	{schemastore.ErrAfter, BadInput, "`after` is the `next` of the page before."},
	{auth.ErrLongRecord, RecordTooLong, "The record is too long to be verified in one request: ask for parts (`partial: true`), or export it and verify the export with `profilegraph audit verify`."},
	{storage.ErrTooLarge, TooLarge, "This is too large to be stored."},
	// The record may be unavailable because the store is, and then says so itself.
	{audit.ErrUnavailable, AuditUnavailable, "The audit record cannot be written at present, so nothing was disclosed or changed. Try again soon."},
	{audit.ErrClosed, AuditUnavailable, "The audit record cannot be written at present, so nothing was disclosed or changed. Try again soon."},
	{audit.ErrTampered, AuditTampered, "What is stored of the audit record is not what was written: `auditVerification` names the entry. An operator must look into it."},
	{storage.ErrUnavailable, Unavailable, "The store cannot be reached at present. Nothing was lost; try again soon."},
	{vault.ErrKeyLost, DataCorrupt, "There is no key for what is stored: it was moved here from elsewhere, or its key was lost. An operator must look into it."},
	{vault.ErrKeyUnavailable, KeyUnavailable, "The account's encryption keys cannot be had at present. Try again later, or ask those who run the key management system."},
	{vault.ErrNoTokens, Forbidden, "The credential is bound to a consumer that the account does not have, or that was revoked."},
	{vault.ErrShredded, Erased, "The data was erased: the key that could read it is gone."},
	{storage.ErrDamaged, DataCorrupt, "The store is damaged where this lies. An operator must look into it."},
	{vault.ErrCorrupt, DataCorrupt, "What is stored is not what was written here: it was damaged, or moved from elsewhere. An operator must look into it."},
	{profile.ErrHeld, LegalHold, "The data subject is on legal hold: nothing about it is deleted until a privacy officer releases the hold."},
	{privacy.ErrHeld, LegalHold, "The data subject is on legal hold: release it first; `legalHolds` tells which there are."},
	{privacy.ErrNoSubject, NotFound, "The account has no such data subject: `subject` is the id of a profile, of a prospect or of another document without an owner."},
	{privacy.ErrErased, Erased, "The data subject was erased: there is nothing left to hold."},
	{privacy.ErrNotFound, NotFound, "The account has no such hold."},
	{privacy.ErrAfter, BadInput, "`after` is what the last one of the page before has: an erasure's subject, a hold's id."},
	{auth.ErrSelfApproval, Forbidden, "A second person must approve: nobody can approve a wish of their own, nor can a credential that its requester made."},
	{context.DeadlineExceeded, Timeout, "The request took too long and was given up. A change may or may not have been made."},
	{context.Canceled, Timeout, "The request was given up by the client."},
}

// own are the errors whose text, written for clients, follows the package's name.
var own = []struct {
	is   error
	code string
}{
	{auth.ErrDenied, Forbidden},
	{auth.ErrInvalid, BadInput},
	{auth.ErrConsumer, BadInput},
	{tenant.ErrInvalid, BadInput},
	{event.ErrInvalid, BadInput},
	{supergraph.ErrInvalid, BadInput},
	{profile.ErrTTL, BadInput},
	{profile.ErrRotation, BadInput},
	{profile.ErrKEK, BadInput},
	{profile.ErrSamples, BadInput},
	{profile.ErrNoProperty, BadInput},
	{privacy.ErrReference, BadInput},
}

// refusals say why values stay masked.
var refusals = map[auth.Refusal]string{
	auth.NoPermission:    "this needs the permission UNMASK.",
	auth.NoReason:        "give a reason of 10 to 1,000 characters, and at most 200 for onBehalfOf.",
	auth.NoPurpose:       "the account has declared purposes; name the one that applies.",
	auth.UnknownPurpose:  "the account has no such purpose, or it has ended.",
	auth.PurposeRole:     "none of your roles may use this purpose.",
	auth.PurposeField:    "the purpose does not cover all of these fields.",
	auth.BudgetExhausted: "you have seen as many documents for this purpose as an hour allows.",
	auth.ApprovalMissing: "this purpose needs the approval of a second person for each data subject.",
	auth.TooManyRefused:  "very many disclosures were refused to this credential just now. Find out why, and wait a little.",
}

// Explain returns what a client may know of an error, or nil when that is nothing: then the error
// is internal.
func Explain(err error) *graph.Error {
	var (
		shown     *graph.Error
		invalid   *profile.InvalidError
		version   *profile.VersionError
		notUnique *profile.NotUniqueError
		unusable  *schema.Invalid
		conflict  *schemastore.ConflictError
		breaking  *schemastore.BreakingError
		refused   *auth.RefusedError
		apart     *supergraph.FailedError
	)
	switch {
	case errors.As(err, &refused):
		code := string(refused.Refusal)
		if refused.Refusal == auth.NoPermission {
			code = Forbidden
		}
		return &graph.Error{Code: code, Message: "The values stay masked: " + refusals[refused.Refusal]}
	case errors.As(err, &shown):
		return shown
	case errors.As(err, &invalid):
		list := make([]map[string]any, len(invalid.Violations))
		for i, v := range invalid.Violations {
			list[i] = map[string]any{"path": v.Path, "rule": v.Rule, "message": v.Message}
		}
		return &graph.Error{Code: ValidationFailed, Message: "The document does not satisfy its schema" + firstOf(invalid.Violations) + ".",
			Extensions: map[string]any{"violations": list}}
	case errors.As(err, &version):
		return &graph.Error{Code: VersionConflict, Message: "The document has changed since: it is at another version than the expected one. Read it again and decide.",
			Extensions: map[string]any{currentVersion: version.Current}}
	case errors.As(err, &notUnique):
		return &graph.Error{Code: NotUnique, Message: "Another document has this " + notUnique.Field.Name + ", which is unique in the account.",
			Extensions: map[string]any{"field": notUnique.Field.Name}}
	case errors.As(err, &unusable):
		return &graph.Error{Code: SchemaInvalid, Message: "The schema cannot be used" + firstProblem(unusable.Problems),
			Extensions: warned(map[string]any{"problems": problems(unusable.Problems)}, unusable.Warnings)}
	case errors.As(err, &conflict):
		return &graph.Error{Code: VersionConflict, Message: "The schema has changed since: another version is in force than the expected one. Look at the changes and decide.",
			Extensions: map[string]any{"currentVersion": conflict.Current, "changes": changes(conflict.Changes)}}
	case errors.As(err, &apart):
		return &graph.Error{Code: CompositionFailed, Message: "The subgraphs of the account's federated graph do not compose: " + apart.Messages[0],
			Extensions: map[string]any{"composition": apart.Messages}}
	case errors.As(err, &breaking) && slices.ContainsFunc(breaking.Findings, schema.Finding.Absolute):
		return &graph.Error{Code: DocumentsExist, Message: "Documents of the entity are stored, and could not be read any more. Delete them first, or define a new entity: this cannot be allowed.",
			Extensions: warned(map[string]any{"findings": findings(breaking.Findings)}, breaking.Warnings)}
	case errors.As(err, &breaking):
		return &graph.Error{Code: SchemaBreaking, Message: "The schema breaks rules that protect clients and stored documents. Mend it, or name the rules in `allow`.",
			Extensions: warned(map[string]any{"findings": findings(breaking.Findings)}, breaking.Warnings)}
	}
	if errors.Is(err, audit.ErrUnavailable) && errors.Is(err, audit.ErrTampered) {
		return &graph.Error{Code: AuditUnavailable, Message: "The audit record does not verify, so nothing can be put on it, and nothing was disclosed or changed. " +
			"An operator must look into it: `auditVerification` names the entry."}
	}
	for _, e := range plain {
		if errors.Is(err, e.is) {
			return &graph.Error{Code: e.code, Message: e.message}
		}
	}
	for _, e := range own {
		if errors.Is(err, e.is) {
			return &graph.Error{Code: e.code, Message: sentence(err.Error())}
		}
	}
	return nil
}

// warned adds the warnings of a refused schema to what is told of it: a misspelt keyword may be why.
func warned(extensions map[string]any, list []schema.Warning) map[string]any {
	if len(list) > 0 {
		extensions["warnings"] = warnings(list)
	}
	return extensions
}

// Status returns the HTTP status that goes with a code, for doors that are not GraphQL.
func Status(code string) int {
	switch code {
	case Unauthenticated:
		return http.StatusUnauthorized
	case Forbidden:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case BadInput:
		return http.StatusBadRequest
	case ValidationFailed, SchemaInvalid:
		return http.StatusUnprocessableEntity
	case VersionConflict:
		return http.StatusPreconditionFailed
	case NotUnique, AlreadyExists, LegalHold, SchemaBreaking, DocumentsExist, CompositionFailed:
		return http.StatusConflict
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case Unavailable, AuditUnavailable, KeyUnavailable, ComposerUnavailable:
		return http.StatusServiceUnavailable
	case RateLimited:
		return http.StatusTooManyRequests
	case Timeout:
		return http.StatusGatewayTimeout
	}
	return http.StatusInternalServerError
}

// Present translates an error for the control plane.
func Present(_ context.Context, err error) *gqlerror.Error {
	e := Explain(err)
	if e == nil {
		return nil
	}
	g := &gqlerror.Error{Message: e.Message, Extensions: map[string]any{"code": e.Code}}
	for name, value := range e.Extensions {
		g.Extensions[name] = value
	}
	return g
}

// sentence makes a client's sentence of an error's text: without the package's name, with a capital
// and a full stop.
func sentence(text string) string {
	for i := range len(text) - 1 {
		if text[i] == ':' && text[i+1] == ' ' {
			text = text[i+2:]
			break
		}
	}
	if text == "" {
		return text
	}
	if c := text[0]; 'a' <= c && c <= 'z' {
		text = string(c-'a'+'A') + text[1:]
	}
	return text + "."
}

func firstOf(list []schema.Violation) string {
	if len(list) == 0 {
		return ""
	}
	if list[0].Path == "" {
		return ": " + list[0].Message
	}
	return ": " + list[0].Path + " " + list[0].Message
}

func firstProblem(list []schema.Problem) string {
	if len(list) == 0 {
		return "."
	}
	text := ": "
	if list[0].Pointer != "" {
		text += "at " + list[0].Pointer + ": "
	}
	return text + list[0].Message
}
