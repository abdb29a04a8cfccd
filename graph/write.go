package graph

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/schema"
)

// writer writes an answer as JSON, straight from the stored documents. A method that writes a
// value returns false when the value would have been null where null is not allowed; its caller
// then takes back what has been written and becomes null itself, or passes the failure on.
type writer struct {
	out      []byte
	found    []raw // a stack: the properties of the objects that are being written
	path     []step
	errors   []byte
	failures int

	// Of the document that is being written:
	fault *Error  // why some of its values cannot be read
	mixed *mixed  // if its fetch is mixed
	clear []*Node // the document as each of the reasons shows it
}

func (r *run) enter(key string) { r.path = append(r.path, step{key: key}) }

func (r *run) enterItem(i int) { r.path = append(r.path, step{index: i}) }

func (r *run) leave() { r.path = r.path[:len(r.path)-1] }

// fail adds an error at the present path, and below it at leaf unless that is empty.
func (r *run) fail(err *Error, at location, leaf string) {
	if r.failures > 0 {
		r.errors = append(r.errors, ',')
	}
	r.failures++
	r.errors = appendError(r.errors, err, at, r.path, leaf)
	if r.trace != nil {
		path := slices.Clone(r.path)
		if leaf != "" {
			path = append(path, step{key: leaf})
		}
		r.trace.errors = append(r.trace.errors, traced{err, at, path})
	}
}

func (r *run) null() { r.out = append(r.out, "null"...) }

// fetched writes the value of a fetch. It is always nullable, so there is nothing to pass on. leaf is
// its key, or empty for the item of a list, whose place is in the path already.
func (r *run) fetched(f *fetch, a *answer, leaf string) {
	if a.result.Err != nil {
		r.fail(r.engine.visible(r.ctx, a.result.Err), f.at, leaf)
		r.null()
		return
	}
	if a.result.Refused != nil {
		r.fail(r.engine.visible(r.ctx, a.result.Refused), f.at, leaf)
	}
	if a.more != nil {
		r.failed(f, a, leaf)
	}
	if leaf != "" {
		r.enter(leaf)
		defer r.leave()
	}
	switch start := len(r.out); {
	case a.none:
		r.null()
	case f.change != nil:
		if !r.changes(f, a.result.Changes) {
			r.out = r.out[:start]
			r.null()
		}
	case f.page != nil:
		r.page(f, f.page, a)
	case len(a.result.Nodes) == 0:
		r.null()
	case f.kind == writeDelete:
		r.out = appendString(r.out, a.result.Nodes[0].ID)
	default:
		r.node(f, a, 0, 0)
	}
}

// node writes the n-th document of an answer, as a view shows it.
func (r *run) node(f *fetch, a *answer, view, n int) {
	outer, outerMixed, outerFault := r.clear, r.mixed, r.fault
	r.clear, r.mixed = a.inClear(n), f.mixed
	r.fault = r.faultOf(&a.result.Nodes[n])
	r.document(f.views[view], &a.result.Nodes[n], a.links(f, view, n))
	r.clear, r.mixed, r.fault = outer, outerMixed, outerFault
}

// faultOf is why values of a document cannot be read, masked or in clear.
func (r *run) faultOf(n *Node) *Error {
	fault := n.Fault
	for _, shown := range r.clear {
		if fault == nil && shown != nil {
			fault = shown.Fault
		}
	}
	if fault == nil {
		return nil
	}
	return r.engine.visible(r.ctx, fault)
}

// links returns the answers of the links of the n-th document in a view.
func (a *answer) links(f *fetch, view, n int) []answer {
	if a.kids == nil {
		return nil
	}
	count := len(f.views[view].links)
	return a.kids[view][n*count : (n+1)*count]
}

// written is how a view showed a document.
type written struct {
	view uint64
	text []byte
}

// largestWritten bounds what is kept of a document: a query can ask for one value many times.
const largestWritten = 4 << 10

// document writes a document, as it was written before if that is known.
func (r *run) document(o *object, n *Node, links []answer) {
	if n.Kept == nil || len(o.links) > 0 || r.clear != nil {
		r.documentAnew(o, n, links)
		return
	}
	if w, ok := n.Kept.Load().(*written); ok && w.view == o.number {
		r.out = append(r.out, w.text...)
		return
	}
	start, failures := len(r.out), r.failures
	r.documentAnew(o, n, nil)
	text := r.out[start:]
	if r.failures == failures && len(text) <= largestWritten { // errors would have to be repeated
		n.Kept.Store(&written{o.number, bytes.Clone(text)})
	}
}

