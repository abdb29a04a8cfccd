package schema

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// node is one schema within an uploaded document: the document itself or any sub-schema.
type node struct {
	ptr   string  // JSON pointer within the (compound) document
	obj   *object // nil for a boolean schema
	never bool    // the boolean schema false
	draft int     // 4, 6, 7, 2019 or 2020
	base  string  // absolute URI of the resource that the node is part of
	depth int
	ref   *node            // what $ref points at
	kids  map[string]*node // by keyword, or keyword/token
}

// named is a sub-schema under a name: a property, a definition.
type named struct {
	name string
	node *node
}

// kid is the sub-schema that is the value of a keyword.
func (n *node) kid(keyword string) *node { return n.kids[keyword] }

// list are the sub-schemas in a keyword's array.
func (n *node) list(keyword string) []*node {
	var list []*node
	for i := range n.obj.array(keyword) {
		if k := n.kids[keyword+"/"+strconv.Itoa(i)]; k != nil {
			list = append(list, k)
		}
	}
	return list
}

// named are the sub-schemas in a keyword's object, in its order.
func (n *node) named(keyword string) []named {
	o := n.obj.object(keyword)
	if o == nil {
		return nil
	}
	var list []named
	for _, name := range o.keys {
		if k := n.kids[keyword+"/"+name]; k != nil {
			list = append(list, named{name, k})
		}
	}
	return list
}

// refOnly tells whether the draft ignores what stands beside $ref.
func (n *node) refOnly() bool { return n.draft < 2019 && n.obj != nil && n.obj.has("$ref") }

// Where sub-schemas are, in any draft.
var (
	schemaKeywords = []string{"not", "if", "then", "else", "additionalItems", "additionalProperties", "items",
		"contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties", "contentSchema"}
	listKeywords = []string{"allOf", "anyOf", "oneOf", "prefixItems", "items"}
	mapKeywords  = []string{"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"}
)

// rootURI is the base of a document without an id of its own. The name is reserved; nothing is
// ever fetched.
const rootURI = "https://schema.invalid/"

var drafts = map[string]int{
	"json-schema.org/draft-04/schema":      4,
	"json-schema.org/draft-06/schema":      6,
	"json-schema.org/draft-07/schema":      7,
	"json-schema.org/draft/2019-09/schema": 2019,
	"json-schema.org/draft/2020-12/schema": 2020,
	"json-schema.org/schema":               2020,
}

func draftOf(uri string) (int, bool) {
	uri = strings.TrimSuffix(uri, "#")
	uri = strings.TrimPrefix(strings.TrimPrefix(uri, "https://"), "http://")
	d, ok := drafts[uri]
	return d, ok
}

func idKeyword(draft int) string {
	if draft == 4 {
		return "id"
	}
	return "$id"
}

// tree is a document with all its schemas found and their references resolved.
type tree struct {
	*report
	limits     Limits
	root       *node
	nodes      map[string]*node
	order      []*node
	refs       []*node          // nodes with a $ref, in the order found
	resources  map[string]*node // by absolute URI
	anchors    map[string]*node // by absolute URI with fragment
	properties int
	programs   int // instructions of all patterns
	largest    int // instructions that one string may have to pass, at most
	compiler   *jsonschema.Compiler
	warned     map[string]bool // unknown keywords that were warned of
}

// newTree reads a document. What it finds wrong goes to the report; the tree is usable then, too,
// but for the parts reported.
func newTree(doc *object, l Limits, r *report) *tree {
	t := &tree{report: r, limits: l, nodes: map[string]*node{}, resources: map[string]*node{}, anchors: map[string]*node{}, warned: map[string]bool{}}
	draft := 2020
	if d, ok := draftOf(doc.str("$schema")); ok {
		draft = d
	}
	t.root = t.walk(doc, "", draft, rootURI, 0)
	for i := 0; i < len(t.refs); i++ { // resolving may find further schemas
		t.resolve(t.refs[i])
	}
	return t
}

// sourceTree reads an accepted schema again. Its nodes are not kept with the entity, since only
// comparing and compiling need them.
func sourceTree(e *Entity) *tree {
	root, _, problem := readUpload(e.Source, unlimited)
	if problem != nil {
		panic("schema: impossible: an accepted schema cannot be read")
	}
	return newTree(root, unlimited, &report{})
}

