package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

type approvalCommand struct {
	Request approvalRequest `cmd:"" help:"Ask for leave, for a purpose that wants a second person."`
	List    approvalList    `cmd:"" help:"List wishes that wait and approvals that hold."`
	Approve approvalApprove `cmd:"" help:"Let a requester see what they asked for, for an hour."`
	Decline approvalDecline `cmd:"" help:"Turn down a wish, or take back an approval."`
}

type approvalView struct {
	ID, Requester, Purpose, Subject, Reason string
	ApprovedBy                              *string
	ExpirationDate                          *time.Time
}

const approvalFields = `{ id requester purpose subject reason approvedBy expirationDate }`

type approvalRequest struct {
	Remote
	Purpose string `arg:"" help:"Code of the purpose."`
	Subject string `arg:"" help:"Id of the profile or prospect."`
	Reason  string `arg:"" help:"Why: 10 to 1,000 characters, kept encrypted."`
}

func (c *approvalRequest) Run(ctx context.Context, t terminal) error {
	var data struct{ RequestApproval approvalView }
	err := c.do(ctx, `mutation($purpose: String!, $subject: ID!, $reason: String!) { requestApproval(purpose: $purpose, subject: $subject, reason: $reason) `+approvalFields+` }`,
		variables{"purpose": c.Purpose, "subject": c.Subject, "reason": c.Reason}, &data)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, data.RequestApproval.ID)
	return err
}

type approvalList struct{ Remote }

func (c *approvalList) Run(ctx context.Context, t terminal) error {
	var data struct{ Approvals []approvalView }
	if err := c.do(ctx, `{ approvals `+approvalFields+` }`, nil, &data); err != nil {
		return err
	}
	return table(t.out, "ID\tREQUESTER\tPURPOSE\tSUBJECT\tAPPROVED BY\tUNTIL\tREASON", func(row func(...any)) error {
		for _, a := range data.Approvals {
			row(a.ID, a.Requester, a.Purpose, a.Subject, orDash(a.ApprovedBy), moment(a.ExpirationDate), a.Reason)
		}
		return nil
	})
}

type approvalApprove struct {
	Remote
	ID string `arg:"" help:"Id of the wish, as approval list shows it."`
}

func (c *approvalApprove) Run(ctx context.Context, t terminal) error {
	var data struct{ Approve approvalView }
	if err := c.do(ctx, `mutation($id: ID!) { approve(id: $id) `+approvalFields+` }`, variables{"id": c.ID}, &data); err != nil {
		return err
	}
	a := data.Approve
	_, err := fmt.Fprintf(t.out, "%s may see %s for %s until %s\n", a.Requester, a.Subject, a.Purpose, moment(a.ExpirationDate))
	return err
}

type approvalDecline struct {
	Remote
	ID string `arg:"" help:"Id of the wish, as approval list shows it."`
}

func (c *approvalDecline) Run(ctx context.Context, t terminal) error {
	var data struct{ DeclineApproval approvalView }
	if err := c.do(ctx, `mutation($id: ID!) { declineApproval(id: $id) `+approvalFields+` }`, variables{"id": c.ID}, &data); err != nil {
		return err
	}
	_, err := fmt.Fprintln(t.out, "declined", data.DeclineApproval.ID)
	return err
}

type sessionCommand struct {
	List sessionList `cmd:"" help:"List the sessions."`
	End  sessionEnd  `cmd:"" help:"End a session at once."`
}

type sessionList struct{ Remote }

func (c *sessionList) Run(ctx context.Context, t terminal) error {
	var data struct {
		Sessions []struct {
			ID, Actor                             string
			Roles                                 []string
			Issuer                                *string
			CreationDate, LastUse, ExpirationDate *time.Time
		}
	}
	if err := c.do(ctx, `{ sessions { id actor roles issuer creationDate lastUse expirationDate } }`, nil, &data); err != nil {
		return err
	}
	return table(t.out, "ID\tACTOR\tROLES\tSIGNED IN WITH\tSINCE\tLAST USE\tENDS", func(row func(...any)) error {
		for _, s := range data.Sessions {
			with := "API key"
			if s.Issuer != nil {
				with = *s.Issuer
			}
			row(s.ID, s.Actor, strings.Join(s.Roles, ","), with, moment(s.CreationDate), moment(s.LastUse), moment(s.ExpirationDate))
		}
		return nil
	})
}

type sessionEnd struct {
	Remote
	ID string `arg:"" help:"Id of the session, as session list shows it."`
}

func (c *sessionEnd) Run(ctx context.Context, t terminal) error {
	var data struct{ EndSession string }
	if err := c.do(ctx, `mutation($id: ID!) { endSession(id: $id) }`, variables{"id": c.ID}, &data); err != nil {
		return err
	}
	_, err := fmt.Fprintln(t.out, "ended", data.EndSession)
	return err
}