// documentAnew writes a document. All of its members that can be damaged are nullable, so there is nothing to pass on.
func (r *run) documentAnew(o *object, n *Node, links []answer) {
	base, ok := r.pick(o, n.Body)
	if !ok {
		r.fail(r.engine.visible(r.ctx, errDamaged), o.at(), "")
	}
	for i := range o.members {
		m := &o.members[i]
		r.out = append(r.out, m.prefix...)
		switch m.op {
		case opProp:
			r.property(m, r.shown(o, m, n, r.found[base+m.index]))
		case opID:
			r.out = appendString(r.out, n.ID)
		case opOwnerID:
			r.out = appendString(r.out, n.Owner)
		case opMeta:
			if n.Meta.Version == "" && r.fault != nil {
				r.fail(r.fault, m.at, m.key)
				r.null()
			} else {
				r.meta(m.sub, &n.Meta, r.stillMasked(n))
			}
		case opLink:
			r.fetched(o.links[m.index], &links[m.index], m.key)
		case opExtra:
			r.extra(o, m, raw{bson.TypeEmbeddedDocument, r.body(m, n)})
		}
		if m.torn && r.clear != nil {
			r.fail(errTorn, m.at, m.key)
		}
	}
	r.close(o)
	r.found = r.found[:base]
}

// at is a place to report an error of the whole object.
func (o *object) at() location {
	if len(o.members) == 0 {
		return location{1, 1}
	}
	return o.members[0].at
}

// close ends an object. The bracket at its beginning belongs to the first member.
func (r *run) close(o *object) {
	if len(o.members) == 0 {
		r.out = append(r.out, '{')
	}
	r.out = append(r.out, '}')
}

// pick finds the properties that o wants and puts them on the stack, whose height before is base.
func (r *run) pick(o *object, doc []byte) (base int, ok bool) {
	base = len(r.found)
	absent := raw{}
	if len(doc) == 0 && r.fault != nil {
		absent = unreadable
	}
	for range o.props {
		r.found = append(r.found, absent)
	}
	if len(doc) == 0 {
		return base, true // the source found nothing to provide
	}
	return base, pick(doc, o.props, r.found[base:]) == nil
}

// property writes a stored property, which is nullable.
func (r *run) property(m *member, v raw) {
	start := len(r.out)
	if !r.value(m, m.value, v, m.key) {
		r.out = r.out[:start]
		r.null()
	}
}

// extra writes the properties of a stored object that its schema does not declare.
func (r *run) extra(o *object, m *member, doc raw) {
	start := len(r.out)
	if len(doc.data) == 0 {
		if r.fault != nil {
			r.fail(r.fault, m.at, m.key)
		}
		r.null()
		return
	}
	out, ok := doc.appendObject(r.out, 0, func(name []byte) bool { return !declares(o.shape, name) })
	r.out = out
	switch {
	case !ok:
		r.out = r.out[:start]
		r.fail(cmp.Or(r.fault, errMismatch), m.at, m.key)
		r.null()
	case len(r.out) == start+2:
		r.out = r.out[:start]
		r.null()
	}
}

func declares(t *schema.Type, property []byte) bool {
	for _, f := range t.Fields {
		if f != t.Extra && f.Property == string(property) {
			return true
		}
	}
	return false
}

// value writes a stored value. leaf is the key of the field, or empty for the item of a list, whose
// place is in the path already. It returns false for null where the caller must not have null, and
// then has added an error; for a null that is fine it writes null.
func (r *run) value(m *member, v *value, stored raw, leaf string) bool {
	if stored.null() {
		r.null()
		return true
	}
	switch v.shape.Kind {
	case schema.Scalar:
		return r.scalar(v.shape.Name, stored) || r.mismatch(m, leaf, stored)
	case schema.Enum:
		return r.enum(v.shape, stored) || r.mismatch(m, leaf, stored)
	}
	if leaf != "" {
		r.enter(leaf)
		defer r.leave()
	}
	switch v.shape.Kind {
	case schema.Object:
		return r.nested(m, v.object, stored)
	case schema.Union:
		for i, t := range v.shape.Members {
			if stored.kind == bson.TypeEmbeddedDocument && hasTag(t, v.shape.Discriminator, stored) {
				return r.nested(m, v.members[i], stored)
			}
		}
		return r.mismatch(m, "", stored)
	default:
		return r.list(m, v, stored)
	}
}

// mismatch reports a value that is not of its field's type, or is none because it cannot be read.
func (r *run) mismatch(m *member, leaf string, stored raw) bool {
	err := errMismatch
	if stored.kind == unreadable.kind && r.fault != nil {
		err = r.fault
	}
	r.fail(err, m.at, leaf)
	return false
}

