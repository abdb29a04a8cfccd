package resolvers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/profilegraph/profilegraph/graph/transport"
)

// Ordered is an executor of the control plane that keeps the members of JSON arguments in the order
// in which the client wrote them. The order of a schema's properties is the order of the fields of
// its GraphQL type, and decoding into maps would lose it.
func Ordered(next transport.Executor) transport.Executor { return ordered{next} }

type ordered struct{ next transport.Executor }

type variablesKey struct{}

func (o ordered) Execute(ctx context.Context, r transport.Request) transport.Response {
	return o.next.Execute(context.WithValue(ctx, variablesKey{}, r.Variables), r)
}

// argument returns a JSON argument of the field being resolved, as the client wrote it. A string
// counts as JSON text, so that a schema can also be sent as one.
func argument(ctx context.Context, name string) ([]byte, error) {
	field := graphql.GetFieldContext(ctx).Field
	arg := field.Arguments.ForName(name)
	if arg == nil {
		return nil, fmt.Errorf("resolvers: the field has no argument %s", name)
	}
	variables, _ := ctx.Value(variablesKey{}).(json.RawMessage)
	var b bytes.Buffer
	if err := appendValue(&b, arg.Value, variables); err != nil {
		return nil, err
	}
	text := bytes.TrimSpace(b.Bytes())
	if len(text) > 0 && text[0] == '"' {
		var s string
		if err := json.Unmarshal(text, &s); err != nil {
			return nil, fmt.Errorf("resolvers: argument %s: %w", name, err)
		}
		return []byte(s), nil
	}
	return text, nil
}

// appendValue writes a value of a query as JSON.
func appendValue(b *bytes.Buffer, v *ast.Value, variables json.RawMessage) error {
	switch v.Kind {
	case ast.Variable:
		var all map[string]json.RawMessage
		if len(variables) > 0 {
			if err := json.Unmarshal(variables, &all); err != nil {
				return fmt.Errorf("resolvers: variables: %w", err)
			}
		}
		if given, ok := all[v.Raw]; ok {
			b.Write(given)
			return nil
		}
		if v.VariableDefinition != nil && v.VariableDefinition.DefaultValue != nil {
			return appendValue(b, v.VariableDefinition.DefaultValue, nil)
		}
		b.WriteString("null")
	case ast.ObjectValue, ast.ListValue:
		open, close := byte('{'), byte('}')
		if v.Kind == ast.ListValue {
			open, close = '[', ']'
		}
		b.WriteByte(open)
		for i, child := range v.Children {
			if i > 0 {
				b.WriteByte(',')
			}
			if v.Kind == ast.ObjectValue {
				appendString(b, child.Name)
				b.WriteByte(':')
			}
			if err := appendValue(b, child.Value, variables); err != nil {
				return err
			}
		}
		b.WriteByte(close)
	case ast.StringValue, ast.BlockValue, ast.EnumValue:
		appendString(b, v.Raw)
	case ast.IntValue, ast.FloatValue, ast.BooleanValue, ast.NullValue:
		b.WriteString(v.Raw)
	default:
		return fmt.Errorf("resolvers: unknown kind of value %s", strconv.Itoa(int(v.Kind)))
	}
	return nil
}

func appendString(b *bytes.Buffer, s string) {
	text, err := json.Marshal(s)
	if err != nil { // a string always has a JSON form
		text = []byte(`""`)
	}
	b.Write(text)
}