func (t *tree) walk(v any, ptr string, draft int, base string, depth int) *node {
	if n := t.nodes[ptr]; n != nil {
		return n
	}
	n := &node{ptr: ptr, draft: draft, base: base, depth: depth}
	switch v := v.(type) {
	case bool:
		n.never = !v
	case *object:
		n.obj = v
	default:
		t.problem(ptr, "", "write an object with keywords", "a schema must be an object or a boolean")
		return nil
	}
	if len(t.order) == t.limits.Schemas {
		t.problem("", "", "split the document into entities of their own", "the document has more than %d schemas", t.limits.Schemas)
	}
	if len(t.order) >= t.limits.Schemas {
		return nil
	}
	t.nodes[ptr] = n
	t.order = append(t.order, n)
	if depth > t.limits.Depth {
		t.problem(ptr, "", "flatten it, or move parts to $defs", "schemas are nested deeper than %d levels", t.limits.Depth)
		return n
	}
	if n.obj == nil {
		return n
	}
	t.identify(n)
	n.kids = make(map[string]*node)
	t.walkKids(n)
	t.checkVocabulary(n)
	if _, ok := n.obj.get("$ref"); ok {
		t.refs = append(t.refs, n)
	}
	return n
}

func (t *tree) walkKids(n *node) {
	add := func(key string, v any, ptr string) {
		if k := t.walk(v, ptr, n.draft, n.base, n.depth+1); k != nil {
			n.kids[key] = k
		}
	}
	for _, kw := range schemaKeywords {
		switch v := n.obj.vals[kw].(type) {
		case *object, bool:
			add(kw, v, n.ptr+"/"+kw)
		}
	}
	for _, kw := range listKeywords {
		for i, v := range n.obj.array(kw) {
			token := strconv.Itoa(i)
			add(kw+"/"+token, v, n.ptr+"/"+kw+"/"+token)
		}
	}
	for _, kw := range mapKeywords {
		o := n.obj.object(kw)
		if o == nil {
			continue
		}
		if kw == "properties" {
			t.countProperties(n, len(o.keys))
		}
		for _, name := range o.keys {
			if _, isList := o.vals[name].([]any); isList && kw == "dependencies" {
				continue
			}
			add(kw+"/"+name, o.vals[name], n.ptr+"/"+kw+"/"+escapeToken(name))
		}
	}
}

func (t *tree) countProperties(n *node, more int) {
	before := t.properties
	t.properties += more
	if before <= t.limits.Fields && t.properties > t.limits.Fields {
		t.problem(n.ptr+"/properties", "properties", "split the document into entities of their own", "the document declares more than %d properties", t.limits.Fields)
	}
}

// identify notes a node's id and anchors.
func (t *tree) identify(n *node) {
	if s, ok := n.obj.get("$schema"); ok {
		t.checkDialect(n.ptr+"/$schema", s)
	}
	if n.refOnly() {
		if n.ptr == "" {
			t.resources[n.base] = n
		}
		return
	}
	if s := n.obj.str("$schema"); s != "" && n.ptr != "" {
		if d, ok := draftOf(s); ok && n.obj.has(idKeyword(d)) {
			n.draft = d
		}
	}
	keyword := idKeyword(n.draft)
	id, fragment, hasFragment := strings.Cut(n.obj.str(keyword), "#")
	if id != "" {
		uri, ok := resolveURI(n.base, id)
		switch {
		case !ok:
			t.problem(n.ptr+"/"+keyword, keyword, "write a URI", "is not a URI reference")
		case strings.HasPrefix(strings.TrimPrefix(strings.TrimPrefix(uri, "https://"), "http://"), "json-schema.org/"):
			t.problem(n.ptr+"/"+keyword, keyword, "use a URI of your own", "claims the URI of a meta-schema")
		case t.resources[uri] != nil:
			t.problem(n.ptr+"/"+keyword, keyword, "give each its own", "another schema has the same id")
		default:
			n.base = uri
			t.resources[uri] = n
		}
	}
	if n.ptr == "" && t.resources[n.base] == nil {
		t.resources[n.base] = n
	}
	var names []string
	if n.draft < 2019 {
		if hasFragment && fragment != "" && !strings.HasPrefix(fragment, "/") {
			names = append(names, fragment)
		}
	} else {
		for _, kw := range []string{"$anchor", "$dynamicAnchor"} {
			if s := n.obj.str(kw); s != "" {
				names = append(names, s)
			}
		}
	}
	for _, name := range names {
		key := n.base + "#" + name
		if other := t.anchors[key]; other != nil && other != n {
			t.problem(n.ptr, "$anchor", "give each its own", "another schema has the same anchor")
			continue
		}
		t.anchors[key] = n
	}
}

