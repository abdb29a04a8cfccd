package transport

import (
	"mime"
	"strconv"
	"strings"
)

// mediaType is a form in which a response can be sent.
type mediaType int

const (
	plainJSON mediaType = iota
	graphQLResponse
)

var (
	plainJSONHeader       = []string{"application/json; charset=utf-8"}
	graphQLResponseHeader = []string{"application/graphql-response+json; charset=utf-8"}
)

func (t mediaType) contentType() []string {
	if t == graphQLResponse {
		return graphQLResponseHeader
	}
	return plainJSONHeader
}

// negotiate chooses the form that the Accept header prefers. Where it does not say, the answer is
// application/json, which all clients understand; where it names both with the same weight, the
// form whose status codes tell more.
func negotiate(accept []string) (mediaType, bool) {
	if len(accept) == 0 {
		return plainJSON, true
	}
	if len(accept) == 1 {
		switch accept[0] {
		case "application/json", "*/*", "":
			return plainJSON, true
		case "application/graphql-response+json":
			return graphQLResponse, true
		}
	}
	var plain, rich preference
	for _, header := range accept {
		for rng := range strings.SplitSeq(header, ",") {
			name, weight, ok := mediaRange(rng)
			if !ok {
				continue
			}
			switch name {
			case "*/*":
				plain.raise(1, weight)
				rich.raise(1, weight)
			case "application/*":
				plain.raise(2, weight)
				rich.raise(2, weight)
			case "application/json":
				plain.raise(3, weight)
			case "application/graphql-response+json":
				rich.raise(3, weight)
			}
		}
	}
	switch {
	case plain.weight <= 0 && rich.weight <= 0:
		return plainJSON, false
	case rich.weight > plain.weight, rich.weight == plain.weight && rich.precision == 3:
		return graphQLResponse, true
	}
	return plainJSON, true
}

// preference is how much a client likes a media type. The most precise range that covers the type
// decides.
type preference struct {
	precision int
	weight    float64
}

func (p *preference) raise(precision int, weight float64) {
	if precision > p.precision || precision == p.precision && weight > p.weight {
		*p = preference{precision, weight}
	}
}

// mediaRange parses one element of an Accept header. Elements that are malformed, or that ask for
// another encoding than UTF-8, are as good as absent.
func mediaRange(s string) (name string, weight float64, ok bool) {
	name, parameters, err := mime.ParseMediaType(s)
	if err != nil {
		return "", 0, false
	}
	if charset, given := parameters["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return "", 0, false
	}
	weight = 1
	if q, given := parameters["q"]; given {
		weight, err = strconv.ParseFloat(q, 64)
		if err != nil || !(weight >= 0 && weight <= 1) {
			return "", 0, false
		}
	}
	return name, weight, true
}

// takesJSON reports whether a Content-Type header announces JSON in UTF-8.
func takesJSON(header string) bool {
	switch header {
	case "application/json", "application/json; charset=utf-8":
		return true
	}
	name, parameters, err := mime.ParseMediaType(header)
	if err != nil || name != "application/json" {
		return false
	}
	charset, given := parameters["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}
