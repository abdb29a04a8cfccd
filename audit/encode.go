package audit

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// An entry is stored, hashed and exported in one encoding: that of encoding/json. It is written
// here without reflection, since every disclosure waits for it; a test compares the two.

// encodeTail returns the encoding behind the index, which comes first: so entries are encoded by
// their callers, at the same time, and only numbered by the one that writes.
func (e *Entry) encodeTail() ([]byte, error) {
	at := e.Time.UTC().Truncate(time.Microsecond)
	if year := at.Year(); year < 0 || year > 9999 {
		return nil, fmt.Errorf("%w: entry of a year that RFC 3339 cannot tell", ErrInvalid)
	}
	b := append(make([]byte, 0, 512), `,"time":"`...)
	b = at.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","account":`...)
	b = appendText(b, string(e.Account))
	b = append(b, `,"action":`...)
	b = appendText(b, e.Action)
	b = appendMember(b, "outcome", e.Outcome)
	b = appendMember(b, "actor", e.Actor)
	b = appendMember(b, "onBehalfOf", e.OnBehalfOf)
	b = appendMember(b, "entity", e.Entity)
	b = appendMember(b, "id", e.ID)
	b = appendMember(b, "version", e.Version)
	b = appendMember(b, "subject", e.Subject)
	for i, path := range e.Fields {
		if i == 0 {
			b = append(b, `,"fields":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendText(b, path)
	}
	if len(e.Fields) > 0 {
		b = append(b, ']')
	}
	b = appendMember(b, "purpose", e.Purpose)
	if len(e.Reason) > 0 {
		b = append(b, `,"reason":"`...)
		b = base64.StdEncoding.AppendEncode(b, e.Reason)
		b = append(b, '"')
	}
	b = appendMember(b, "requestId", e.RequestID)
	for i, name := range slices.Sorted(maps.Keys(e.Details)) {
		if i == 0 {
			b = append(b, `,"details":{`...)
		} else {
			b = append(b, ',')
		}
		b = append(appendText(b, name), ':')
		b = appendText(b, e.Details[name])
	}
	if len(e.Details) > 0 {
		b = append(b, '}')
	}
	b = append(b, '}')
	if len(b) > MaxEntry-len(indexMember)-20 {
		return nil, fmt.Errorf("%w: entry of more than %d bytes", ErrInvalid, MaxEntry)
	}
	return b, nil
}

const indexMember = `{"index":`

// encodeAt returns the bytes that are stored and hashed.
func encodeAt(index int64, tail []byte) []byte {
	b := append(make([]byte, 0, len(indexMember)+20+len(tail)), indexMember...)
	return append(strconv.AppendInt(b, index, 10), tail...)
}

func appendMember(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	return appendText(b, text)
}

// appendText appends a JSON string. Most texts are plain.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(text)
			if err != nil {
				panic("audit: impossible: a string that JSON cannot hold")
			}
			return append(b, quoted...)
		}
	}
	b = append(append(b, '"'), text...)
	return append(b, '"')
}
