package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

type webhookCommand struct {
	List   webhookList   `cmd:"" help:"List the webhooks, and how their last deliveries went."`
	Create webhookCreate `cmd:"" help:"Add a webhook and print its secret. It cannot be shown again."`
	Delete webhookDelete `cmd:"" help:"Remove a webhook."`
	Test   webhookTest   `cmd:"" help:"Deliver a test event now; exits with 1 if it does not arrive."`
}

type webhookList struct{ Remote }

func (c *webhookList) Run(ctx context.Context, t terminal) error {
	var data struct {
		Webhooks []struct {
			ID, URL                  string
			Description, Failure     *string
			LastSuccess, LastFailure *time.Time
		}
	}
	if err := c.do(ctx, `{ webhooks { id url description lastSuccess lastFailure failure } }`, nil, &data); err != nil {
		return err
	}
	return table(t.out, "ID\tURL\tDESCRIPTION\tLAST SUCCESS\tLAST FAILURE\tWHY", func(row func(...any)) error {
		for _, w := range data.Webhooks {
			row(w.ID, w.URL, orDash(w.Description), moment(w.LastSuccess), moment(w.LastFailure), orDash(w.Failure))
		}
		return nil
	})
}

type webhookCreate struct {
	Remote
	Address     string `arg:"" name:"address" help:"An https URL."`
	Description string `help:"What it is for."`
}

func (c *webhookCreate) Run(ctx context.Context, t terminal) error {
	var data struct{ CreateWebhook struct{ Secret string } }
	err := c.do(ctx, `mutation($url: String!, $description: String) { createWebhook(url: $url, description: $description) { secret } }`,
		variables{"url": c.Address, "description": optional(c.Description)}, &data)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, data.CreateWebhook.Secret)
	return err
}

type webhookDelete struct {
	Remote
	ID string `arg:"" help:"Id of the webhook, as webhook list shows it."`
}

func (c *webhookDelete) Run(ctx context.Context, t terminal) error {
	var data struct{ DeleteWebhook string }
	if err := c.do(ctx, `mutation($id: ID!) { deleteWebhook(id: $id) }`, variables{"id": c.ID}, &data); err != nil {
		return err
	}
	_, err := fmt.Fprintln(t.out, "deleted", data.DeleteWebhook)
	return err
}

type webhookTest struct {
	Remote
	ID string `arg:"" help:"Id of the webhook, as webhook list shows it."`
}

func (c *webhookTest) Run(ctx context.Context, t terminal) error {
	var data struct {
		TestWebhook struct {
			Delivered bool
			Failure   *string
		}
	}
	if err := c.do(ctx, `mutation($id: ID!) { testWebhook(id: $id) { delivered failure } }`, variables{"id": c.ID}, &data); err != nil {
		return err
	}
	if !data.TestWebhook.Delivered {
		return errors.New("not delivered: " + orDash(data.TestWebhook.Failure))
	}
	_, err := fmt.Fprintln(t.out, "delivered")
	return err
}

type subgraphCommand struct {
	List   subgraphList   `cmd:"" help:"List the subgraphs."`
	Add    subgraphAdd    `cmd:"" help:"Register a subgraph, or its new schema, if all compose."`
	Remove subgraphRemove `cmd:"" help:"Forget a subgraph."`
}

type subgraphList struct{ Remote }

func (c *subgraphList) Run(ctx context.Context, t terminal) error {
	var data struct {
		Subgraphs []struct {
			Name, URL, Author string
			LastUpdate        *time.Time
		}
	}
	if err := c.do(ctx, `{ subgraphs { name url author lastUpdate } }`, nil, &data); err != nil {
		return err
	}
	return table(t.out, "NAME\tURL\tBY\tAT", func(row func(...any)) error {
		for _, s := range data.Subgraphs {
			row(s.Name, s.URL, s.Author, moment(s.LastUpdate))
		}
		return nil
	})
}

type subgraphAdd struct {
	Remote
	Name      string `arg:"" help:"Name of the subgraph."`
	Address   string `arg:"" name:"address" help:"Where the router finds it."`
	File      string `arg:"" help:"Its schema (SDL); - reads standard input."`
	Unchecked bool   `help:"Register it whether or not it composes with the others."`
}

func (c *subgraphAdd) Run(ctx context.Context, t terminal) error {
	sdl, err := t.read(c.File)
	if err != nil {
		return err
	}
	var data struct{ PutSubgraph struct{ Name string } }
	err = c.do(ctx, `mutation($name: String!, $url: String!, $sdl: String!, $check: Boolean!) { putSubgraph(name: $name, url: $url, sdl: $sdl, check: $check) { name } }`,
		variables{"name": c.Name, "url": c.Address, "sdl": sdl, "check": !c.Unchecked}, &data)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, "registered", data.PutSubgraph.Name)
	return err
}

type subgraphRemove struct {
	Remote
	Name string `arg:"" help:"Name of the subgraph."`
}

func (c *subgraphRemove) Run(ctx context.Context, t terminal) error {
	var data struct{ RemoveSubgraph string }
	if err := c.do(ctx, `mutation($name: String!) { removeSubgraph(name: $name) }`, variables{"name": c.Name}, &data); err != nil {
		return err
	}
	_, err := fmt.Fprintln(t.out, "removed", data.RemoveSubgraph)
	return err
}
