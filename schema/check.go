package schema

import (
	"fmt"
	"slices"
)

// Rule is one thing that a new version of a schema should not do to those who rely on the old one.
type Rule struct {
	ID      string // reads aloud, and is what a publisher names to allow it
	Purpose string
	// NeedsData says that breaking the rule does harm only if stored documents do not comply.
	NeedsData bool

	kinds   []ChangeKind
	message func(c Change) string
	fix     string
}

// Finding is a change that breaks a rule.
type Finding struct {
	Rule    string
	Kind    ChangeKind // this and what follows as of the Change
	Path    string
	From    string
	To      string
	Message string
	Fix     string
	// Breaking says that clients or stored documents are harmed, or may be: the publisher has to
	// allow the rule by name.
	Breaking bool
	// NeedsData says that it is Breaking only if stored documents do not comply: if one is not
	// valid any more, repeats a key that is now unique, or, of EXTRA_NO_DISCLOSE, has something protected there.
	NeedsData bool
	// Added is the path of the property, new with the schema, that it is about or that it is within. Only
	// documents that hold something there all the same can stand in the way.
	Added string
}

func says(format string) func(Change) string {
	return func(c Change) string { return fmt.Sprintf(format, c.From, c.To) }
}

func plainly(text string) func(Change) string { return func(Change) string { return text } }

// rules is the table of all rules.
var rules = []Rule{
	{ID: "FIELD_NO_DELETE", Purpose: "A property that clients read stays.", kinds: []ChangeKind{FieldRemoved},
		message: plainly("the property is removed"), fix: "keep it, and mark it as deprecated"},
	{ID: "FIELD_SAME_TYPE", Purpose: "A property keeps the type that clients and stored documents know.", kinds: []ChangeKind{TypeChanged},
		message: says("the type changes from %s to %s"), fix: "add a new property of the new type, and mark the old one as deprecated"},
	{ID: "FIELD_NULLABLE_NO_NARROW", Purpose: "What may be null stays so.", kinds: []ChangeKind{NullNarrowed},
		message: plainly("null is not accepted any more"), fix: "keep null among its types"},
	{ID: "FIELD_NO_READ_ONLY", Purpose: "What clients write stays writable.", kinds: []ChangeKind{ReadOnlyAdded},
		message: plainly("the property becomes read-only"), fix: "drop readOnly"},
	{ID: "ENUM_NO_NARROW", Purpose: "An enum keeps its values.", kinds: []ChangeKind{EnumValueRemoved},
		message: func(c Change) string { return fmt.Sprintf("the value %s is removed or means something else", c.From) }, fix: "keep the value, and mark it as deprecated"},
	{ID: "REQUIRED_NO_ADD", Purpose: "Nothing becomes required that stored documents may lack.", NeedsData: true, kinds: []ChangeKind{RequiredAdded},
		message: plainly("the property becomes required"), fix: "give every document a value first"},
	{ID: "UNIQUE_NO_ADD", Purpose: "Nothing becomes unique that stored documents may repeat.", NeedsData: true, kinds: []ChangeKind{UniqueAdded},
		message: plainly("the property becomes unique"), fix: "remove the repetitions first"},
	{ID: "CONSTRAINT_NO_NARROW", Purpose: "What was a valid document stays one.", NeedsData: true, kinds: []ChangeKind{ConstraintNarrowed},
		message: func(c Change) string { return fmt.Sprintf("%s may refuse documents accepted so far", c.To) }, fix: "loosen it, or mend the documents first"},
	{ID: "EXTRA_NO_CLOSE", Purpose: "Undeclared properties that were accepted stay so.", kinds: []ChangeKind{ExtraClosed},
		message: plainly("undeclared properties are not accepted any more"), fix: `keep "additionalProperties": true`},
	{ID: "EXTRA_NO_DISCLOSE", Purpose: "What documents hold protected is not shown in clear, whatever became of the schema that protected it.", NeedsData: true, kinds: []ChangeKind{UndeclaredShown},
		message: plainly("protected values that documents hold there would be shown"), fix: "declare it as pii with the mask of its type, or choose a name that no document has"},
	{ID: "SENSITIVITY_NO_LOWER", Purpose: "What was protected stays protected.", kinds: []ChangeKind{SensitivityLowered},
		message: says("lowers the protection from %s to %s"), fix: "keep sensitive and pii as they were"},
	{ID: "MASK_NO_WEAKEN", Purpose: "A mask does not come to show more than before.", kinds: []ChangeKind{MaskWeakened},
		message: says("the mask %s gives way to %s, which shows more"), fix: "keep the mask"},
	{ID: "INDEX_NO_DROP", Purpose: "A look-up key stays one.", kinds: []ChangeKind{IndexDropped, UniqueDropped},
		message: func(c Change) string {
			if c.Kind == UniqueDropped {
				return "the property is not unique any more"
			}
			return "the property is no look-up key any more"
		}, fix: "keep it in v-indexed and v-unique"},
	{ID: "INDEX_SAME_NORMALIZE", Purpose: "Spellings that find a document go on finding it.", kinds: []ChangeKind{NormalizeChanged},
		message: says("the normalization of the key changes from %s to %s"), fix: "keep x-normalize"},
	{ID: "TTL_NO_SHORTEN", Purpose: "Documents live as long as was promised.", kinds: []ChangeKind{TTLShortened},
		message: says("documents lived %s and now live %s"), fix: "keep documentTTL"},
	{ID: "ENTITY_SAME_OWNERSHIP", Purpose: "Documents keep their owners.", kinds: []ChangeKind{OwnershipChanged},
		message: says("the entity was %s and becomes %s"), fix: "define a new entity"},
	{ID: "OWNERSHIP_NO_ORPHAN", Purpose: "No stored document is left where nobody can read it. This cannot be allowed.", NeedsData: true, kinds: []ChangeKind{OwnershipChanged},
		message: plainly("stored documents could not be read any more under other ownership"), fix: "delete the documents of the entity first, or define a new entity"},
	{ID: "ENTITY_SAME_PLURAL", Purpose: "The field of many keeps its name.", kinds: []ChangeKind{PluralChanged},
		message: says("the field %s becomes %s"), fix: "keep plural"},
}

// Rules lists all rules, those without which publishing could do harm to clients or documents.
func Rules() []Rule { return slices.Clone(rules) }

// Check holds changes against the rules. Changes that break none have no finding.
func Check(changes []Change) []Finding {
	var found []Finding
	added := addedPaths(changes)
	for _, c := range changes {
		for _, r := range rules {
			if slices.Contains(r.kinds, c.Kind) {
				concerned := added
				if c.Kind == RequiredAdded { // who holds nothing there is just who stands in the way
					concerned = slices.DeleteFunc(slices.Clone(added), func(path string) bool { return path == c.Path })
				}
				found = append(found, Finding{Rule: r.ID, Kind: c.Kind, Path: c.Path, From: c.From, To: c.To, Message: r.message(c), Fix: r.fix, Breaking: true,
					NeedsData: r.NeedsData, Added: around(concerned, c.Path)})
			}
		}
	}
	return found
}
