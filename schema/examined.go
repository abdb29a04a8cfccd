package schema

import (
	"slices"
	"strings"
)

// Examined counts stored documents: how many there are, and how many stand in the way of a new
// schema, in all and by reason.
type Examined struct {
	Checked, Failing int

	Lacking   int // lack a property that is required
	Invalid   int // break another rule of the schema
	Repeating int // repeat a value that is unique
	Orphaned  int // were written under other ownership

	// Disclosed are the places at which documents hold protected values that would be shown in clear.
	Disclosed []string
}

// Settle returns the findings that stand in view of the stored documents: those that need data and
// have none against them are left out, and what would be disclosed is found where it is.
func Settle(findings []Finding, x Examined) []Finding {
	var stand []Finding
	var told []string
	for _, f := range findings {
		against := true
		switch {
		case !f.NeedsData:
		case f.Rule == "REQUIRED_NO_ADD":
			against = x.Lacking > 0
		case f.Rule == "UNIQUE_NO_ADD":
			against = x.Repeating > 0
		case f.Absolute():
			against = x.Orphaned > 0
		case f.Rule != "EXTRA_NO_DISCLOSE":
			against = x.Invalid > 0
		case f.Path != "":
			if against = slices.Contains(x.Disclosed, f.Path); against {
				told = append(told, f.Path)
			}
		default: // of CheckSealed, which does not know where
			for _, path := range x.Disclosed {
				if f.Path = path; around(told, path) == "" {
					stand = append(stand, f)
				}
			}
			continue
		}
		if against {
			stand = append(stand, f)
		}
	}
	return stand
}

// Examination is what it takes to settle findings.
type Examination struct {
	// All says that every document may stand in the way; else only those do that hold something at one
	// of the paths of Added.
	All   bool
	Added []string
	// Orphaned says that every document written before the new schema stands in the way.
	Orphaned bool
	// Sealed says that documents may hold sealed what would be shown in clear.
	Sealed bool
	// Lowered says that the new schema lowers the protection of properties, and a rule of its own tells so.
	Lowered   bool
	Disclosed []string // paths at which values that are stored undeclared, and so protected, would be shown
	Narrowed  []string // paths at which values may not be accepted any more
	Required  []string // paths of properties that become required
}

// Examine tells what it takes to settle findings. Its paths are as those of a Change.
func Examine(findings []Finding) (x Examination) {
	for _, f := range findings {
		x.Lowered = x.Lowered || f.Rule == "SENSITIVITY_NO_LOWER"
		switch {
		case !f.NeedsData:
			continue
		case f.Rule == "EXTRA_NO_DISCLOSE" && f.Path == "":
			x.Sealed = true
			continue
		case f.Absolute():
			x.Orphaned = true
			continue
		case f.Rule == "EXTRA_NO_DISCLOSE" && f.Added == "": // what is stored decides, without its being opened
		case f.Added == "":
			x.All = true
		case !slices.Contains(x.Added, f.Added):
			x.Added = append(x.Added, f.Added)
		}
		switch f.Rule {
		case "EXTRA_NO_DISCLOSE":
			x.Disclosed = append(x.Disclosed, f.Path)
		case "CONSTRAINT_NO_NARROW":
			x.Narrowed = append(x.Narrowed, f.Path)
		case "REQUIRED_NO_ADD":
			x.Required = append(x.Required, f.Path)
		}
	}
	return x
}

// Lacks reports whether a violation is that something lacks which becomes required. What a condition requires
// (if, dependentSchemas, one of several alternatives) is another constraint like any.
func (x *Examination) Lacks(v Violation) bool {
	name := func(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
	return v.Rule == "required" && slices.ContainsFunc(x.Required, func(path string) bool { return name(path) == name(v.Path) })
}

// Opens reports whether it takes what protected values of an entity are, or what is in them, and not only whether
// they are there.
func (x *Examination) Opens(e *Entity) bool {
	if len(x.Narrowed) > 0 || len(x.Required) == 0 {
		return len(x.Narrowed) > 0
	}
	for path, f := range e.Fields() {
		t := f.Type
		for t.Kind == List {
			t = t.Elem
		}
		if whole := f.Sensitive || f.PII || t.Kind == Union; whole && slices.ContainsFunc(x.Required, func(r string) bool { return r != path && around([]string{path}, r) != "" }) {
			return true
		}
	}
	return false
}

// Uncovers reports whether a finding is about values that were protected and would be shown.
func (f Finding) Uncovers() bool {
	return f.Rule == "SENSITIVITY_NO_LOWER" || f.Rule == "EXTRA_NO_DISCLOSE"
}

// Binds reports whether a finding is about what all documents must comply with from now on.
func (f Finding) Binds() bool { return f.NeedsData && f.Added == "" && !f.Uncovers() }

// Absolute reports whether nobody can allow what a finding is about.
func (f Finding) Absolute() bool { return f.Rule == "OWNERSHIP_NO_ORPHAN" }

// LowersProtection reports whether a finding Uncovers, or is about masks that would show more.
func (f Finding) LowersProtection() bool { return f.Uncovers() || f.Rule == "MASK_NO_WEAKEN" }
