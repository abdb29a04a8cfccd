package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/tenant"
)

// commands is the command line. Commands other than serve, recover and version talk to a running
// server's control plane, with the rights of the key that they are given.
type commands struct {
	Serve    serveCommand    `cmd:"" default:"withargs" help:"Run the server (what happens without a command)."`
	Account  accountCommand  `cmd:"" help:"Manage the installation's accounts."`
	APIKey   apiKeyCommand   `cmd:"" name:"apikey" help:"Manage the account's API keys."`
	Session  sessionCommand  `cmd:"" help:"See and end the sessions of people who are signed in with a browser."`
	Consumer consumerCommand `cmd:"" help:"Manage the systems that keep tokens of their own in the place of ids."`
	Schema   schemaCommand   `cmd:"" help:"Check, publish and look at schemas."`
	SDL      sdlCommand      `cmd:"" name:"sdl" help:"Print the account's GraphQL schema."`
	Subgraph subgraphCommand `cmd:"" help:"Register the other subgraphs of the account's federated graph."`
	Webhook  webhookCommand  `cmd:"" help:"Manage the addresses that are told of the account's events."`
	Policy   policyCommand   `cmd:"" help:"Say for which purposes sensitive values may be seen."`
	Approval approvalCommand `cmd:"" help:"Ask a second person for leave to see a data subject's data, and answer such wishes."`
	Subject  subjectCommand  `cmd:"" help:"Erase data subjects, prove it, and keep them on legal hold."`
	Key      keyCommand      `cmd:"" help:"Look after the account's encryption keys."`
	Check    checkCommand    `cmd:"" help:"Look at all that is stored of documents and report what is damaged; works on the store itself, so stop an embedded server first."`
	Audit    auditCommand    `cmd:"" help:"Look at, export and verify the audit record."`
	Recover  recoverCommand  `cmd:"" help:"Make a new admin key for an account when all are lost; works on the store itself, so stop an embedded server first."`
	Version  versionCommand  `cmd:"" help:"Print the version of the program."`
}

// terminal is where a command reads and writes.
type terminal struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// read returns the text of a file, or for "-" of standard input. What is no text is refused: it would be sent as another.
func (t terminal) read(file string) (string, error) {
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(t.in)
	} else {
		text, err = os.ReadFile(file)
	}
	if err == nil && !utf8.Valid(text) {
		err = fmt.Errorf("%s is not valid UTF-8", file)
	}
	return string(text), err
}

// command runs the command line and returns the exit code: 0 done, 1 failed, 2 wrongly called.
func command(args []string, in io.Reader, out, errs io.Writer) int {
	for i, arg := range args {
		if !utf8.ValidString(arg) {
			fmt.Fprintf(errs, "error: argument %d is not valid UTF-8\n", i+1)
			return 2
		}
	}
	var c commands
	exit := -1
	parser, err := kong.New(&c, kong.Name("profilegraph"), kong.Writers(out, errs),
		kong.Description("Keeps the personal data of shoppers in one system: a GraphQL server whose types come from JSON Schemas uploaded at run time."),
		kong.Exit(func(code int) { exit = code }))
	if err != nil {
		fmt.Fprintln(errs, "error:", err)
		return 2
	}
	forgetEmpty(parser.Model)
	k, err := parser.Parse(args)
	if exit >= 0 { // help was asked for and printed
		return exit
	}
	if err != nil {
		fmt.Fprintf(errs, "error: %v\nhint: %s --help\n", err, meant(err, args))
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(terminal{in, out, errs}); err != nil {
		lines := strings.Split(err.Error(), "\n")
		for i, line := range lines {
			lines[i] = visible(line)
		}
		fmt.Fprintln(errs, "error:", strings.Join(lines, "\n"))
		if h := hint(err); h != "" {
			fmt.Fprintln(errs, "hint:", h)
		}
		return 1
	}
	return 0
}

// forgetEmpty unsets variables of the command line that are empty: so come those that nobody set out
// of compose files and units of services.
func forgetEmpty(app *kong.Application) {
	kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			for _, name := range flag.Envs {
				if value, is := os.LookupEnv(name); is && value == "" {
					os.Unsetenv(name)
				}
			}
		}
		return next(nil)
	}) //nolint:errcheck // it fails only where what it calls does
}