// hasTag reports whether a stored object is the member t of a union.
func hasTag(t *schema.Type, discriminator string, stored raw) bool {
	var tag [1]raw
	if pick(stored.data, []string{discriminator}, tag[:]) != nil {
		return false
	}
	s, ok := tag[0].text()
	if !ok {
		return false
	}
	for _, want := range t.Tags {
		if want == string(s) {
			return true
		}
	}
	return false
}

// nested writes an object within a document.
func (r *run) nested(m *member, o *object, stored raw) bool {
	if stored.kind != bson.TypeEmbeddedDocument {
		return r.mismatch(m, "", stored)
	}
	base, ok := r.pick(o, stored.data)
	if !ok {
		r.found = r.found[:base]
		return r.mismatch(m, "", stored)
	}
	for i := range o.members {
		m := &o.members[i]
		r.out = append(r.out, m.prefix...)
		switch m.op {
		case opProp:
			r.property(m, r.found[base+m.index])
		case opExtra:
			r.extra(o, m, stored)
		}
	}
	r.close(o)
	r.found = r.found[:base]
	return true
}

func (r *run) list(m *member, v *value, stored raw) bool {
	if stored.kind != bson.TypeArray {
		return r.mismatch(m, "", stored)
	}
	walk, err := newElements(stored.data)
	if err != nil {
		return r.mismatch(m, "", stored)
	}
	r.out = append(r.out, '[')
	for i := 0; ; i++ {
		_, item, err := walk.next()
		if err != nil {
			return r.mismatch(m, "", stored)
		}
		if item.kind == 0 {
			r.out = append(r.out, ']')
			return true
		}
		if i > 0 {
			r.out = append(r.out, ',')
		}
		if !r.item(m, v, i, item) {
			return false
		}
	}
}

func (r *run) item(m *member, v *value, i int, stored raw) bool {
	r.enterItem(i)
	defer r.leave()
	start := len(r.out)
	switch {
	case stored.null() && !v.shape.ElemNullable:
		return r.mismatch(m, "", stored)
	case r.value(m, v.elem, stored, ""):
		return true
	case v.shape.ElemNullable:
		r.out = r.out[:start]
		r.null()
		return true
	}
	return false
}

// scalar writes a stored value as a scalar, unless it is none.
func (r *run) scalar(name string, stored raw) bool {
	var ok bool
	switch name {
	case schema.Int:
		i, whole := stored.integer()
		if !whole || i != int64(int32(i)) {
			return false
		}
		r.out = strconv.AppendInt(r.out, i, 10)
		return true
	case schema.Long:
		i, whole := stored.integer()
		if !whole {
			return false
		}
		r.out = strconv.AppendInt(r.out, i, 10)
		return true
	case schema.Float:
		f, ok := stored.float()
		if !ok {
			return false
		}
		r.out = appendFloat(r.out, f)
		return true
	case schema.Boolean:
		b, ok := stored.boolean()
		if !ok {
			return false
		}
		r.out = strconv.AppendBool(r.out, b)
		return true
	case schema.JSON:
		r.out, ok = stored.appendJSON(r.out, 0)
		return ok
	case schema.Decimal:
		if stored.kind != bson.TypeString {
			r.out, ok = stored.appendNumber(append(r.out, '"'))
			r.out = append(r.out, '"')
			return ok
		}
	case schema.ID:
		if stored.kind != bson.TypeString {
			i, whole := stored.integer()
			r.out = strconv.AppendInt(append(r.out, '"'), i, 10)
			r.out = append(r.out, '"')
			return whole
		}
	case schema.DateTime:
		if stored.kind == bson.TypeDateTime {
			r.out = appendTime(r.out, stored.time())
			return true
		}
	}
	s, ok := stored.text()
	if !ok {
		return false
	}
	r.out = appendString(r.out, s)
	return true
}

// enum writes the name that stands for a stored value, if one does.
func (r *run) enum(t *schema.Type, stored raw) bool {
	text, isText := stored.text()
	truth, isBool := stored.boolean()
	number, isNumber := stored.float()
	for i := range t.Values {
		var same bool
		switch v := t.Values[i].Value.(type) {
		case string:
			same = isText && v == string(text)
		case bool:
			same = isBool && v == truth
		case int64:
			same = isNumber && float64(v) == number
		case float64:
			same = isNumber && v == number
		}
		if same {
			r.out = append(r.out, '"')
			r.out = append(r.out, t.Values[i].Name...)
			r.out = append(r.out, '"')
			return true
		}
	}
	return false
}

