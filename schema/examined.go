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
	Disclosed int // hold a value at one of the Disclosed paths
}

// Settle returns the findings that stand in view of the stored documents: those that need data and
// have none against them are left out.
func Settle(findings []Finding, x Examined) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool {
		if !f.NeedsData {
			return false
		}
		switch f.Rule {
		case "REQUIRED_NO_ADD":
			return x.Lacking == 0
		case "UNIQUE_NO_ADD":
			return x.Repeating == 0
		case "EXTRA_NO_DISCLOSE":
			return x.Disclosed == 0
		}
		return x.Invalid == 0
	})
}

// Examination is what it takes to settle findings.
type Examination struct {
	// All says that every document may stand in the way; else only those do that hold something at one
	// of the paths of Added.
	All       bool
	Added     []string
	Disclosed []string // paths at which values that are stored undeclared, and so protected, would be shown
	Narrowed  []string // paths at which values may not be accepted any more
	Required  []string // paths of properties that become required
}

// Examine tells what it takes to settle findings. Its paths are as those of a Change.
func Examine(findings []Finding) (x Examination) {
	for _, f := range findings {
		switch {
		case !f.NeedsData:
			continue
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

// LowersProtection reports whether a finding is about values that were protected and would be shown.
func (f Finding) LowersProtection() bool {
	return f.Rule == "SENSITIVITY_NO_LOWER" || f.Rule == "EXTRA_NO_DISCLOSE"
}
