package graph

import (
	"context"
	"errors"
	"strconv"

	"github.com/profilegraph/profilegraph/graph/transport"
)

// The codes of errors that arise in the engine itself, in extensions.code.
const (
	codeBadInput       = "BAD_USER_INPUT"        // an argument or a variable is not what it must be
	codeInternal       = "INTERNAL"              // the server's fault; extensions.requestId names the log entry
	codeTimeout        = "REQUEST_TIMEOUT"       // the request took too long
	codeMismatch       = "STORED_VALUE_MISMATCH" // a document written under an older schema has a value that does not fit
	codeIntrospection  = "INTROSPECTION_DISABLED"
	codeAlias          = "ALIAS_NEEDED"       // a value in clear would be handed on to another subgraph
	codeRepresentation = "BAD_REPRESENTATION" // an item of _entities names no type or no key of the account
)

// badArgument is the error of a field whose argument cannot be used.
func badArgument(name, problem string) *Error {
	return &Error{Code: codeBadInput, Message: "Argument " + name + " " + problem + "."}
}

var errMismatch = &Error{Code: codeMismatch, Message: "The stored value does not fit the field's present type."}

// visible turns any error into one that the client may see. What the client may not see is
// reported.
func (e *Engine) visible(ctx context.Context, err error) *Error {
	if shown, ok := errors.AsType[*Error](err); ok {
		return shown
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &Error{Code: codeTimeout, Message: "The request took too long."}
	}
	if e.options.Report != nil {
		e.options.Report(ctx, err)
	}
	shown := &Error{Code: codeInternal, Message: "internal error"}
	if id := transport.RequestID(ctx); id != "" {
		shown.Extensions = map[string]any{"requestId": id}
	}
	return shown
}

// step is one element of a response path: a key, or an index if the key is empty.
type step struct {
	key   string
	index int
}

// appendError writes an error as the response format has it.
func appendError(b []byte, err *Error, at location, path []step, leaf string) []byte {
	b = append(b, `{"message":`...)
	b = appendString(b, err.Message)
	b = append(b, `,"locations":[{"line":`...)
	b = strconv.AppendInt(b, int64(at.line), 10)
	b = append(b, `,"column":`...)
	b = strconv.AppendInt(b, int64(at.column), 10)
	b = append(b, `}],"path":[`...)
	for i, s := range path {
		if i > 0 {
			b = append(b, ',')
		}
		if s.key == "" {
			b = strconv.AppendInt(b, int64(s.index), 10)
		} else {
			b = appendString(b, s.key)
		}
	}
	if leaf != "" {
		if len(path) > 0 {
			b = append(b, ',')
		}
		b = appendString(b, leaf)
	}
	b = append(b, `],"extensions":`...)
	return append(appendExtensions(b, err), '}')
}

func appendExtensions(b []byte, err *Error) []byte {
	b = append(b, `{"code":`...)
	b = appendString(b, err.Code)
	for _, name := range sortedKeys(err.Extensions) {
		if name == "code" {
			continue
		}
		value, ok := appendAny(nil, err.Extensions[name])
		if !ok {
			continue
		}
		b = append(b, ',')
		b = appendString(b, name)
		b = append(b, ':')
		b = append(b, value...)
	}
	return append(b, '}')
}
