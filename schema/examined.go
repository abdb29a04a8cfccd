package schema

import "slices"

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

// NeedValues reports whether the values that stored documents hold decide on a finding. Else it takes none
// of them in clear.
func NeedValues(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.NeedsData && f.Rule != "EXTRA_NO_DISCLOSE" })
}

// Disclosed returns the paths at which values that stored documents hold undeclared, and so
// protected, would be shown: JSON property names joined by '.', with "[]" for list elements.
func Disclosed(findings []Finding) []string {
	var paths []string
	for _, f := range findings {
		if f.Rule == "EXTRA_NO_DISCLOSE" {
			paths = append(paths, f.Path)
		}
	}
	return paths
}

// LowersProtection reports whether a finding is about values that were protected and would be shown.
func (f Finding) LowersProtection() bool {
	return f.Rule == "SENSITIVITY_NO_LOWER" || f.Rule == "EXTRA_NO_DISCLOSE"
}
