// Package scalar holds the Go types of the control plane's custom GraphQL scalars.
package scalar

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/profilegraph/profilegraph/schema"
)

// MarshalDateTime writes a moment; the zero value is null.
func MarshalDateTime(t time.Time) graphql.Marshaler { return graphql.MarshalTime(t) }

// UnmarshalDateTime takes what is a date-time for documents too. A leap second is the moment that it ends at, since
// clocks have none.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok || !schema.IsDateTime(s) {
		return time.Time{}, errors.New("value is not a date-time of RFC 3339")
	}
	const seconds = len("2006-01-02T15:04:")
	s = strings.ToUpper(s)
	leap := time.Duration(0)
	if s[seconds:seconds+2] == "60" {
		s, leap = s[:seconds]+"59"+s[seconds+2:], time.Second
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t.Add(leap), err
}

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
