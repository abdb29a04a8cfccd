// Executes queries with graphql-js, for TestDifferential. Standard input: {sdl, entities, cases}.
// Standard output: an array of responses in the order of the cases.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.argv[2] + "/"));
const { buildSchema, graphqlSync, GraphQLError } = require("graphql");

const { sdl, entities, cases } = JSON.parse(readFileSync(0, "utf8"));
const schema = buildSchema(sdl);
const byName = Object.fromEntries(entities.map((e) => [e.name, e]));

const encode = (cursor) => Buffer.from("c1:" + cursor).toString("base64url");

function decode(cursor) {
  const text = Buffer.from(cursor, "base64url").toString();
  if (!text.startsWith("c1:") || text === "c1:" || encode(text.slice(3)) !== cursor) throw new GraphQLError("cursor");
  return text.slice(3);
}

function document(e, record, version = record.versions.length) {
  const o = { __typename: e.name, id: record.id, ...record.versions[version - 1] };
  o.meta = {
    version: "v" + version, pin: record.id + "~v" + version, author: "tester", creationDate: record.created,
    lastUpdate: record.updated[version - 1], masked: [],
  };
  if (e.owner) {
    const owner = byName[e.owner];
    o[owner.camel + "Id"] = record.owner;
    o[owner.camel] = () => one(owner, (r) => r.id === record.owner);
  }
  for (const x of entities) {
    if (x.owner !== e.name) continue;
    const mine = (r) => r.owner === record.id;
    if (x.many) o[x.plural] = (args) => page(x, x.records.filter(mine), args);
    else o[x.camel] = () => one(x, mine);
  }
  return o;
}

function one(e, matches) {
  const record = e.records.find(matches);
  return record ? document(e, record) : null;
}

function page(e, records, args, nodes = records.map((r) => ({ cursor: r.id, node: document(e, r) }))) {
  const first = args.first ?? 20;
  if (first < 1 || first > 100) throw new GraphQLError("first");
  let hasPreviousPage = false;
  if (args.after != null) {
    const at = decode(args.after);
    const i = nodes.findIndex((n) => n.cursor === at);
    hasPreviousPage = i >= 0;
    nodes = nodes.slice(i + 1);
  }
  const edges = nodes.slice(0, first).map((n) => ({ node: n.node, cursor: encode(n.cursor) }));
  return {
    edges,
    nodes: edges.map((x) => x.node),
    pageInfo: {
      hasNextPage: nodes.length > first, hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

const root = {};
for (const e of entities) {
  root[e.camel] = (args) => {
    if ((args.id == null) === (args.by == null)) throw new GraphQLError("id or by");
    if (args.id != null) return one(e, (r) => r.id === args.id);
    const [[key, value]] = Object.entries(args.by);
    return one(e, (r) => r.versions.at(-1)[key] === value);
  };
  root[e.plural] = (args) => page(e, e.records, args);
  root[e.camel + "Versions"] = (args) => {
    const record = e.records.find((r) => r.id === args.id);
    const nodes = (record?.versions ?? []).map((_, v) => ({ cursor: "v" + (v + 1), node: document(e, record, v + 1) }));
    return page(e, [], args, nodes.reverse());
  };
  root[e.camel + "Version"] = (args) => {
    const record = e.records.find((r) => r.id === args.id);
    const version = record?.versions.findIndex((_, v) => "v" + (v + 1) === args.version) ?? -1;
    return version < 0 ? null : document(e, record, version + 1);
  };
  root[e.camel + "VersionDiff"] = () => [{ path: "a.b", kind: "ADDED", from: null, to: { n: [1, true, null] } }];
}

const answers = cases.map(({ query, variables }) =>
  graphqlSync({ schema, source: query, rootValue: root, variableValues: variables }));
process.stdout.write(JSON.stringify(answers));