// BeforeReset is what kong calls once it knows the command and the flags that are given. Other variables are left
// out, so that one with which the server would not start keeps nobody from verifying a record.
func (*commands) BeforeReset(k *kong.Context) error {
	wanted := map[*kong.Value]bool{}
	for _, node := range k.Path {
		for _, flag := range node.Flags {
			wanted[flag.Value] = true
		}
	}
	for _, node := range k.Path {
		if node.Flag != nil {
			delete(wanted, node.Flag.Value)
		}
	}
	return kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok && !wanted[flag.Value] {
			flag.Tag.Envs = nil
		}
		return next(nil)
	})
}

// meant returns the command that was wrongly called, as far as that is known.
func meant(err error, args []string) string {
	var wrong *kong.ParseError
	if !errors.As(err, &wrong) || wrong.Context == nil || wrong.Context.Selected() == nil {
		return "profilegraph"
	}
	command := wrong.Context.Selected()
	if command.Name == "serve" && len(args) > 0 && args[0] != "serve" && !strings.HasPrefix(args[0], "-") {
		return "profilegraph" // a word that is no command is taken for one of serve's
	}
	return command.FullPath()
}

type serveCommand struct {
	Config
}

func (c *serveCommand) Run(ctx context.Context, t terminal) error {
	// Whoever read the standard output may have left. That is an error of a write, and does not end the server.
	signal.Ignore(syscall.SIGPIPE)
	return serve(ctx, c.Config, t.out, t.err)
}

type versionCommand struct{}

func (versionCommand) Run(t terminal) error {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				version += " " + s.Value
			}
		}
	}
	_, err := fmt.Fprintln(t.out, "profilegraph", version)
	return err
}

type recoverCommand struct {
	Stores
	Account      string `default:"main" help:"The account."`
	WithOperator bool   `name:"operator" help:"Let the key manage the installation's accounts too."`
}