func (r *run) meta(o *object, meta *Meta, masked []string) {
	for i := range o.members {
		m := &o.members[i]
		r.out = append(r.out, m.prefix...)
		switch m.op {
		case opVersion:
			r.out = appendString(r.out, meta.Version)
		case opPin:
			r.out = appendString(r.out, meta.Pin)
		case opAuthor:
			r.optional(meta.Author)
		case opCreated:
			r.out = appendTime(r.out, meta.Created)
		case opUpdated:
			r.out = appendTime(r.out, meta.Updated)
		case opExpires:
			if meta.Expires.IsZero() {
				r.null()
			} else {
				r.out = appendTime(r.out, meta.Expires)
			}
		case opMasked:
			r.out = append(r.out, '[')
			for i, path := range masked {
				if i > 0 {
					r.out = append(r.out, ',')
				}
				r.out = appendString(r.out, path)
			}
			r.out = append(r.out, ']')
		}
	}
	r.close(o)
}

// optional writes a string that is null when it is empty.
func (r *run) optional(s string) {
	if s == "" {
		r.null()
		return
	}
	r.out = appendString(r.out, s)
}

// page writes a connection.
func (r *run) page(f *fetch, o *object, a *answer) {
	for i := range o.members {
		m := &o.members[i]
		r.out = append(r.out, m.prefix...)
		switch m.op {
		case opNodes:
			r.enter(m.key)
			r.items(a, func(n int) { r.node(f, a, m.index, n) })
			r.leave()
		case opEdges:
			r.enter(m.key)
			r.items(a, func(n int) { r.edge(f, m.sub, a, n) })
			r.leave()
		case opPageInfo:
			r.pageInfo(m.sub, &a.result)
		}
	}
	r.close(o)
}

// items writes a list with one item for each document of an answer.
func (r *run) items(a *answer, write func(n int)) {
	r.out = append(r.out, '[')
	for n := range a.result.Nodes {
		if n > 0 {
			r.out = append(r.out, ',')
		}
		r.enterItem(n)
		write(n)
		r.leave()
	}
	r.out = append(r.out, ']')
}

func (r *run) edge(f *fetch, o *object, a *answer, n int) {
	for i := range o.members {
		m := &o.members[i]
		r.out = append(r.out, m.prefix...)
		switch m.op {
		case opNode:
			r.enter(m.key)
			r.node(f, a, m.index, n)
			r.leave()
		case opCursor:
			r.cursor(a.result.Nodes[n].Cursor)
		}
	}
	r.close(o)
}

func (r *run) pageInfo(o *object, result *Result) {
	for i := range o.members {
		m := &o.members[i]
		r.out = append(r.out, m.prefix...)
		switch m.op {
		case opHasNext:
			r.out = strconv.AppendBool(r.out, result.HasNext)
		case opHasPrevious:
			r.out = strconv.AppendBool(r.out, result.HasPrevious)
		case opStart, opEnd:
			n := 0
			if m.op == opEnd {
				n = len(result.Nodes) - 1
			}
			if len(result.Nodes) == 0 {
				r.null()
			} else {
				r.cursor(result.Nodes[n].Cursor)
			}
		}
	}
	r.close(o)
}

func (r *run) cursor(s string) {
	r.out = append(r.out, '"')
	r.out = append(r.out, cursorPrefixEncoded...)
	r.out = base64.RawURLEncoding.AppendEncode(r.out, []byte(s))
	r.out = append(r.out, '"')
}

// changes writes the answer to a diff.
func (r *run) changes(f *fetch, list []Change) bool {
	r.out = append(r.out, '[')
	for n := range list {
		if n > 0 {
			r.out = append(r.out, ',')
		}
		r.enterItem(n)
		ok := r.change(f.change, &list[n])
		r.leave()
		if !ok {
			return false
		}
	}
	r.out = append(r.out, ']')
	return true
}

func (r *run) change(o *object, c *Change) bool {
	for i := range o.members {
		m := &o.members[i]
		r.out = append(r.out, m.prefix...)
		ok := true
		switch m.op {
		case opPath:
			r.out = appendString(r.out, c.Path)
		case opKind:
			if ok = c.Kind == "ADDED" || c.Kind == "REMOVED" || c.Kind == "CHANGED"; ok {
				r.out = appendString(r.out, c.Kind)
			}
		case opFrom:
			r.out, ok = appendAny(r.out, c.From)
		case opTo:
			r.out, ok = appendAny(r.out, c.To)
		}
		if !ok {
			return r.mismatch(m, m.key, raw{})
		}
	}
	r.close(o)
	return true
}
