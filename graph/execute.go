package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/profilegraph/profilegraph/graph/transport"
	"github.com/profilegraph/profilegraph/schema"
)

// Observer is told what the engine does.
type Observer interface {
	// Operation is called once for each operation that was executed, before its answer is sent.
	Operation(ctx context.Context, o Observed)
}

// Observed describes an operation that was executed: names and counts, no values.
type Observed struct {
	Name      string // as the client named it, or empty
	Type      string // query or mutation
	Fields    int    // root fields
	Batches   int    // calls of Source.Read
	Reads     int    // reads in them
	Writes    int
	Documents int // returned by the source
	Errors    int // in the answer
}

// Execute answers one request. Whatever goes wrong is in the answer.
func (e *Engine) Execute(ctx context.Context, request transport.Request, src Source) (response transport.Response) {
	var r *run
	defer func() {
		if p := recover(); p != nil {
			shown := e.visible(ctx, fmt.Errorf("graph: panic: %v\n%s", p, debug.Stack()))
			response = transport.Fail(shown.Code, shown.Message, http.StatusInternalServerError)
		}
		if r != nil && response.Release == nil {
			r.release()
		}
	}()
	p, errs := e.prepare(request.Query, request.OperationName)
	if errs != nil {
		return transport.Errors(errs)
	}
	if p.kind == ast.Mutation && request.ReadOnly {
		return transport.Fail(transport.MethodNotAllowed, "Send mutations by POST.", http.StatusMethodNotAllowed)
	}
	r = e.options.Cache.run()
	if r.vars, errs = coerceVariables(p.variables, request.Variables, r.vars[:0]); errs != nil {
		return transport.Errors(errs)
	}
	pl, errs := e.planFor(p, request.Query, r.vars)
	if errs != nil {
		return transport.Errors(errs)
	}
	if err := pl.check(r.vars); err != nil {
		return transport.Errors(gqlerror.List{err})
	}
	r.engine, r.ctx, r.src, r.readOnly = e, ctx, src, request.ReadOnly
	if request.Trace {
		r.trace = &tracer{began: time.Now()}
	}
	r.execute(p, pl)
	if e.options.Observer != nil {
		r.seen.Name, r.seen.Type = p.name, string(p.kind)
		r.seen.Fields, r.seen.Errors = len(pl.fields), r.failures
		e.options.Observer.Operation(ctx, r.seen)
	}
	return transport.Response{Body: r.out, Release: r.release}
}

// run is the state of one execution. Runs are used again, for the memory they hold.
type run struct {
	engine *Engine
	ctx    context.Context
	src    Source
	vars   []any
	seen   Observed

	readOnly bool    // the request came by GET
	trace    *tracer // nil: nobody asked for one

	// The reads of all levels so far, and what waits for each of them.
	reads   []Read
	waiting []waiting
	answers []answer // of the root fields
	gateway map[*entities]represented

	// release ends the run. The answer lies in its memory.
	release func()

	writer
}

// waiting is an answer that a read will fill.
type waiting struct {
	fetch  *fetch // nil: see askMore
	answer *answer
}

// answer is what came back for a fetch, and for the links of the documents in it.
type answer struct {
	result Result
	// kids are the answers of links: for each view of the fetch, in order of document, then link.
	kids [][]answer
	// none says that there is nothing to fetch: the value is null.
	none bool
	// level is the number of the level of a trace in which it came, from 1.
	level int32
	// more are the same documents in clear, for each of the reasons of a mixed fetch.
	more []*answer
}

// largestKept is the largest buffer that is kept for the next run.
const largestKept = 1 << 20

// run returns a run to be released after use.
func (c *Cache) run() *run {
	if r, ok := c.runs.Get().(*run); ok {
		return r
	}
	r := new(run)
	r.release = func() { c.forget(r) }
	return r
}

// forget wipes what a run has held, since it may be personal data, and keeps its memory.
func (c *Cache) forget(r *run) {
	if cap(r.out) > largestKept {
		return
	}
	clear(r.vars)
	clear(r.reads)
	clear(r.waiting)
	clear(r.answers)
	clear(r.found[:cap(r.found)]) // a stack: what it held lies beyond its end
	clear(r.out)
	*r = run{
		vars: r.vars[:0], reads: r.reads[:0], waiting: r.waiting[:0], answers: r.answers[:0], release: r.release,
		writer: writer{out: r.out[:0], found: r.found[:0], path: r.path[:0]},
	}
	c.runs.Put(r)
}