func (c *recoverCommand) Run(ctx context.Context, t terminal) error {
	if c.MongodbURI == "" {
		if _, err := os.Stat(c.Data); err != nil {
			return fmt.Errorf("there is no data folder: %w", err)
		}
	}
	s, err := wire(ctx, Config{Stores: c.Stores}, time.Now,
		slog.New(slog.NewJSONHandler(t.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	_, err = s.tenants.Get(ctx, tenant.ID(c.Account))
	if err == nil {
		roles := []string{"admin"}
		if c.WithOperator {
			roles = append(roles, "operator")
		}
		var key string
		_, key, err = s.keys.Bootstrap(ctx, tenant.ID(c.Account), "recover", auth.NewKey{Name: "Recovered admin key", Roles: roles})
		if err == nil {
			_, err = fmt.Fprintln(t.out, key)
		}
	}
	return errors.Join(err, s.close())
}

type accountCommand struct {
	List   accountList   `cmd:"" help:"List the accounts."`
	Create accountCreate `cmd:"" help:"Add an account and print its first admin key."`
	Update accountUpdate `cmd:"" help:"Rename, suspend or resume an account."`
}

type accountView struct {
	ID, Name     string
	CreationDate *time.Time
	Suspended    bool
}

const accountFields = `{ id name creationDate suspended }`

type accountList struct{ Remote }

func (c *accountList) Run(ctx context.Context, t terminal) error {
	return table(t.out, "ID\tNAME\tCREATED\tSUSPENDED", func(row func(...any)) error {
		after := ""
		for {
			var data struct{ Accounts []accountView }
			err := c.do(ctx, `query($after: ID) { accounts(first: 200, after: $after) `+accountFields+` }`, variables{"after": optional(after)}, &data)
			if err != nil {
				return err
			}
			for _, a := range data.Accounts {
				row(a.ID, a.Name, moment(a.CreationDate), a.Suspended)
				after = a.ID
			}
			if len(data.Accounts) < 200 {
				return nil
			}
		}
	})
}

type accountCreate struct {
	Remote
	ID   string `arg:"" help:"Lower-case letters, digits and hyphens."`
	Name string `help:"Name for people."`
}

func (c *accountCreate) Run(ctx context.Context, t terminal) error {
	var data struct {
		CreateAccount struct{ AdminKey struct{ Secret string } }
	}
	err := c.do(ctx, `mutation($id: ID!, $name: String) { createAccount(id: $id, name: $name) { adminKey { secret } } }`,
		variables{"id": c.ID, "name": optional(c.Name)}, &data)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, data.CreateAccount.AdminKey.Secret)
	return err
}

type accountUpdate struct {
	Remote
	ID      string `arg:""`
	Name    string `help:"New name."`
	Suspend bool   `xor:"state" help:"Refuse all requests of the account."`
	Resume  bool   `xor:"state" help:"Serve the account again."`
}

func (c *accountUpdate) Run(ctx context.Context, t terminal) error {
	v := variables{"id": c.ID, "name": optional(c.Name)}
	if c.Suspend || c.Resume {
		v["suspended"] = c.Suspend
	}
	var data struct{ UpdateAccount accountView }
	err := c.do(ctx, `mutation($id: ID!, $name: String, $suspended: Boolean) { updateAccount(id: $id, name: $name, suspended: $suspended) `+accountFields+` }`, v, &data)
	if err != nil {
		return err
	}
	return table(t.out, "ID\tNAME\tCREATED\tSUSPENDED", func(row func(...any)) error {
		a := data.UpdateAccount
		row(a.ID, a.Name, moment(a.CreationDate), a.Suspended)
		return nil
	})
}

type apiKeyCommand struct {
	List   apiKeyList   `cmd:"" help:"List the keys, revoked and expired ones too."`
	Create apiKeyCreate `cmd:"" help:"Add a key and print it. It cannot be shown again."`
	Revoke apiKeyRevoke `cmd:"" help:"End a key at once."`
}

type apiKeyList struct{ Remote }

func (c *apiKeyList) Run(ctx context.Context, t terminal) error {
	var data struct {
		APIKeys []struct {
			ID, Name                                string
			Roles                                   []string
			ExpirationDate, RevocationDate, LastUse *time.Time
		} `json:"apiKeys"`
	}
	if err := c.do(ctx, `{ apiKeys { id name roles expirationDate revocationDate lastUse } }`, nil, &data); err != nil {
		return err
	}
	return table(t.out, "ID\tNAME\tROLES\tEXPIRES\tREVOKED\tLAST USE", func(row func(...any)) error {
		for _, k := range data.APIKeys {
			row(k.ID, k.Name, strings.Join(k.Roles, ","), moment(k.ExpirationDate), moment(k.RevocationDate), moment(k.LastUse))
		}
		return nil
	})
}

type apiKeyCreate struct {
	Remote
	Name     string    `arg:"" help:"What the key is for."`
	Role     []string  `required:"" help:"Role; may be given more than once."`
	Subject  string    `help:"For the role shopper: id of the profile or prospect."`
	Consumer string    `help:"Id of a consumer, whose tokens the key sees in the place of ids."`
	Expires  time.Time `help:"When the key ends, RFC 3339." format:"2006-01-02T15:04:05Z07:00"`
}

func (c *apiKeyCreate) Run(ctx context.Context, t terminal) error {
	v := variables{"name": c.Name, "roles": c.Role, "subject": optional(c.Subject), "consumer": optional(c.Consumer)}
	if !c.Expires.IsZero() {
		v["expiresAt"] = c.Expires.Format(time.RFC3339)
	}
	var data struct{ CreateAPIKey struct{ Secret string } }
	err := c.do(ctx, `mutation($name: String!, $roles: [String!]!, $subject: ID, $consumer: ID, $expiresAt: DateTime) {
		createApiKey(name: $name, roles: $roles, subject: $subject, consumer: $consumer, expiresAt: $expiresAt) { secret } }`, v, &data)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, data.CreateAPIKey.Secret)
	return err
}

type apiKeyRevoke struct {
	Remote
	ID string `arg:"" help:"Id of the key, as apikey list shows it."`
}

func (c *apiKeyRevoke) Run(ctx context.Context, t terminal) error {
	var data struct {
		RevokeAPIKey struct{ RevocationDate *time.Time }
	}
	if err := c.do(ctx, `mutation($id: ID!) { revokeApiKey(id: $id) { revocationDate } }`, variables{"id": c.ID}, &data); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.out, "revoked %s at %s\n", c.ID, moment(data.RevokeAPIKey.RevocationDate))
	return err
}

type schemaCommand struct {
	Check    schemaCheck    `cmd:"" help:"Tell what publishing a schema would do; exits with 1 if it would be refused."`
	Publish  schemaPublish  `cmd:"" help:"Put a schema in force."`
	Show     schemaShow     `cmd:"" help:"Print an entity's schema."`
	History  schemaHistory  `cmd:"" help:"List the versions of an entity's schema."`
	Diff     schemaDiff     `cmd:"" help:"Tell what differs between two versions."`
	Rollback schemaRollback `cmd:"" help:"Put an older schema in force again, as a new version."`
}

// upload is what check and publish have in common.
type upload struct {
	Remote
	Entity  string `arg:"" help:"The entity, for instance Profile."`
	File    string `arg:"" help:"JSON Schema, or a bundle of them; - reads standard input."`
	Replace bool   `help:"Put the schema in the place of the current one, instead of adding to it."`
}

