package schema

// Merge returns the schema that comes from adding an upload to the schema in force: properties and
// definitions are joined by name, the uploaded one winning; required, v-indexed and v-unique are
// united; of all other keywords at the top the uploaded one wins. Properties keep the order of the
// base, new ones follow in the order of the upload. Either may be a bundle.
//
// The result is canonical: merging a schema into itself gives the bytes of its Entity.Source. It
// need not be a valid schema; Parse tells. The error is an *Invalid, with pointers into the upload.
func Merge(base, upload []byte) ([]byte, error) {
	limits := Limits{}.withDefaults()
	from, _, problem := readUpload(base, limits)
	if problem != nil {
		problem.Message = "the schema in force: " + problem.Message
		return nil, refuse(*problem)
	}
	with, _, problem := readUpload(upload, limits)
	if problem != nil {
		return nil, refuse(*problem)
	}
	return appendJSON(nil, mergeObjects(from, with)), nil
}

func mergeObjects(base, upload *object) *object {
	merged := base.clone()
	for _, k := range upload.keys {
		v := upload.vals[k]
		switch k {
		case "properties", "$defs", "definitions":
			from, into := upload.object(k), merged.object(k)
			if from == nil || into == nil {
				break
			}
			into = into.clone()
			for _, name := range from.keys {
				into.set(name, from.vals[name])
			}
			v = into
		case "required", "v-indexed", "v-unique":
			v = unite(merged.vals[k], v)
		}
		merged.set(k, v)
	}
	return merged
}

// unite joins two lists without repeating what is in both. What is no list is left for Parse to
// refuse.
func unite(base, upload any) any {
	from, ok := base.([]any)
	list, ok2 := upload.([]any)
	if !ok || !ok2 {
		return upload
	}
	seen := make(map[string]bool)
	var both []any
	for i, v := range append(from[:len(from):len(from)], list...) {
		if key := valueKey(v); i < len(from) || !seen[key] {
			seen[key] = true
			both = append(both, v)
		}
	}
	return both
}
