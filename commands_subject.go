package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/profilegraph/profilegraph/audit"
)

type subjectCommand struct {
	Export      subjectExport      `cmd:"" help:"Write all that is held of a data subject, in clear, as JSON."`
	Erase       subjectErase       `cmd:"" help:"Erase everything about a data subject, for good."`
	Erasures    subjectErasures    `cmd:"" help:"List the erasures."`
	Certificate subjectCertificate `cmd:"" help:"Print the certificate of an erasure."`
	Verify      subjectVerify      `cmd:"" help:"Check a certificate without the server; exits with 1 if it does not hold."`
	Hold        subjectHold        `cmd:"" help:"Keep a data subject from being erased, and its documents from being deleted."`
	Holds       subjectHolds       `cmd:"" help:"List the legal holds."`
	Release     subjectRelease     `cmd:"" help:"End a legal hold."`
}

type subjectExport struct {
	Remote
	ID         string `arg:"" help:"Id of the profile or prospect, or of another document without an owner."`
	Reason     string `required:"" help:"Why; 10 to 1,000 characters, kept encrypted on the record."`
	Purpose    string `help:"Code of one of the account's purposes, once it has declared any."`
	OnBehalfOf string `help:"For whom, if it is for somebody else: a desk or a role, no person."`
	Reference  string `help:"Number of the request; no personal data."`
	NoVersions bool   `help:"Leave out older versions."`
	NoRecord   bool   `help:"Leave out who has seen the data."`
	Out        string `help:"File to write, which must not be there yet, for its owner's eyes only; else standard output." placeholder:"FILE"`
}

func (c *subjectExport) Run(ctx context.Context, t terminal) error {
	if c.Out == "" {
		return c.export(ctx, t.out)
	}
	// Before the server hands out what cannot be kept.
	f, err := os.OpenFile(c.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(c.export(ctx, f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(c.Out))
	}
	return nil
}

func (c *subjectExport) export(ctx context.Context, out io.Writer) error {
	var data struct {
		ExportSubject struct{ File string }
	}
	err := c.do(ctx, `mutation($id: ID!, $reason: String!, $purpose: String, $onBehalfOf: String, $reference: String, $versions: Boolean!, $record: Boolean!) {
		exportSubject(subject: $id, reason: $reason, purpose: $purpose, onBehalfOf: $onBehalfOf, reference: $reference, versions: $versions, record: $record) { file } }`,
		variables{"id": c.ID, "reason": c.Reason, "purpose": optional(c.Purpose), "onBehalfOf": optional(c.OnBehalfOf), "reference": optional(c.Reference),
			"versions": !c.NoVersions, "record": !c.NoRecord}, &data)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, data.ExportSubject.File)
	return err
}

type erasureView struct {
	Subject, RequestedBy string
	Reference            *string
	RequestDate          time.Time
	CompletionDate       *time.Time
	Documents, Versions  int
	Certificate          json.RawMessage
}

type subjectErase struct {
	Remote
	ID        string `arg:"" help:"Id of the profile or prospect, or of another document without an owner."`
	Reference string `help:"Number of the request; no personal data."`
	Yes       bool   `help:"Do it; nothing brings the data back."`
}

func (c *subjectErase) Run(ctx context.Context, t terminal) error {
	if !c.Yes {
		return fmt.Errorf("this erases everything about %s, and nothing brings it back: say so with --yes", visible(c.ID))
	}
	var data struct{ EraseSubject erasureView }
	err := c.do(ctx, `mutation($id: ID!, $reference: String) { eraseSubject(subject: $id, reference: $reference) { completionDate documents versions } }`,
		variables{"id": c.ID, "reference": optional(c.Reference)}, &data)
	if err != nil {
		return err
	}
	e := data.EraseSubject
	_, err = fmt.Fprintf(t.out, "%s was erased at %s; documents: %d, versions: %d\n", visible(c.ID), moment(e.CompletionDate), e.Documents, e.Versions)
	return err
}

type subjectErasures struct {
	Remote
	First int    `default:"50" help:"How many at most; 1 to 200."`
	After string `help:"Subject of the erasure to start behind."`
}

