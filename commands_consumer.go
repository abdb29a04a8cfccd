package main

import (
	"context"
	"fmt"
	"time"
)

type consumerCommand struct {
	List   consumerList   `cmd:"" help:"List the consumers, revoked ones too."`
	Create consumerCreate `cmd:"" help:"Add a system that keeps tokens of its own in the place of ids."`
	Revoke consumerRevoke `cmd:"" help:"Destroy the key of a consumer's tokens: they stand for nothing any more, for good."`
}

type consumerView struct {
	ID, CreatedBy                string
	CreationDate, RevocationDate *time.Time
}

type consumerList struct{ Remote }

func (c *consumerList) Run(ctx context.Context, t terminal) error {
	var data struct{ Consumers []consumerView }
	if err := c.do(ctx, `{ consumers { id creationDate createdBy revocationDate } }`, nil, &data); err != nil {
		return err
	}
	return table(t.out, "ID\tCREATED\tCREATED BY\tREVOKED", func(row func(...any)) error {
		for _, one := range data.Consumers {
			row(one.ID, moment(one.CreationDate), one.CreatedBy, moment(one.RevocationDate))
		}
		return nil
	})
}

type consumerCreate struct {
	Remote
	ID string `arg:"" help:"Lower-case letters, digits and hyphens."`
}

func (c *consumerCreate) Run(ctx context.Context, t terminal) error {
	var data struct{ CreateConsumer consumerView }
	if err := c.do(ctx, `mutation($id: ID!) { createConsumer(id: $id) { id } }`, variables{"id": c.ID}, &data); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.out, "%s has tokens of its own; bind keys to it with apikey create --consumer\n", data.CreateConsumer.ID)
	return err
}

type consumerRevoke struct {
	Remote
	ID string `arg:""`
}

func (c *consumerRevoke) Run(ctx context.Context, t terminal) error {
	var data struct{ RevokeConsumer consumerView }
	if err := c.do(ctx, `mutation($id: ID!) { revokeConsumer(id: $id) { id revocationDate } }`, variables{"id": c.ID}, &data); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.out, "the tokens of %s ended at %s\n", c.ID, moment(data.RevokeConsumer.RevocationDate))
	return err
}