func (r *run) execute(p *prepared, pl *plan) {
	if n := len(pl.fields); n > cap(r.answers) {
		r.answers = make([]answer, n)
	} else {
		r.answers = r.answers[:n]
	}
	for i := range pl.fields {
		if e := pl.fields[i].entities; e != nil {
			r.represent(e)
		}
		f := pl.fields[i].fetch
		if f == nil {
			continue
		}
		if p.kind == ast.Mutation {
			r.write(f, &r.answers[i])
			r.resolve() // the links of one mutation before the next mutation
		} else {
			r.ask(f, &r.answers[i], nil)
		}
	}
	r.resolve()

	r.out = append(r.out, `{"data":`...)
	if start := len(r.out); !r.data(p, pl) {
		r.out = r.out[:start]
		r.null()
	}
	if r.failures > 0 {
		r.out = append(append(append(r.out, `,"errors":[`...), r.errors...), ']')
	}
	r.extend(p, pl)
	r.out = append(r.out, '}')
}

// extend writes the extensions that the source has for the answer, and the trace.
func (r *run) extend(p *prepared, pl *plan) {
	var all []Extension
	if x, ok := r.src.(Extender); ok {
		all = x.Extensions()
	}
	if r.trace != nil {
		root := "Query"
		if p.kind == ast.Mutation {
			root = "Mutation"
		}
		text, err := r.trace.encoded(r, pl, root)
		if err != nil {
			r.engine.visible(r.ctx, err) // reports it
		} else {
			all = append(all, Extension{"ftv1", text})
		}
	}
	before := `,"extensions":{`
	for _, x := range all {
		text, err := json.Marshal(x.Value)
		if err != nil {
			r.engine.visible(r.ctx, fmt.Errorf("graph: extension %s: %w", x.Name, err)) // reports it
			continue
		}
		r.out = append(appendString(append(r.out, before...), x.Name), ':')
		r.out = append(r.out, text...)
		before = ","
	}
	if before == "," {
		r.out = append(r.out, '}')
	}
}

// data writes the operation's fields, unless one of them is null that must not be.
func (r *run) data(p *prepared, pl *plan) bool {
	if len(pl.fields) == 0 {
		r.out = append(r.out, '{')
	}
	for i := range pl.fields {
		f := &pl.fields[i]
		r.out = append(r.out, f.prefix...)
		switch {
		case f.fetch != nil:
			r.fetched(f.fetch, &r.answers[i], f.fetch.key)
		case f.entities != nil:
			if !r.entities(f.entities) {
				return false
			}
		case f.service != nil:
			r.service(f.service)
		case f.intro != nil:
			if !r.introspect(f.intro, p) {
				return false
			}
		default:
			r.out = append(r.out, f.text...)
		}
	}
	r.out = append(r.out, '}')
	return true
}

// resolve reads level by level until nothing waits.
func (r *run) resolve() {
	for done := 0; done < len(r.reads); {
		reads := r.reads[done:]
		level := r.waiting[done:]
		done = len(r.reads)
		var start uint64
		if r.trace != nil {
			start = r.trace.now()
		}
		results := r.src.Read(r.ctx, reads)
		if r.trace != nil {
			r.trace.level(start)
		}
		r.seen.Batches++
		r.seen.Reads += len(reads)
		if len(results) != len(reads) {
			panic(fmt.Sprintf("graph: the source answered %d of %d reads", len(results), len(reads)))
		}
		for i, w := range level {
			if w.fetch == nil { // what another read has found already, in clear
				w.answer.result = results[i]
				continue
			}
			r.received(w.fetch, w.answer, results[i])
		}
	}
	clear(r.reads)
	clear(r.waiting)
	r.reads, r.waiting = r.reads[:0], r.waiting[:0]
}

