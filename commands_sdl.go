package main

import (
	"context"
	"fmt"
	"io"
)

type sdlCommand struct {
	Remote
	Account string `help:"The account that is meant; a key of another one is refused." placeholder:"ID"`
	Variant string `enum:"client,federation,public" default:"client" help:"client: what queries are sent to; federation: what a federated graph is composed of; public: that without sensitive fields."`
}

func (c *sdlCommand) Run(ctx context.Context, t terminal) error {
	if c.Account != "" {
		var data struct{ Account struct{ ID string } }
		if err := c.do(ctx, `{ account { id } }`, nil, &data); err != nil {
			return err
		}
		if data.Account.ID != c.Account {
			return fmt.Errorf("the key is of the account %s", data.Account.ID)
		}
	}
	body, err := c.get(ctx, "/sdl?variant="+c.Variant)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(t.out, body)
	return err
}