// variables returns what both send. The schema goes as text, so that its properties keep their order.
func (u *upload) variables(t terminal) (variables, error) {
	source, err := t.read(u.File)
	if err != nil {
		return nil, err
	}
	mode := "MERGE"
	if u.Replace {
		mode = "REPLACE"
	}
	return variables{"entity": u.Entity, "schema": source, "mode": mode}, nil
}

type changeView struct {
	Kind, Path string
	From, To   *string
}

type findingView struct {
	Rule, Path, Message, Fix string
	Breaking                 bool
}

type problemView struct{ Pointer, Keyword, Message, Fix string }

type schemaCheck struct{ upload }

func (c *schemaCheck) Run(ctx context.Context, t terminal) error {
	v, err := c.variables(t)
	if err != nil {
		return err
	}
	var data struct {
		CheckSchema struct {
			OK                                                 bool
			Problems, Warnings                                 []problemView
			Changes                                            []changeView
			Findings                                           []findingView
			Composition                                        []string
			DocumentsChecked, DocumentsFailing, CurrentVersion int
		}
	}
	err = c.do(ctx, `query($entity: String!, $schema: JSON!, $mode: SchemaMode!) { checkSchema(entity: $entity, schema: $schema, mode: $mode) {
		ok problems { pointer keyword message fix } warnings { pointer keyword message fix } changes { kind path from to }
		findings { rule path message fix breaking } composition documentsChecked documentsFailing currentVersion } }`, v, &data)
	if err != nil {
		return err
	}
	r := data.CheckSchema
	printProblems(t.out, "problem", r.Problems)
	printProblems(t.out, "warning", r.Warnings)
	printChanges(t.out, r.Changes)
	printFindings(t.out, r.Findings)
	for _, message := range r.Composition {
		fmt.Fprintln(t.out, "does not compose:", visible(message))
	}
	if r.DocumentsChecked > 0 {
		fmt.Fprintf(t.out, "%d of %d stored documents would not satisfy the schema\n", r.DocumentsFailing, r.DocumentsChecked)
	}
	if !r.OK {
		return errors.New("the schema would be refused")
	}
	_, err = fmt.Fprintf(t.out, "ok: it can follow version %d\n", r.CurrentVersion)
	return err
}

type schemaPublish struct {
	upload
	Expected *int     `help:"The version that the change was made for; 0 is the built-in schema."`
	Allow    []string `help:"Name of a rule that may be broken; may be given more than once."`
	Note     string   `help:"Why, for the history."`
}

type versionView struct {
	Version      int
	Current      bool
	Author, Note *string
	CreationDate *time.Time
	Changes      []changeView
	Warnings     []problemView
}

func (c *schemaPublish) Run(ctx context.Context, t terminal) error {
	v, err := c.variables(t)
	if err != nil {
		return err
	}
	v["expected"], v["allow"], v["note"] = c.Expected, c.Allow, optional(c.Note)
	var data struct{ PublishSchema versionView }
	err = c.do(ctx, `mutation($entity: String!, $schema: JSON!, $mode: SchemaMode!, $expected: Int, $allow: [String!], $note: String) {
		publishSchema(entity: $entity, schema: $schema, mode: $mode, expectedVersion: $expected, allow: $allow, note: $note) {
			version changes { kind path from to } warnings { pointer keyword message fix } } }`, v, &data)
	if err != nil {
		return err
	}
	return published(t.out, c.Entity, data.PublishSchema)
}

func published(out io.Writer, entity string, v versionView) error {
	printProblems(out, "warning", v.Warnings)
	printChanges(out, v.Changes)
	_, err := fmt.Fprintf(out, "%s is at version %d\n", entity, v.Version)
	return err
}

type schemaShow struct {
	Remote
	Entity string `arg:""`
	At     *int   `name:"version" help:"The version; the one in force unless given."`
}

func (c *schemaShow) Run(ctx context.Context, t terminal) error {
	var data struct {
		Schema *struct{ Schema json.RawMessage }
	}
	err := c.do(ctx, `query($entity: String!, $version: Int) { schema(entity: $entity, version: $version) { schema } }`,
		variables{"entity": c.Entity, "version": c.At}, &data)
	if err != nil {
		return err
	}
	if data.Schema == nil {
		return errors.New("there is no such schema or version")
	}
	var b bytes.Buffer
	if err := json.Indent(&b, data.Schema.Schema, "", "  "); err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, b.String())
	return err
}

type schemaHistory struct {
	Remote
	Entity string `arg:""`
}