func (c *subjectErasures) Run(ctx context.Context, t terminal) error {
	var data struct{ Erasures []erasureView }
	err := c.do(ctx, `query($first: Int!, $after: ID) { erasures(first: $first, after: $after) { subject reference requestDate requestedBy completionDate documents versions } }`,
		variables{"first": c.First, "after": optional(c.After)}, &data)
	if err != nil {
		return err
	}
	return table(t.out, "SUBJECT\tREQUESTED\tBY\tREFERENCE\tCOMPLETED\tDOCUMENTS\tVERSIONS", func(row func(...any)) error {
		for _, e := range data.Erasures {
			row(e.Subject, moment(&e.RequestDate), e.RequestedBy, orDash(e.Reference), moment(e.CompletionDate), e.Documents, e.Versions)
		}
		return nil
	})
}

type subjectCertificate struct {
	Remote
	ID string `arg:"" help:"The data subject's id."`
}

func (c *subjectCertificate) Run(ctx context.Context, t terminal) error {
	var data struct{ Erasure *erasureView }
	if err := c.do(ctx, `query($id: ID!) { erasure(subject: $id) { certificate } }`, variables{"id": c.ID}, &data); err != nil {
		return err
	}
	switch {
	case data.Erasure == nil:
		return fmt.Errorf("%s was not erased", visible(c.ID))
	case string(data.Erasure.Certificate) == "null":
		return fmt.Errorf("the erasure of %s is under way", visible(c.ID))
	}
	_, err := fmt.Fprintf(t.out, "%s\n", data.Erasure.Certificate)
	return err
}

type subjectVerify struct {
	File string `arg:"" help:"The certificate; - reads standard input."`
	Key  string `required:"" help:"The record's public key, or a file that holds it; audit key prints it."`
}

func (c *subjectVerify) Run(t terminal) error {
	text, err := t.read(c.File)
	if err != nil {
		return err
	}
	proof, err := audit.OpenProof([]byte(text), publicKey(c.Key))
	if err != nil {
		return err
	}
	e := proof.Entry
	if e.Outcome != audit.Done {
		return fmt.Errorf("this proves an entry of the record, but not that anything was done")
	}
	_, err = fmt.Fprintf(t.out, "ok: entry %d of the record of account %s says that %s was done\nof the data subject %s at %s; documents: %s, versions: %s\n",
		e.Index, e.Account, visible(e.Action), visible(e.Subject), e.Time.UTC().Format(time.RFC3339), visible(e.Details["documents"]), visible(e.Details["versions"]))
	return err
}

type holdView struct {
	ID, Subject, Reference, CreatedBy string
	CreationDate                      time.Time
}

type subjectHold struct {
	Remote
	ID        string `arg:"" help:"The data subject's id."`
	Reference string `required:"" help:"Number of the matter; no personal data."`
}

func (c *subjectHold) Run(ctx context.Context, t terminal) error {
	var data struct{ PlaceLegalHold holdView }
	err := c.do(ctx, `mutation($id: ID!, $reference: String!) { placeLegalHold(subject: $id, reference: $reference) { id } }`, variables{"id": c.ID, "reference": c.Reference}, &data)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, data.PlaceLegalHold.ID)
	return err
}

type subjectHolds struct {
	Remote
	Subject string `help:"Those of one data subject only."`
	First   int    `default:"50" help:"How many at most; 1 to 200."`
	After   string `help:"Id of the hold to start behind."`
}

func (c *subjectHolds) Run(ctx context.Context, t terminal) error {
	var data struct{ LegalHolds []holdView }
	err := c.do(ctx, `query($subject: ID, $first: Int!, $after: ID) { legalHolds(subject: $subject, first: $first, after: $after) { id reference creationDate createdBy } }`,
		variables{"subject": optional(c.Subject), "first": c.First, "after": optional(c.After)}, &data)
	if err != nil {
		return err
	}
	return table(t.out, "ID\tREFERENCE\tCREATED\tBY", func(row func(...any)) error {
		for _, h := range data.LegalHolds {
			row(h.ID, h.Reference, moment(&h.CreationDate), h.CreatedBy)
		}
		return nil
	})
}

type subjectRelease struct {
	Remote
	ID string `arg:"" help:"The hold's id, as holds lists it."`
}

func (c *subjectRelease) Run(ctx context.Context, t terminal) error {
	var data struct{ ReleaseLegalHold holdView }
	if err := c.do(ctx, `mutation($id: ID!) { releaseLegalHold(id: $id) { subject } }`, variables{"id": c.ID}, &data); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.out, "released: %s\n", data.ReleaseLegalHold.Subject)
	return err
}
