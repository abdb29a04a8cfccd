// Package scalar holds the Go types of the control plane's custom GraphQL scalars.
package scalar

import (
	"encoding/json"
	"fmt"
	"io"
)

// JSON is any JSON value, kept as text so that objects keep the order of their members.
type JSON json.RawMessage

// MarshalGQL writes the value as it is; the zero value is null.
func (j JSON) MarshalGQL(w io.Writer) {
	if len(j) == 0 {
		j = JSON("null")
	}
	// The writer is a buffer in memory: gqlgen gives no way to report a failure here.
	w.Write(j) //nolint:errcheck
}

// UnmarshalGQL takes any input value. Members of an object come in order of name, since GraphQL
// has lost their order by then.
func (j *JSON) UnmarshalGQL(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("value is not JSON")
	}
	*j = b
	return nil
}