func (c *schemaHistory) Run(ctx context.Context, t terminal) error {
	return table(t.out, "VERSION\tCREATED\tAUTHOR\tCHANGES\tNOTE", func(row func(...any)) error {
		var before *int
		for {
			var data struct{ SchemaHistory []versionView }
			err := c.do(ctx, `query($entity: String!, $before: Int) { schemaHistory(entity: $entity, first: 100, before: $before) {
				version author creationDate note changes { kind } } }`, variables{"entity": c.Entity, "before": before}, &data)
			if err != nil {
				return err
			}
			for _, v := range data.SchemaHistory {
				row(v.Version, moment(v.CreationDate), orDash(v.Author), len(v.Changes), orDash(v.Note))
				before = &v.Version
			}
			if len(data.SchemaHistory) < 100 || *before == 0 {
				return nil
			}
		}
	})
}

type schemaDiff struct {
	Remote
	Entity string `arg:""`
	From   int    `arg:""`
	To     *int   `arg:"" optional:"" help:"The version in force unless given."`
}

func (c *schemaDiff) Run(ctx context.Context, t terminal) error {
	var data struct{ SchemaDiff []changeView }
	err := c.do(ctx, `query($entity: String!, $from: Int!, $to: Int) { schemaDiff(entity: $entity, from: $from, to: $to) { kind path from to } }`,
		variables{"entity": c.Entity, "from": c.From, "to": c.To}, &data)
	if err != nil {
		return err
	}
	printChanges(t.out, data.SchemaDiff)
	return nil
}

type schemaRollback struct {
	Remote
	Entity   string   `arg:""`
	To       int      `arg:"" help:"The version to return to; 0 is the built-in schema."`
	Expected *int     `help:"The version that is in force now."`
	Allow    []string `help:"Name of a rule that may be broken; may be given more than once."`
	Note     string   `help:"Why, for the history."`
}

func (c *schemaRollback) Run(ctx context.Context, t terminal) error {
	var data struct{ RollbackSchema versionView }
	err := c.do(ctx, `mutation($entity: String!, $to: Int!, $expected: Int, $allow: [String!], $note: String) {
		rollbackSchema(entity: $entity, to: $to, expectedVersion: $expected, allow: $allow, note: $note) { version changes { kind path from to } } }`,
		variables{"entity": c.Entity, "to": c.To, "expected": c.Expected, "allow": c.Allow, "note": optional(c.Note)}, &data)
	if err != nil {
		return err
	}
	return published(t.out, c.Entity, data.RollbackSchema)
}

func printProblems(out io.Writer, kind string, list []problemView) {
	for _, p := range list {
		fmt.Fprintf(out, "%s: %s: %s\n", kind, orRoot(p.Pointer), visible(p.Message))
		if p.Fix != "" {
			fmt.Fprintf(out, "  mend: %s\n", visible(p.Fix))
		}
	}
}

func printChanges(out io.Writer, list []changeView) {
	for _, c := range list {
		fmt.Fprintln(out, c)
	}
}

func (c changeView) String() string {
	text := c.Kind + " " + orRoot(c.Path)
	if c.From != nil || c.To != nil {
		text += ": " + orDash(c.From) + " -> " + orDash(c.To)
	}
	return text
}

func printFindings(out io.Writer, list []findingView) {
	for _, f := range list {
		kind := "note"
		if f.Breaking {
			kind = "breaking"
		}
		fmt.Fprintf(out, "%s: %s %s: %s\n  mend: %s\n", kind, f.Rule, orRoot(f.Path), visible(f.Message), visible(f.Fix))
	}
}

func orRoot(path string) string {
	if path == "" {
		return "(schema)"
	}
	return visible(path)
}

func orDash(s *string) string {
	if s == nil {
		return "-"
	}
	return visible(*s)
}

// moment returns a time to the second.
func moment(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.RFC3339)
}

// optional returns nil for an empty option.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// visible escapes what would move the cursor, break a line or turn the direction of writing: what others
// wrote must not draw rows of its own.
func visible(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !strconv.IsGraphic(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if strconv.IsGraphic(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRuneToGraphic(r), "'"))
		}
	}
	return b.String()
}

// table prints rows in columns, or nothing if they cannot be had.
func table(out io.Writer, heading string, rows func(row func(...any)) error) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, heading)
	err := rows(func(cells ...any) {
		text := make([]string, len(cells))
		for i, c := range cells {
			text[i] = visible(fmt.Sprint(c))
		}
		fmt.Fprintln(w, strings.Join(text, "\t"))
	})
	if err != nil {
		return err
	}
	return w.Flush()
}
