package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault/kms/local"
)

type keyCommand struct {
	Status keyStatus `cmd:"" help:"Tell which versions of the account's encryption keys there are, and what is on which."`
	Rotate keyRotate `cmd:"" help:"Replace keys without a break in service: kek, account, dek or index."`
	File   keyFile   `cmd:"" help:"Work on the key file itself, on the machine where it is."`
}

const keyStatusFields = `{ kek accountKeys { number creationDate kekVersion wraps } subjects subjectsRotating subjectsErased
	indexKeys { entity property versions } rotations { step beginDate done all } }`

type keyStatusView struct {
	KEK         *string
	AccountKeys []struct {
		Number, Wraps int
		CreationDate  string
		KEKVersion    *string
	}
	Subjects, SubjectsRotating, SubjectsErased int
	IndexKeys                                  []struct {
		Entity, Property string
		Versions         int
	}
	Rotations []struct {
		Step, BeginDate string
		Done, All       int
	}
}

func (v keyStatusView) print(t terminal) {
	fmt.Fprintf(t.out, "KEK: %s\n", orDash(v.KEK))
	total := 0
	for _, k := range v.AccountKeys {
		total += k.Wraps
	}
	for _, k := range v.AccountKeys {
		fmt.Fprintf(t.out, "account key %d of %s: wraps %d of %d keys; wrapped by KEK version %s\n", k.Number, k.CreationDate, k.Wraps, total, orDash(k.KEKVersion))
	}
	fmt.Fprintf(t.out, "data subjects: %d, of which %d have an old key beside the new one; %d erased\n", v.Subjects, v.SubjectsRotating, v.SubjectsErased)
	for _, i := range v.IndexKeys {
		fmt.Fprintf(t.out, "index key %s.%s: %d version(s)\n", i.Entity, i.Property, i.Versions)
	}
	for _, r := range v.Rotations {
		fmt.Fprintf(t.out, "rotation %s is under way since %s", r.Step, r.BeginDate)
		if r.All > 0 {
			fmt.Fprintf(t.out, ", through %d of %d documents and old versions", r.Done, r.All)
		}
		fmt.Fprintln(t.out)
	}
}

type keyStatus struct{ Remote }

func (c *keyStatus) Run(ctx context.Context, t terminal) error {
	status, err := c.keyStatus(ctx)
	if err != nil {
		return err
	}
	status.print(t)
	return nil
}

func (r *Remote) keyStatus(ctx context.Context) (keyStatusView, error) {
	var data struct{ KeyStatus keyStatusView }
	err := r.do(ctx, `{ keyStatus `+keyStatusFields+` }`, nil, &data)
	return data.KeyStatus, err
}

type keyRotate struct {
	Remote
	Step string `arg:"" enum:"kek,account,dek,index" help:"kek: wrap the account's key anew. account: new account key. dek: new key for each data subject, everything sealed anew. index: new keys for look-up fields."`
	KEK  string `help:"With kek: another key encryption key, which the account brings."`
	Wait bool   `help:"Show progress until it is done."`
}

func (c *keyRotate) Run(ctx context.Context, t terminal) error {
	step := map[string]string{"kek": profile.RotateKEK, "account": profile.RotateAccount, "dek": profile.RotateDEK, "index": profile.RotateIndex}[c.Step]
	var data struct{ RotateKeys keyStatusView }
	err := c.do(ctx, `mutation($step: KeyRotationStep!, $kek: String) { rotateKeys(step: $step, kek: $kek) `+keyStatusFields+` }`,
		variables{"step": step, "kek": optional(c.KEK)}, &data)
	if err != nil {
		return err
	}
	data.RotateKeys.print(t)
	for c.Wait {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Second):
		}
		status, err := c.keyStatus(ctx)
		if err != nil {
			return err
		}
		pending := false
		for _, r := range status.Rotations {
			pending = pending || r.Step == step
		}
		if !pending {
			_, err := fmt.Fprintln(t.out, "done")
			return err
		}
		fmt.Fprintf(t.out, "%s: %d of %d data subjects have an old key\n", c.Step, status.SubjectsRotating, status.Subjects)
	}
	return nil
}