// received takes a result and asks for what its documents link to.
func (r *run) received(f *fetch, a *answer, result Result) {
	if f.page == nil && len(result.Nodes) > 1 {
		result.Nodes = result.Nodes[:1]
	}
	a.result = result
	if r.trace != nil {
		a.level = int32(len(r.trace.levels))
	}
	r.seen.Documents += len(result.Nodes)
	if result.Err != nil || len(result.Nodes) == 0 {
		return
	}
	for v, view := range f.views {
		if len(view.links) == 0 {
			continue
		}
		if a.kids == nil {
			a.kids = make([][]answer, len(f.views))
		}
		kids := make([]answer, len(result.Nodes)*len(view.links))
		a.kids[v] = kids
		for n := range result.Nodes {
			for _, link := range view.links {
				r.ask(link, &kids[0], &result.Nodes[n])
				kids = kids[1:]
			}
		}
	}
}

// ask puts the read of a fetch among those of the next level. from is the document that a link
// starts from.
func (r *run) ask(f *fetch, a *answer, from *Node) {
	if f.kind == linkOwner && from.Owner == "" {
		a.none = true
		return
	}
	r.reads = append(r.reads, Read{})
	read := &r.reads[len(r.reads)-1]
	if err := r.read(read, f, from); err != nil {
		r.reads = r.reads[:len(r.reads)-1]
		a.result.Err = err
		return
	}
	r.waiting = append(r.waiting, waiting{f, a})
	r.askMore(f, a, read)
}

// read says what a fetch reads.
func (r *run) read(read *Read, f *fetch, from *Node) *Error {
	*read = Read{Entity: f.entity.Entity, Fields: f.fields, Sensitive: f.sensitive, First: 1, Pins: f.pins}
	in := evaluation{vars: r.vars}
	read.Unmask = r.wishes(&in, f.unmask)
	switch f.kind {
	case readOne:
		read.Kind = ByID
		read.ID, _ = in.text(f.args.id)
		in.key(f.args, read)
		if r.exposed(read) {
			in.fail(f.args.by, "holds personal data, and is for requests by POST only: addresses are logged")
		}
	case readList:
		read.Kind = List
		in.page(f.args, read)
	case readVersions:
		read.Kind = Versions
		read.ID, _ = in.text(f.args.id)
		in.page(f.args, read)
	case readVersion:
		read.Kind = ByVersion
		read.ID, _ = in.text(f.args.id)
		read.Version, _ = in.text(f.args.version)
	case readDiff:
		read.Kind = Diff
		read.ID, _ = in.text(f.args.id)
		read.From, _ = in.text(f.args.from)
		read.To, _ = in.text(f.args.to)
	case linkMany:
		read.Kind, read.Owner = Owned, from.ID
		in.page(f.args, read)
	case linkOne:
		read.Kind, read.Owner = Owned, from.ID
	case linkOwner:
		read.Kind, read.ID = ByID, from.Owner
	}
	return in.err
}

// exposed reports whether a request has personal data in its address, as the key of what it looks for.
func (r *run) exposed(read *Read) bool {
	return r.readOnly && read.Kind == ByKey && (read.Key.Sensitive || read.Key.PII)
}

// wishes evaluates the arguments that ask for sensitive fields in clear.
func (r *run) wishes(in *evaluation, asked []unmasking) []Unmask {
	var list []Unmask
	for _, u := range asked {
		why, ok := in.value(u.arg).(map[string]any)
		if !ok {
			continue // null, or a variable that is not given: the fields stay masked
		}
		if r.readOnly {
			in.fail(u.arg, "is for requests by POST only: reasons do not belong into addresses")
			return nil
		}
		one := Unmask{Fields: u.paths}
		one.Reason, _ = why["reason"].(string)
		one.Purpose, _ = why["purpose"].(string)
		one.OnBehalfOf, _ = why["onBehalfOf"].(string)
		list = append(list, one)
	}
	return list
}

