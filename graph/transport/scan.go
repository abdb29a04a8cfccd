package transport

import (
	"encoding/json"
	"strings"
)

// scan reads the request object in a body of valid UTF-8 in the shape that nearly all clients
// send it, in one pass and without allocating more than the strings. It leaves whatever is
// unusual (other members, escapes in names, \u escapes, mistakes) to decode by returning false; what it
// accepts, decode accepts with the same result. The variables alias the body.
func scan(body []byte) (Request, bool) {
	var request Request
	i := space(body, 0)
	if !at(body, i, '{') {
		return Request{}, false
	}
	i = space(body, i+1)
	for first := true; ; first = false {
		if first && at(body, i, '}') {
			break
		}
		name, end, ok := simpleString(body, i)
		if !ok {
			return Request{}, false
		}
		i = space(body, end)
		if !at(body, i, ':') {
			return Request{}, false
		}
		start := space(body, i+1)
		end, null := nullAt(body, start)
		switch string(name) {
		case "query":
			request.Query, end, ok = scanString(body, start)
		case "operationName":
			if request.OperationName = ""; !null {
				request.OperationName, end, ok = scanString(body, start)
			}
		case "variables":
			if request.Variables = nil; !null {
				end, ok = objectAt(body, start)
				request.Variables = body[start:end:end]
			}
		case "extensions":
			if !null {
				end, ok = objectAt(body, start)
			}
		default:
			ok = false
		}
		if !ok {
			return Request{}, false
		}
		if i = space(body, end); at(body, i, '}') {
			break
		}
		if !at(body, i, ',') {
			return Request{}, false
		}
		i = space(body, i+1)
	}
	return request, space(body, i+1) == len(body)
}

func at(body []byte, i int, c byte) bool {
	return i < len(body) && body[i] == c
}

// space returns where the white space that begins at i ends.
func space(body []byte, i int) int {
	for i < len(body) && (body[i] == ' ' || body[i] == '\n' || body[i] == '\t' || body[i] == '\r') {
		i++
	}
	return i
}

func nullAt(body []byte, i int) (end int, ok bool) {
	if len(body)-i >= 4 && string(body[i:i+4]) == "null" {
		return i + 4, true
	}
	return i, false
}

// simpleString returns the content of the string at i, which has no escapes, and where it ends.
func simpleString(body []byte, i int) (content []byte, end int, ok bool) {
	end, escaped, ok := stringAt(body, i)
	if !ok || escaped {
		return nil, i, false
	}
	return body[i+1 : end-1], end, true
}

// stringAt returns where the string at i ends, and whether there is a backslash in it.
func stringAt(body []byte, i int) (end int, escaped, ok bool) {
	if !at(body, i, '"') {
		return i, false, false
	}
	for i++; i < len(body); i++ {
		if !special[body[i]] {
			continue
		}
		switch body[i] {
		case '"':
			return i + 1, escaped, true
		case '\\':
			escaped = true
			i++
		default:
			return i, escaped, false
		}
	}
	return len(body), escaped, false
}

// special are the bytes that mean something in a string, or may not be in one.
var special = [256]bool{
	0: true, 1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 7: true, 8: true, 9: true, 10: true,
	11: true, 12: true, 13: true, 14: true, 15: true, 16: true, 17: true, 18: true, 19: true, 20: true,
	21: true, 22: true, 23: true, 24: true, 25: true, 26: true, 27: true, 28: true, 29: true, 30: true,
	31: true, '"': true, '\\': true,
}

// scanString decodes the string at i and returns where it ends.
func scanString(body []byte, i int) (s string, end int, ok bool) {
	end, escaped, ok := stringAt(body, i)
	if !ok {
		return "", i, false
	}
	content := body[i+1 : end-1]
	if !escaped {
		return string(content), end, true
	}
	var b strings.Builder
	b.Grow(len(content))
	start := 0
	for i := 0; i < len(content); i++ {
		if content[i] != '\\' {
			continue
		}
		b.Write(content[start:i])
		i++
		c := content[i] // stringAt saw to it that a byte follows
		switch c {
		case '"', '\\', '/':
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		default:
			return "", end, false
		}
		b.WriteByte(c)
		start = i + 1
	}
	b.Write(content[start:])
	return b.String(), end, true
}

// objectAt returns where the object at i ends.
func objectAt(body []byte, i int) (end int, ok bool) {
	if !at(body, i, '{') {
		return i, false
	}
	if end, ok := plainObject(body, i, true); ok {
		return end, true
	}
	depth := 0
	for end = i; end < len(body); end++ {
		switch body[end] {
		case '"':
			next, _, ok := stringAt(body, end)
			if !ok {
				return i, false
			}
			end = next - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return end + 1, json.Valid(body[i : end+1])
			}
		}
	}
	return i, false
}

// plainObject returns where the object at i ends if it has nothing in it but strings without escapes, as
// most variables have, and, where there may be lists, such of objects of strings: a gateway's representations.
func plainObject(body []byte, i int, lists bool) (end int, ok bool) {
	if !at(body, i, '{') {
		return i, false
	}
	for {
		if _, i, ok = simpleString(body, space(body, i+1)); !ok {
			return i, false
		}
		if i = space(body, i); !at(body, i, ':') {
			return i, false
		}
		if i = space(body, i+1); lists && at(body, i, '[') {
			i, ok = plainList(body, i)
		} else {
			_, i, ok = simpleString(body, i)
		}
		if !ok {
			return i, false
		}
		if i = space(body, i); !at(body, i, ',') {
			return i + 1, at(body, i, '}')
		}
	}
}

// plainList returns where the list at i ends, of plain objects.
func plainList(body []byte, i int) (end int, ok bool) {
	for {
		if i, ok = plainObject(body, space(body, i+1), false); !ok {
			return i, false
		}
		if i = space(body, i); !at(body, i, ',') {
			return i + 1, at(body, i, ']')
		}
	}
}