type keyFile struct {
	Rotate   keyFileRotate   `cmd:"" help:"Add a new root key. Then rotate each account's kek, and copy the file again."`
	Withdraw keyFileWithdraw `cmd:"" help:"Make one KEK unusable: its account goes dark within a minute."`
	Restore  keyFileRestore  `cmd:"" help:"Make a withdrawn KEK usable again."`
}

// keyFileAt is where the key file is.
type keyFileAt struct {
	Data    string `default:"./data" env:"PROFILEGRAPH_DATA" help:"Data folder." placeholder:"DIR"`
	KEKFile string `name:"kek-file" env:"PROFILEGRAPH_KEK_FILE" help:"The key file; kek.key in the data folder unless given." placeholder:"FILE"`
}

func (c keyFileAt) open() (*local.KMS, error) {
	return local.Open(Config{Stores: Stores{Data: c.Data}}.inData(c.KEKFile, "kek.key"))
}

type keyFileRotate struct{ keyFileAt }

func (c *keyFileRotate) Run(t terminal) error {
	k, err := c.open()
	if err != nil {
		return err
	}
	if err := k.Rotate(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, "a new root key was added; copy the key file to its safe place again, then rotate each account's kek")
	return err
}

type keyFileWithdraw struct {
	keyFileAt
	KEK string `arg:"" help:"Name of the KEK, as key status shows it."`
}

func (c *keyFileWithdraw) Run() error {
	k, err := c.open()
	if err != nil {
		return err
	}
	return k.Withdraw(c.KEK)
}

type keyFileRestore struct {
	keyFileAt
	KEK string `arg:"" help:"Name of the KEK."`
}

func (c *keyFileRestore) Run() error {
	k, err := c.open()
	if err != nil {
		return err
	}
	return k.Restore(c.KEK)
}

type checkCommand struct {
	Stores
	Account string `help:"Only this account."`
}

func (c *checkCommand) Run(ctx context.Context, t terminal) error {
	if c.MongodbURI == "" {
		if _, err := os.Stat(c.Data); err != nil {
			return fmt.Errorf("there is no data folder: %w", err)
		}
	}
	s, err := wire(ctx, Config{Stores: c.Stores}, time.Now, slog.New(slog.NewJSONHandler(t.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	return errors.Join(c.check(ctx, t, s), s.close())
}

func (c *checkCommand) check(ctx context.Context, t terminal, s *server) error {
	damaged := 0
	for after := tenant.ID(""); ; {
		accounts, err := s.tenants.List(ctx, after, 100)
		if err != nil {
			return err
		}
		for _, a := range accounts {
			after = a.ID
			if c.Account != "" && c.Account != string(a.ID) {
				continue
			}
			set, err := s.currentSet(ctx, a.ID)
			if err != nil {
				damaged++
				fmt.Fprintf(t.out, "%s: its schemas cannot be had: %v\n", a.ID, err)
				continue
			}
			checked, err := s.docs.Check(ctx, a.ID, set, func(d profile.Damage) {
				damaged++
				version := ""
				if d.Version != "" {
					version = " version " + d.Version
				}
				fmt.Fprintln(t.out, visible(fmt.Sprintf("%s/%s/%s%s: %v", a.ID, d.Entity, d.ID, version, d.Err)))
			})
			if err != nil {
				return err
			}
			fmt.Fprintf(t.out, "%s: %d documents and old versions were looked at\n", a.ID, checked)
		}
		if len(accounts) < 100 {
			break
		}
	}
	if store, ok := s.store.(storage.Verifier); ok && c.Account == "" {
		err := store.Verify(ctx, func(in storage.Located, problem string) {
			damaged++
			if in.ID != "" {
				problem = fmt.Sprintf("%s %s/%s/%s: %s", in.Space.Collection, in.Space.Account, in.Space.Part, in.ID, problem)
			}
			fmt.Fprintln(t.out, visible(problem))
		})
		if err != nil {
			return err
		}
	}
	if damaged > 0 {
		return fmt.Errorf("%d things are not as they should be", damaged)
	}
	return nil
}
