package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/schema"
)

type auditCommand struct {
	Query      auditQuery      `cmd:"" help:"List entries of the account's audit record."`
	Export     auditExport     `cmd:"" help:"Write the whole record as NDJSON, with the checkpoints that prove it."`
	Verify     auditVerify     `cmd:"" help:"Check an export without the server; exits with 1 if anything in it is not as it was written."`
	Checkpoint auditCheckpoint `cmd:"" help:"Print a signed checkpoint of the record, to keep elsewhere."`
	Key        auditKey        `cmd:"" help:"Print the public key that checkpoints are signed with."`
}

type auditQuery struct {
	Remote
	From     time.Time `help:"Entries from this moment on, RFC 3339." format:"2006-01-02T15:04:05Z07:00"`
	To       time.Time `help:"Entries before this moment, RFC 3339." format:"2006-01-02T15:04:05Z07:00"`
	Actor    string    `help:"Who acted."`
	Action   string    `help:"What, for instance GetProfileUnmasked."`
	Outcome  string    `help:"ALLOWED, DENIED or DONE."`
	Subject  string    `help:"Id of the profile or prospect that it is about."`
	Document string    `help:"Id of the document."`
	Field    string    `help:"Path of a field."`
	Limit    int       `default:"50" help:"How many at most, newest first; 1 to 200."`
}

func (c *auditQuery) Run(ctx context.Context, t terminal) error {
	filter := map[string]any{}
	for name, text := range map[string]string{"actor": c.Actor, "action": c.Action, "outcome": c.Outcome, "subject": c.Subject, "id": c.Document, "field": c.Field} {
		if text != "" {
			filter[name] = text
		}
	}
	for name, at := range map[string]time.Time{"from": c.From, "to": c.To} {
		if !at.IsZero() {
			filter[name] = at.Format(time.RFC3339Nano)
		}
	}
	var data struct {
		Audit struct {
			Entries []struct {
				Index                        int64
				Time, Action, Outcome, Actor string
				Entity, ID, Purpose, Reason  *string
				Fields                       []string
			}
		}
	}
	err := c.do(ctx, `query($filter: AuditFilter, $first: Int!) { audit(filter: $filter, first: $first) {
		entries { index time action outcome actor entity id fields purpose reason } } }`, variables{"filter": filter, "first": c.Limit}, &data)
	if err != nil {
		return err
	}
	return table(t.out, "INDEX\tTIME\tACTION\tOUTCOME\tACTOR\tDOCUMENT\tFIELDS\tPURPOSE\tREASON", func(row func(...any)) error {
		for _, e := range data.Audit.Entries {
			row(e.Index, e.Time, e.Action, e.Outcome, e.Actor, orDash(e.ID), cmp.Or(strings.Join(e.Fields, ","), "-"), orDash(e.Purpose), orDash(e.Reason))
		}
		return nil
	})
}

type auditExport struct {
	Remote
	File string `arg:"" default:"-" help:"File to write; - writes standard output."`
}

func (c *auditExport) Run(ctx context.Context, t terminal) error {
	body, err := c.get(ctx, "/audit/export")
	if err != nil {
		return err
	}
	defer body.Close()
	if c.File == "-" {
		_, err := io.Copy(t.out, body)
		return err
	}
	file := c.File
	if to, err := filepath.EvalSymlinks(file); err == nil { // a link stays one
		file = to
	}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() { // a pipe, a device
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, body)
		return errors.Join(err, f.Close())
	}
	// An export that breaks off leaves the one that was there.
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

type auditVerify struct {
	File    string   `arg:"" help:"The export; - reads standard input."`
	Account string   `help:"The account whose record it must be."`
	Key     string   `required:"" help:"The public key, or a file that holds it."`
	Known   []string `help:"File with a checkpoint kept from before, which the record must continue; may be given more than once." type:"existingfile"`
}

// publicKey returns the key that an option gives: itself, or the name of a file that holds it.
func publicKey(option string) string {
	if text, err := os.ReadFile(option); err == nil {
		return strings.TrimSpace(string(text))
	}
	return option
}

func (c *auditVerify) Run(t terminal) error {
	var known []string
	for _, name := range c.Known {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		known = append(known, string(text))
	}
	in := t.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	report, err := audit.Verify(in, publicKey(c.Key), known...)
	for _, p := range report.Problems {
		fmt.Fprintln(t.out, visible(p.String()))
	}
	if err != nil {
		return err
	}
	if c.Account != "" && string(report.Account) != c.Account {
		return fmt.Errorf("this is the record of the account %q", report.Account)
	}
	_, err = fmt.Fprintf(t.out, "ok: %d entries of account %s are as they were written, and %d checkpoints agree\n"+
		"proven as it stood at %s, with %d entries; whether more were written since, only a newer checkpoint tells (--known)\n",
		report.Entries, report.Account, report.Checkpoints, report.Newest.Time.UTC().Format(time.RFC3339), report.Newest.Size)
	return err
}

