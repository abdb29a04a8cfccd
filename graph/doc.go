// Package graph is the GraphQL engine of the data plane. [Compile] turns an account's schema set,
// which came from JSON Schemas uploaded at run time, into an [Engine]; Execute answers requests
// over it, with documents that it gets from a [Source].
//
// The engine knows types, not profiles: what a document means, who may see it and how it is masked
// is the source's business. A request goes through it like this:
//
//	transport.Request
//	   |  cached by engine, query text and operation name:
//	   |     guard.Parse          parse, measure, validate           guard/
//	   |     planner.plan         which reads, how to write          plan.go
//	   |                          (one plan for each choice of @skip and @include)
//	   |  on every request:
//	   |     coerceVariables      strictly, as the specification says  variables.go, input.go
//	   |     run.resolve          level by level, one Source.Read each execute.go
//	   |     run.fetched          JSON straight from stored documents  write.go, bson.go
//	   v
//	transport.Response
//
// A gateway of a federated graph asks by representations (entities.go): those of one _entities field
// are reads of one level. What gateways hand on to other subgraphs stays masked (required.go). What they
// compose is the schema with directives (federation.go). What an answer took is told in a trace (trace.go).
//
// Queries resolve all their root fields in the first level; mutations are written one after the
// other, each followed by the reads below it. __schema and __type are answered by code that gqlgen
// has generated, run over the account's schema (introspect.go).
//
// An engine is immutable. Publishing a schema compiles a new one and switches a pointer; requests
// under way finish on the old one. Engines share a [Cache], which holds prepared operations within
// a bound of bytes and the definitions that accounts have in common.
//
// DESIGN.md says why it is made this way.
package graph
