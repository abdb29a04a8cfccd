package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/vault"
)

// The most that is masked for show at once.
const (
	maxSamples = 100
	maxSample  = 1_000 // characters
)

var (
	// ErrSamples says that there is too much to mask for show.
	ErrSamples = fmt.Errorf("profile: at most %d values of %d characters are masked for show", maxSamples, maxSample)
	// ErrNoProperty says that a schema is not that of a property.
	ErrNoProperty = errors.New("profile: this is not the JSON Schema of a property")
)

// PreviewMask shows what would be seen of sample values of a property that is sensitive, by the
// property's schema; nil stands for null. Nothing is stored, and no key is needed. Whoever may read
// documents or publish schemas may ask.
func PreviewMask(p *auth.Principal, property []byte, values []string) ([]*string, error) {
	if !p.May(auth.Schema) {
		if err := p.Check(auth.Read); err != nil {
			return nil, err
		}
	}
	if len(values) > maxSamples {
		return nil, ErrSamples
	}
	if !json.Valid(property) {
		return nil, ErrNoProperty
	}
	e, _, err := schema.Parse("Preview", fmt.Appendf(nil, `{"type": "object", "properties": {"value": %s}}`, property), schema.Limits{})
	if err != nil {
		return nil, err
	}
	if len(e.Type.Fields) != 1 {
		return nil, ErrNoProperty
	}
	masks := make([]*string, len(values))
	for i, value := range values {
		if utf8.RuneCountInString(value) > maxSample {
			return nil, ErrSamples
		}
		if mask, ok := vault.Preview(e.Type.Fields[0], value); ok {
			masks[i] = &mask
		}
	}
	return masks, nil
}