const dialectFix = "name draft-04, draft-06, draft-07, 2019-09 or 2020-12, as in https://json-schema.org/draft/2020-12/schema, or drop it"

// checkDialect refuses a $schema that names what the document would not be read as.
func (t *tree) checkDialect(at string, v any) {
	uri, isString := v.(string)
	if !isString {
		t.problem(at, "$schema", dialectFix, "must be a string")
		return
	}
	if _, known := draftOf(uri); known {
		return
	}
	if draft := draftName.FindString(uri); draft != "" {
		t.problem(at, "$schema", dialectFix, "names JSON Schema %s, which this server does not read", strings.TrimPrefix(draft, "draft/"))
		return
	}
	t.problem(at, "$schema", dialectFix, "names no draft of JSON Schema that this server reads")
}

// draftName is a draft in the URI of a meta-schema.
var draftName = regexp.MustCompile(`draft[-/][0-9a-z][0-9a-z-]{1,9}\b`)

// resolveURI resolves ref (without fragment) against base.
func resolveURI(base, ref string) (string, bool) {
	b, err := url.Parse(base)
	if err != nil {
		return "", false
	}
	r, err := url.Parse(ref)
	if err != nil {
		return "", false
	}
	u := b.ResolveReference(r)
	if !r.IsAbs() && b.Opaque != "" {
		return "", false
	}
	return u.String(), true
}

const refFix = "refer to a definition of this document, as in #/$defs/Name, or add the other document to the upload as a bundle"

// resolve finds what n's $ref points at. Nothing outside the upload is ever looked at.
func (t *tree) resolve(n *node) {
	at := n.ptr + "/$ref"
	ref, ok := n.obj.vals["$ref"].(string)
	if !ok {
		t.problem(at, "$ref", refFix, "must be a string")
		return
	}
	uri, fragment, _ := strings.Cut(ref, "#")
	resource := n.base
	if uri != "" {
		if resource, ok = resolveURI(n.base, uri); !ok {
			t.problem(at, "$ref", refFix, "is not a URI reference")
			return
		}
	}
	target := t.resources[resource]
	if target == nil {
		t.problem(at, "$ref", refFix, "points outside the upload; remote and file references are never followed")
		return
	}
	fragment, err := url.PathUnescape(fragment)
	if err != nil {
		t.problem(at, "$ref", refFix, "has a broken fragment")
		return
	}
	switch {
	case fragment == "":
		n.ref = target
	case strings.HasPrefix(fragment, "/"):
		n.ref = t.locate(target, fragment)
	default:
		n.ref = t.anchors[resource+"#"+fragment]
	}
	if n.ref == nil {
		t.problem(at, "$ref", "define what it points at, or correct the pointer", "points at nothing")
	}
}

// locate finds the schema at a JSON pointer below a resource, also where no keyword leads.
func (t *tree) locate(resource *node, fragment string) *node {
	if n := t.nodes[resource.ptr+fragment]; n != nil {
		return n
	}
	var v any = resource.obj
	parent := resource
	ptr := resource.ptr
	for token := range strings.SplitSeq(fragment[1:], "/") {
		ptr += "/" + token
		token = unescapeToken(token)
		switch c := v.(type) {
		case *object:
			v = c.vals[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(c) {
				return nil
			}
			v = c[i]
		default:
			return nil
		}
		if n := t.nodes[ptr]; n != nil {
			parent = n
		}
	}
	switch v.(type) {
	case *object, bool:
		return t.walk(v, ptr, parent.draft, parent.base, parent.depth+1)
	}
	return nil
}
