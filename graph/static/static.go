// Package static executes GraphQL requests on a schema that is fixed at build time, one that
// gqlgen generated. The text of a request passes package guard first, and no error leaves that was
// not made for clients.
package static

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/profilegraph/profilegraph/graph/guard"
	"github.com/profilegraph/profilegraph/graph/transport"
)

// The codes of the errors of this package, under "code" in the extensions of an error.
const (
	BadInput = "BAD_USER_INPUT"   // a variable or an argument does not fit its type
	Canceled = "REQUEST_CANCELED" // the client went away
	Internal = "INTERNAL"         // the reason is in the log, by the request's id
	Timeout  = "REQUEST_TIMEOUT"  // the deadline passed
)

// Config is what an Executor is made of.
type Config struct {
	Schema graphql.ExecutableSchema
	Limits guard.Limits
	// Price is the price list that limits the cost of an operation; nil: every field costs 1.
	Price guard.Price
	// Present returns what a client may know of an error, or nil for an error that is nobody's
	// business but the log's. An error that is a *gqlerror.Error with a code in its extensions
	// needs no translation and does not come here. Present may be nil.
	Present func(ctx context.Context, err error) *gqlerror.Error
	// Log gets the errors that clients do not see.
	Log *slog.Logger
}

// Executor executes requests on one schema.
type Executor struct {
	config   Config
	executor *executor.Executor
	parsed   *cache
}

var _ transport.Executor = (*Executor)(nil)

// New returns an executor. It keeps what it parsed, of the requests used most recently.
func New(config Config) *Executor {
	if config.Price == nil {
		config.Price = func(*ast.Field, func(string) (int, bool)) (own, times int) { return 1, 1 }
	}
	e := &Executor{
		config:   config,
		executor: executor.New(config.Schema),
		parsed:   newCache(1_000, 1<<20),
	}
	e.executor.SetErrorPresenter(e.present)
	e.executor.SetRecoverFunc(e.recovered)
	return e
}

// Execute runs one request. Root fields of a mutation run one after another.
func (e *Executor) Execute(ctx context.Context, r transport.Request) (response transport.Response) {
	defer func() {
		if p := recover(); p != nil {
			response = transport.Errors(gqlerror.List{e.present(ctx, e.recovered(ctx, p))})
			response.Status = http.StatusInternalServerError
		}
	}()
	operation, errs := e.operation(r)
	if errs != nil {
		return transport.Errors(errs)
	}
	switch {
	case operation.Def.Operation == ast.Subscription:
		return transport.Fail(guard.ValidationFailed, "Subscriptions are not served here.", 0)
	case r.ReadOnly && operation.Def.Operation == ast.Mutation:
		return transport.Fail(transport.MethodNotAllowed, "Send mutations by POST.", http.StatusMethodNotAllowed)
	}
	variables, err := e.variables(operation.Def, r.Variables)
	if err != nil {
		return transport.Errors(gqlerror.List{err})
	}
	lookup := func(name string) any { return variables[name] }
	if _, errs := operation.Cost(e.config.Price, lookup); errs != nil {
		return transport.Errors(errs)
	}
	if ctx.Err() != nil {
		response := transport.Errors(gqlerror.List{e.present(ctx, ctx.Err())})
		response.Status = http.StatusServiceUnavailable
		return response
	}
	return e.run(ctx, r, operation, variables)
}

func (e *Executor) operation(r transport.Request) (*guard.Operation, gqlerror.List) {
	key := cacheKey{r.Query, r.OperationName}
	if operation, ok := e.parsed.get(key); ok {
		return operation, nil
	}
	operation, errs := guard.Parse(e.config.Schema.Schema(), r.Query, r.OperationName, e.config.Limits)
	if errs == nil {
		errs = readable(operation)
	}
	if errs == nil {
		e.parsed.put(key, operation)
	}
	return operation, errs
}

// readable finds numbers written in an operation that gqlgen, which reads all in 64 bits, could not read.
func readable(operation *guard.Operation) (errs gqlerror.List) {
	check := func(v *ast.Value) {
		if v == nil {
			return
		}
		if _, err := v.Value(nil); err != nil {
			errs = append(errs, &gqlerror.Error{Message: "A number has more digits than can be written in the query: send it in a variable.",
				Locations: []gqlerror.Location{{Line: v.Position.Line, Column: v.Position.Column}}, Extensions: map[string]any{"code": BadInput}})
		}
	}
	var fields func(ast.SelectionSet)
	fields = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				for _, a := range s.Arguments {
					check(a.Value)
				}
				fields(s.SelectionSet)
			case *ast.InlineFragment:
				fields(s.SelectionSet)
			}
		}
	}
	for _, o := range operation.Doc.Operations {
		for _, d := range o.VariableDefinitions {
			check(d.DefaultValue)
		}
		fields(o.SelectionSet)
	}
	for _, f := range operation.Doc.Fragments {
		fields(f.SelectionSet)
	}
	return errs
}

