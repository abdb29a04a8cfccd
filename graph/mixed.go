package graph

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// A selection may hold one sensitive field twice: with a reason under one name, and without under another.
// A gateway makes such selections, for one subgraph that requires the field and a client that wants it in
// clear. Each place is to show what was asked for there: a value that somebody gave a reason for must not
// reach somebody who gave none. So such documents are read masked, and once more for each of the reasons.

// use is a place where a sensitive field is selected.
type use struct {
	path     string
	arg      *argument // that asks for it in clear, or nil
	withheld bool      // it must stay masked, whoever asks
}

// mixed is set of a fetch whose sensitive fields are not all asked for alike.
type mixed struct {
	reasons []unmasking
	uses    map[string][]*argument // by path; nil among them: without a reason
}

// errTorn is the error where one field of a document would have to be shown in two ways at once.
var errTorn = &Error{Code: codeBadInput, Message: "The value stays masked: within one object it is asked for in several ways. Give the objects names of their own (aliases)."}

// sort decides how a fetch is read, once all of its selection has been planned.
func (p *planner) sort(f *fetch) {
	f.part()
	uses := make(map[string][]*argument)
	conflict := false
	for _, u := range f.uses {
		if !slices.Contains(uses[u.path], u.arg) {
			uses[u.path] = append(uses[u.path], u.arg)
			conflict = conflict || len(uses[u.path]) > 1
		}
	}
	f.uses = nil
	defer func() { f.members = nil }()
	if !conflict {
		return
	}
	f.mixed, f.unmask = &mixed{f.unmask, uses}, nil
	for i := range f.mixed.reasons {
		u := &f.mixed.reasons[i]
		u.sensitive = slices.Clip(f.sensitive)
		for _, path := range u.paths {
			if !slices.Contains(u.sensitive, path) {
				u.sensitive = append(u.sensitive, path)
			}
		}
	}
	for m, list := range f.members {
		m.reason, m.torn = f.mixed.reasonFor(list)
	}
	p.size += 256
}

// reasonFor returns which of the reasons, counted from 1, a member shows its value by, or 0 for none.
// list are the sensitive fields in it.
func (x *mixed) reasonFor(list []use) (reason int, torn bool) {
	at := -1
	for _, u := range list {
		if u.arg == nil {
			continue
		}
		i := slices.IndexFunc(x.reasons, func(r unmasking) bool { return r.arg == u.arg })
		switch {
		case at < 0 || x.reasons[at].arg == unasked:
			at = i
		case at != i && u.arg != unasked:
			return 0, true
		}
	}
	if at < 0 {
		return 0, false
	}
	for _, u := range list {
		if u.arg != x.reasons[at].arg && slices.Contains(x.reasons[at].paths, u.path) {
			return 0, x.reasons[at].arg != unasked
		}
	}
	return at + 1, false
}

// canonical returns one argument for all that are the same variable.
func (p *planner) canonical(a *argument) *argument {
	if a.state != argVariable {
		return a
	}
	v := a.value.(reference)
	if known, ok := p.reasons[v]; ok {
		return known
	}
	if p.reasons == nil {
		p.reasons = make(map[reference]*argument)
	}
	p.reasons[v] = a
	return a
}

// askMore asks for the documents that a fetch finds once for each reason that is given. masked is the read
// that finds them masked.
func (r *run) askMore(f *fetch, a *answer, masked *Read) {
	if f.mixed == nil {
		return
	}
	base := *masked
	in := evaluation{vars: r.vars}
	more := make([]*answer, len(f.mixed.reasons))
	for i := range f.mixed.reasons {
		base.Sensitive = f.mixed.reasons[i].sensitive
		if base.Unmask = r.wishes(&in, f.mixed.reasons[i:i+1]); in.err != nil {
			more[i] = &answer{result: Result{Err: in.err}}
			in.err = nil
			continue
		}
		if len(base.Unmask) == 0 && len(base.Sensitive) == len(f.sensitive) {
			continue
		}
		more[i] = &answer{}
		r.reads = append(r.reads, base)
		r.waiting = append(r.waiting, waiting{nil, more[i]})
	}
	if slices.ContainsFunc(more, func(m *answer) bool { return m != nil }) {
		a.more = more
	}
}

// inClear returns the n-th document of an answer as each of the reasons shows it; nil where one shows
// nothing.
func (a *answer) inClear(n int) []*Node {
	if a.more == nil {
		return nil
	}
	masked := &a.result.Nodes[n]
	list := make([]*Node, len(a.more))
	for i, m := range a.more {
		if m == nil {
			continue
		}
		// A page may have changed between the reads.
		at := slices.IndexFunc(m.result.Nodes, func(o Node) bool { return o.ID == masked.ID && o.Meta.Version == masked.Meta.Version })
		if at >= 0 {
			list[i] = &m.result.Nodes[at]
		}
	}
	return list
}

// failed tells what came of the reasons that led to nothing.
func (r *run) failed(f *fetch, a *answer, leaf string) {
	for _, m := range a.more {
		if m == nil {
			continue
		}
		for _, err := range []error{m.result.Err, m.result.Refused} {
			if err != nil {
				r.fail(r.engine.visible(r.ctx, err), f.at, leaf)
			}
		}
	}
}

// body is the stored document that a member's value is taken from.
func (r *run) body(m *member, n *Node) bson.Raw {
	if m.reason > 0 && r.clear != nil && r.clear[m.reason-1] != nil {
		return r.clear[m.reason-1].Body
	}
	return n.Body
}

// shown is the stored value of a member, which is masked unless the member's reason shows another.
func (r *run) shown(o *object, m *member, n *Node, masked raw) raw {
	if m.reason == 0 || r.clear == nil || r.clear[m.reason-1] == nil {
		return masked
	}
	var found [1]raw
	if pick(r.body(m, n), o.props[m.index:m.index+1], found[:]) != nil {
		return masked
	}
	return found[0]
}

// stillMasked lists what is masked of a document in at least one place.
func (r *run) stillMasked(n *Node) []string {
	if r.clear == nil {
		return n.Meta.Masked
	}
	return slices.DeleteFunc(slices.Clone(n.Meta.Masked), func(path string) bool {
		for _, arg := range r.mixed.uses[path] {
			i := slices.IndexFunc(r.mixed.reasons, func(u unmasking) bool { return u.arg == arg })
			if i < 0 || r.clear[i] == nil || slices.Contains(r.clear[i].Meta.Masked, path) {
				return false
			}
		}
		return len(r.mixed.uses[path]) > 0
	})
}
