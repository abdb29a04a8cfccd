package graph

import (
	"encoding/base64"
	"fmt"
	"time"

	trace "github.com/99designs/gqlgen/graphql/handler/apollofederatedtracingv1/generated"
	"github.com/vektah/gqlparser/v2/ast"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// A gateway may ask what an answer took: it gets a trace in the format of Apollo Federation (ftv1). The
// trace follows the answer down to the fields of documents, since reads are what takes time; a field
// within a document is there as soon as the document is. It names fields and types, and holds no values.

// tracer notes what an execution takes.
type tracer struct {
	began  time.Time
	levels []span // of reads and writes
	errors []traced
	nodes  int
}

// span is a stretch of time, in nanoseconds from the beginning.
type span struct{ start, end uint64 }

// traced is an error with its place in the answer.
type traced struct {
	err  *Error
	at   location
	path []step
}

// maxTraced bounds the fields of one trace.
const maxTraced = 10_000

func (t *tracer) now() uint64 { return uint64(time.Since(t.began)) }

// level notes the reads, or the write, that began at a time and have ended now.
func (t *tracer) level(start uint64) { t.levels = append(t.levels, span{start, t.now()}) }

// when is the time in which an answer came, or before if nothing had to be read for it.
func (t *tracer) when(a *answer, before span) span {
	if a.level == 0 {
		return before
	}
	return t.levels[a.level-1]
}

// encoded returns the trace of an execution as extensions.ftv1 has it.
func (t *tracer) encoded(r *run, pl *plan, root string) (string, error) {
	top := &trace.Trace_Node{}
	for i := range pl.fields {
		f := &pl.fields[i]
		switch {
		case f.fetch != nil:
			when := t.when(&r.answers[i], span{})
			if n := t.field(top, f.fetch.key, f.def, root, when); n != nil {
				t.fetched(n, f.fetch, &r.answers[i], when)
			}
		case f.entities != nil:
			if n := t.field(top, f.entities.key, f.def, root, span{}); n != nil {
				items := r.gateway[f.entities].items
				for i := range items {
					item := t.child(n)
					if item == nil {
						break
					}
					item.Id = &trace.Trace_Node_Index{Index: uint32(i)}
					when := t.when(&items[i].answer, span{})
					n.EndTime = max(n.EndTime, when.end)
					t.fetched(item, items[i].fetch, &items[i].answer, when)
				}
			}
		}
	}
	for _, e := range t.errors {
		n := nearest(top, e.path)
		n.Error = append(n.Error, e.encoded())
	}
	ended := time.Now()
	b, err := proto.Marshal(&trace.Trace{
		StartTime: timestamppb.New(t.began), EndTime: timestamppb.New(ended), DurationNs: uint64(ended.Sub(t.began)),
		Root: top, FieldExecutionWeight: 1,
	})
	if err != nil {
		return "", fmt.Errorf("graph: trace: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b), nil
}

// child adds a node below another, unless there are too many.
func (t *tracer) child(n *trace.Trace_Node) *trace.Trace_Node {
	if t.nodes++; t.nodes > maxTraced {
		return nil
	}
	c := &trace.Trace_Node{}
	n.Child = append(n.Child, c)
	return c
}

// field adds the node of a field.
func (t *tracer) field(n *trace.Trace_Node, key string, def *ast.FieldDefinition, parent string, when span) *trace.Trace_Node {
	if def == nil || def.Name == "__typename" {
		return nil
	}
	c := t.child(n)
	if c == nil {
		return nil
	}
	c.Id = &trace.Trace_Node_ResponseName{ResponseName: key}
	if def.Name != key {
		c.OriginalFieldName = def.Name
	}
	c.Type, c.ParentType = def.Type.String(), parent
	c.StartTime, c.EndTime = when.start, when.end
	return c
}

// fetched adds what is below a field that took a read or a write.
func (t *tracer) fetched(n *trace.Trace_Node, f *fetch, a *answer, when span) {
	there := span{when.end, when.end}
	switch {
	case a.result.Err != nil, f.change != nil, f.kind == writeDelete:
	case f.page != nil:
		for i := range f.page.members {
			m := &f.page.members[i]
			if c := t.field(n, m.key, m.def, f.page.name, there); c != nil {
				t.page(c, f, m, a, there)
			}
		}
	case len(a.result.Nodes) > 0:
		t.document(n, f, a, 0, 0, there)
	}
}

// page adds what is below a member of a connection.
func (t *tracer) page(n *trace.Trace_Node, f *fetch, m *member, a *answer, there span) {
	if m.op != opNodes && m.op != opEdges {
		t.leaves(n, m.sub, there)
		return
	}
	for i := range a.result.Nodes {
		item := t.child(n)
		if item == nil {
			return
		}
		item.Id = &trace.Trace_Node_Index{Index: uint32(i)}
		if m.op == opNodes {
			t.document(item, f, a, m.index, i, there)
			continue
		}
		for j := range m.sub.members {
			inner := &m.sub.members[j]
			if c := t.field(item, inner.key, inner.def, m.sub.name, there); c != nil && inner.op == opNode {
				t.document(c, f, a, inner.index, i, there)
			}
		}
	}
}

// document adds the fields of the i-th document of a view.
func (t *tracer) document(n *trace.Trace_Node, f *fetch, a *answer, view, i int, there span) {
	o := f.views[view]
	links := a.links(f, view, i)
	for j := range o.members {
		m := &o.members[j]
		when := there
		if m.op == opLink {
			when = t.when(&links[m.index], there)
		}
		c := t.field(n, m.key, m.def, o.name, when)
		switch {
		case c == nil:
		case m.op == opLink:
			t.fetched(c, o.links[m.index], &links[m.index], when)
		case m.op == opMeta:
			t.leaves(c, m.sub, there)
		}
	}
}

// leaves adds the fields of an object of a static type.
func (t *tracer) leaves(n *trace.Trace_Node, o *object, there span) {
	if o == nil {
		return
	}
	for i := range o.members {
		t.field(n, o.members[i].key, o.members[i].def, o.name, there)
	}
}

// nearest is the node for a path, or the next one above it.
func nearest(n *trace.Trace_Node, path []step) *trace.Trace_Node {
	for _, s := range path {
		var next *trace.Trace_Node
		for _, c := range n.Child {
			switch id := c.Id.(type) {
			case *trace.Trace_Node_ResponseName:
				if s.key != "" && id.ResponseName == s.key {
					next = c
				}
			case *trace.Trace_Node_Index:
				if s.key == "" && int(id.Index) == s.index {
					next = c
				}
			}
		}
		if next == nil {
			break
		}
		n = next
	}
	return n
}

func (e *traced) encoded() *trace.Trace_Error {
	return &trace.Trace_Error{
		Message:  e.err.Message,
		Location: []*trace.Trace_Location{{Line: uint32(e.at.line), Column: uint32(e.at.column)}},
		Json:     string(appendError(nil, e.err, e.at, e.path, "")),
	}
}