// run hands an operation to gqlgen, past the parsing and validating that gqlgen would do itself.
func (e *Executor) run(ctx context.Context, r transport.Request, operation *guard.Operation, variables map[string]any) transport.Response {
	handler, ctx := e.executor.DispatchOperation(ctx, &graphql.OperationContext{
		RawQuery:      r.Query,
		OperationName: r.OperationName,
		Doc:           operation.Doc,
		Operation:     operation.Def,
		Variables:     variables,
		RecoverFunc:   e.recovered,
		ResolverMiddleware: func(ctx context.Context, next graphql.Resolver) (any, error) {
			result, err := next(ctx)
			if err != nil { // here, since gqlgen writes path and location into the error it gets
				return nil, e.present(ctx, err)
			}
			return result, nil
		},
		RootResolverMiddleware: func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
			return next(ctx)
		},
	})
	answer := handler(ctx)
	if answer == nil { // gqlgen's way to say that ctx has ended
		answer = &graphql.Response{Errors: gqlerror.List{e.present(ctx, context.Cause(ctx))}, Data: []byte("null")}
	}
	if len(answer.Data) == 0 {
		return transport.Errors(answer.Errors)
	}
	return e.encode(ctx, answer)
}

// encode puts the response together around the data, which is JSON already.
func (e *Executor) encode(ctx context.Context, answer *graphql.Response) transport.Response {
	var body bytes.Buffer
	body.Grow(len(answer.Data) + 128)
	body.WriteString(`{"data":`)
	body.Write(answer.Data)
	if len(answer.Errors) > 0 {
		list, err := json.Marshal(answer.Errors)
		if err != nil { // an extension that JSON cannot express
			list, _ = json.Marshal(gqlerror.List{e.internal(ctx, "response", err)})
		}
		body.WriteString(`,"errors":`)
		body.Write(list)
	}
	body.WriteByte('}')
	return transport.Response{Body: body.Bytes()}
}

// present turns the error of a resolver into what the client sees.
func (e *Executor) present(ctx context.Context, err error) *gqlerror.Error {
	shown := e.translate(ctx, err)
	public := *shown // the original may be shared between requests
	if public.Path == nil {
		public.Path = graphql.GetPath(ctx)
	}
	if fc := graphql.GetFieldContext(ctx); public.Locations == nil && fc != nil && fc.Field.Field != nil && fc.Field.Position != nil {
		public.Locations = []gqlerror.Location{{Line: fc.Field.Position.Line, Column: fc.Field.Position.Column}}
	}
	return &public
}

func (e *Executor) translate(ctx context.Context, err error) *gqlerror.Error {
	if coded, ok := errors.AsType[*gqlerror.Error](err); ok {
		if code, _ := coded.Extensions["code"].(string); code != "" {
			return coded
		}
	}
	if e.config.Present != nil {
		if shown := e.config.Present(ctx, err); shown != nil {
			return shown
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return public(Timeout, "The request took too long.")
	case errors.Is(err, context.Canceled):
		return public(Canceled, "The request was canceled.")
	}
	fc := graphql.GetFieldContext(ctx)
	if fc == nil || fc.Field.Field == nil {
		return e.internal(ctx, "", err)
	}
	// gqlgen sets the arguments before it calls a resolver, unless one of them was no good.
	if def := fc.Field.Definition; fc.Args == nil && def != nil && len(def.Arguments) > 0 {
		return public(BadInput, fmt.Sprintf("An argument of field %q does not fit its type.", fc.Field.Name))
	}
	return e.internal(ctx, fc.Object+"."+fc.Field.Name, err)
}

// internal logs an error and returns what is said of it.
func (e *Executor) internal(ctx context.Context, where string, err error) *gqlerror.Error {
	id := transport.RequestID(ctx)
	e.config.Log.ErrorContext(ctx, "graphql: internal error", "requestId", id, "field", where, "error", err)
	shown := public(Internal, "internal error")
	if id != "" {
		shown.Extensions["requestId"] = id
	}
	return shown
}

// recovered logs a panic and returns what is said of it. Of a panic that is not the runtime's own
// only the type is logged, since its text may hold anything.
func (e *Executor) recovered(ctx context.Context, p any) error {
	var reason error
	switch p := p.(type) {
	case runtime.Error:
		reason = p
	default:
		reason = fmt.Errorf("panic with %T", p)
	}
	return e.internal(ctx, "", fmt.Errorf("%w\n%s", reason, debug.Stack()))
}

func public(code, message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": code}}
}

// variables decodes and coerces the variables of a request. The errors name the variable and the
// place in it, never a value.
func (e *Executor) variables(def *ast.OperationDefinition, raw json.RawMessage) (map[string]any, *gqlerror.Error) {
	var given map[string]any
	if raw != nil {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(&given); err != nil {
			return nil, public(BadInput, "The variables are not valid JSON.")
		}
	}
	variables, err := validator.VariableValues(e.config.Schema.Schema(), def, given)
	if err != nil {
		return nil, misfit(def, err)
	}
	return variables, nil
}