type auditCheckpoint struct{ Remote }

func (c *auditCheckpoint) Run(ctx context.Context, t terminal) error {
	text, _, err := c.checkpoint(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(t.out, text)
	return err
}

type auditKey struct{ Remote }

func (c *auditKey) Run(ctx context.Context, t terminal) error {
	_, key, err := c.checkpoint(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, key)
	return err
}

func (r *Remote) checkpoint(ctx context.Context) (text, key string, err error) {
	var data struct {
		AuditCheckpoint struct{ Checkpoint, PublicKey string }
	}
	err = r.do(ctx, `{ auditCheckpoint { checkpoint publicKey } }`, nil, &data)
	return data.AuditCheckpoint.Checkpoint, data.AuditCheckpoint.PublicKey, err
}

type policyCommand struct {
	Show  policyShow  `cmd:"" help:"Print the account's policy."`
	Apply policyApply `cmd:"" help:"Put a policy in the place of the account's."`
	Test  policyTest  `cmd:"" help:"Tell whether the policy would let somebody see fields; exits with 1 if not."`
}

const policyFields = `{ refuseMisplaced auditDays purposes { code description legalBasis fields roles budgetPerHour expirationDate approval } }`

type policyShow struct{ Remote }

func (c *policyShow) Run(ctx context.Context, t terminal) error {
	var data struct{ Policy json.RawMessage }
	if err := c.do(ctx, `{ policy `+policyFields+` }`, nil, &data); err != nil {
		return err
	}
	text, err := json.MarshalIndent(data.Policy, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, string(text))
	return err
}

type policyApply struct {
	Remote
	File string `arg:"" help:"JSON as policy show prints it; - reads standard input."`
}

func (c *policyApply) Run(ctx context.Context, t terminal) error {
	text, err := t.read(c.File)
	if err != nil {
		return err
	}
	if i := schema.UnpairedSurrogate([]byte(text)); i >= 0 {
		return fmt.Errorf("the policy is no text: at byte %d an escape stands for half of a character (an unpaired surrogate)", i)
	}
	var policy struct {
		Purposes        []map[string]any `json:"purposes"`
		RefuseMisplaced bool             `json:"refuseMisplaced"`
		AuditDays       *int             `json:"auditDays"`
	}
	in := json.NewDecoder(strings.NewReader(text))
	in.DisallowUnknownFields() // one that is misspelt would not be in force
	if err := in.Decode(&policy); err != nil {
		return fmt.Errorf("the policy is not an object like the one that policy show prints: %w", err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the policy is one JSON object, and there is more")
	}
	if policy.Purposes == nil {
		return errors.New(`the policy has no "purposes"; an empty list ends all`)
	}
	var data struct {
		PutPolicy struct{ Purposes []struct{ Code string } }
	}
	err = c.do(ctx, `mutation($purposes: [PurposeInput!]!, $refuse: Boolean!, $days: Int) { putPolicy(purposes: $purposes, refuseMisplaced: $refuse, auditDays: $days) { purposes { code } } }`,
		variables{"purposes": policy.Purposes, "refuse": policy.RefuseMisplaced, "days": policy.AuditDays}, &data)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.out, "%d purposes are in force\n", len(data.PutPolicy.Purposes))
	return err
}

type policyTest struct {
	Remote
	Entity  string   `arg:""`
	Field   []string `arg:"" help:"Paths of fields."`
	Role    []string `required:"" help:"Role; may be given more than once."`
	Purpose string   `help:"Code of a purpose."`
}

func (c *policyTest) Run(ctx context.Context, t terminal) error {
	var data struct{ TestPolicy *string }
	err := c.do(ctx, `query($roles: [String!]!, $entity: String!, $fields: [String!]!, $purpose: String) {
		testPolicy(roles: $roles, entity: $entity, fields: $fields, purpose: $purpose) }`,
		variables{"roles": c.Role, "entity": c.Entity, "fields": c.Field, "purpose": optional(c.Purpose)}, &data)
	if err != nil {
		return err
	}
	if data.TestPolicy != nil {
		return fmt.Errorf("refused: %s", *data.TestPolicy)
	}
	_, err = fmt.Fprintln(t.out, "allowed")
	return err
}