// write carries out a mutation.
func (r *run) write(f *fetch, a *answer) {
	w := Write{Entity: f.entity.Entity, Fields: f.fields, Sensitive: f.sensitive, Pins: f.pins}
	in := evaluation{vars: r.vars}
	w.Unmask = r.wishes(&in, f.unmask)
	w.ID, _ = in.text(f.args.id)
	w.Owner, _ = in.text(f.args.owner)
	w.IfVersion, _ = in.text(f.args.ifVersion)
	w.Input, _ = in.value(f.args.input).(map[string]any)
	if days, ok := in.integer(f.args.ttlDays); ok {
		w.TTLDays = &days
	}
	switch f.kind {
	case writeCreate:
		w.Kind = Create
	case writeUpdate:
		w.Kind = Update
	case writeDelete:
		w.Kind = Delete
	case writePromote:
		w.Kind = Promote
		w.Input = withConstants(f.entity.promotes.Type, w.Input)
	}
	if in.err == nil && w.IfVersion == "" && given(in.value(f.args.ifVersion)) {
		in.fail(f.args.ifVersion, "must not be empty")
	}
	if in.err != nil {
		a.result.Err = in.err
		return
	}
	var start uint64
	if r.trace != nil {
		start = r.trace.now()
	}
	result := r.src.Write(r.ctx, w)
	if r.trace != nil {
		r.trace.level(start)
	}
	r.seen.Writes++
	r.received(f, a, result)
	if f.kind == writeDelete {
		a.result.Nodes = []Node{{ID: w.ID}} // the answer, unless there is an error
	} else if len(a.result.Nodes) > 0 {
		e := f.entity
		if f.kind == writePromote {
			e = e.promotes
		}
		r.askMore(f, a, &Read{Kind: ByID, Entity: e.Entity, ID: a.result.Nodes[0].ID, Fields: f.fields, Sensitive: f.sensitive, First: 1, Pins: f.pins})
	}
}

// withConstants adds the fields of a document that can have only one value.
func withConstants(t *schema.Type, input map[string]any) map[string]any {
	for _, f := range t.Fields {
		if v, ok := fixed(t, f); ok {
			if input == nil {
				input = make(map[string]any)
			}
			input[f.Property] = own(v)
		}
	}
	return input
}

// evaluation evaluates the arguments of a field; the first problem stays.
type evaluation struct {
	vars []any
	err  *Error
}

func (in *evaluation) fail(a *argument, problem string) {
	if in.err == nil {
		in.err = badArgument(a.name, problem)
	}
}

// value returns an argument's value; unset{} if it has none.
func (in *evaluation) value(a *argument) any {
	if a == nil {
		return unset{}
	}
	v, err := a.eval(in.vars)
	if err != nil && in.err == nil {
		in.err = err
	}
	return v
}

func given(v any) bool { return v != nil && v != any(unset{}) }

func (in *evaluation) text(a *argument) (string, bool) {
	s, ok := in.value(a).(string)
	return s, ok
}

func (in *evaluation) integer(a *argument) (int, bool) {
	n, ok := in.value(a).(json.Number)
	if !ok {
		return 0, false
	}
	i, ok := integer(n)
	return int(i), ok
}

// key makes a read go by a key in place of an id.
func (in *evaluation) key(args arguments, read *Read) {
	_, byID := in.text(args.id)
	k, byKey := in.value(args.by).(key)
	switch {
	case in.err != nil:
	case byID == byKey && args.by == nil:
		in.fail(args.id, "is required")
	case byID == byKey:
		in.err = &Error{Code: codeBadInput, Message: "Give exactly one of the arguments id and by."}
	case byKey:
		read.Kind, read.Key, read.Value = ByKey, k.field, k.value
	}
}

func (in *evaluation) page(args arguments, read *Read) {
	read.First = defaultFirst
	if v := in.value(args.first); v != nil { // null asks for the default, as absence does
		n, _ := v.(json.Number)
		first, ok := integer(n)
		if !ok || first < 1 || first > maxFirst {
			in.fail(args.first, fmt.Sprintf("must be from 1 to %d", maxFirst))
		}
		read.First = int(first)
	}
	if cursor, ok := in.text(args.after); ok {
		if read.After, ok = decodeCursor(cursor); !ok {
			in.fail(args.after, "is not a cursor")
		}
	}
}

// cursorPrefix keeps clients from taking a cursor for an id, and us from taking an id for a cursor.
// Its three bytes are one group of base64, so it can be encoded by itself.
const (
	cursorPrefix        = "c1:"
	cursorPrefixEncoded = "YzE6"
)

func decodeCursor(s string) (string, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return "", false
	}
	cursor, ok := strings.CutPrefix(string(b), cursorPrefix)
	return cursor, ok && cursor != ""
}
