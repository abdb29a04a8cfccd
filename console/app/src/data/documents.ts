// Operations on documents, built from the model.
import { execute, type Answer, type Receipt, Failure } from '../lib/api';
import { exact, isObject, type Json, type JsonObject } from '../lib/json';
import type { Entity, FieldModel, InputModel, Owned } from './model';

export interface Meta {
  version: string;
  author: string | null;
  creationDate: string;
  lastUpdate: string;
  expirationDate: string | null;
  masked: string[];
}

/** A document as it is shown: masked, unless it is the reader's own. */
export interface Doc {
  id: string;
  meta: Meta;
  values: JsonObject;
  owned: Record<string, DocPage>;
}

export interface DocPage {
  docs: Doc[];
  next: string | null;
}

/** What was found, and why values of it could not be read: one that is damaged fails alone. */
export type Found<T> = T & { failures: Failure[] };

export interface Unmask {
  reason: string;
  purpose?: string;
  onBehalfOf?: string;
}

const meta = 'meta { version author creationDate lastUpdate expirationDate masked }';

/** What stands for the meta of a document that was damaged so far; an error tells of it. */
const lost: Meta = { version: '', author: null, creationDate: '', lastUpdate: '', expirationDate: null, masked: [] };

const metaOf = (wire: JsonObject): Meta => (isObject(wire.meta ?? null) ? (wire.meta as unknown as Meta) : lost);

// How deep objects are read: schemas may be recursive.
const deepest = 5;

/** The selection of fields; with `only`, of those that a path of it leads to. */
export function selection(fields: FieldModel[], only?: string[], depth = deepest): string {
  return fields
    .flatMap((field) => {
      const below = only
        ?.filter((p) => p === field.name || p.startsWith(`${field.name}.`))
        .map((p) => p.slice(field.name.length + 1));
      if (below?.length === 0) return [];
      const inner = below?.includes('') ? undefined : below;
      if (field.shape.kind === 'object') {
        const text = depth > 1 ? selection(field.shape.fields(), inner, depth - 1) : '__typename';
        return text ? [`${field.name} { ${text} }`] : [];
      }
      if (field.shape.kind === 'union') {
        // Members may have fields of one name and different types, so each gets a name of its own.
        const members = field.shape.types().map(({ type, fields: list }) => {
          const parts = list.map((f) => selection([f], inner, depth - 1)).filter(Boolean);
          return `... on ${type} { ${depth > 1 ? parts.map((part) => `${type}__${part.split(/\W/, 1)[0]}: ${part}`).join(' ') || '__typename' : '__typename'} }`;
        });
        return [`${field.name} { __typename ${members.join(' ')} }`];
      }
      return [field.name];
    })
    .join(' ');
}

/** Undoes the names that `selection` gives to the fields of unions. */
function plain(value: Json): Json {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== '__typename')
      .map(([name, inner]) => [name.replace(/^\w+__/, ''), plain(inner)]),
  );
}

/** How many documents of one kind are shown of an owner at first, and how many more at a time. */
const ownedPage = 50;

const pageInfo = 'pageInfo { hasNextPage endCursor }';

const whole = (entity: Entity, owned: boolean): string =>
  [
    'id',
    meta,
    selection(entity.fields),
    ...(owned
      ? entity
          .owned()
          .map(({ field, many, entity: inner }) =>
            many
              ? `${field}(first: ${ownedPage}) { nodes { ${whole(inner, false)} } ${pageInfo} }`
              : `${field} { ${whole(inner, false)} }`,
          )
      : []),
  ].join(' ');

function read(entity: Entity, wire: JsonObject): Doc {
  const owned: Record<string, DocPage> = {};
  for (const { field, many, entity: inner } of entity.owned()) {
    if (!(field in wire)) continue;
    const one = wire[field] as JsonObject | null;
    owned[field] = many ? readPage(inner, one) : { docs: one ? [read(inner, one)] : [], next: null };
  }
  const values = Object.fromEntries(entity.fields.map((f) => [f.name, plain(wire[f.name] ?? null)]));
  return { id: wire.id as string, meta: metaOf(wire), values, owned };
}

function readPage(entity: Entity, wire: unknown): DocPage {
  const found = wire as { nodes?: JsonObject[]; pageInfo?: { hasNextPage: boolean; endCursor: string } } | null;
  return {
    docs: (found?.nodes ?? []).map((d) => read(entity, d)),
    next: found?.pageInfo?.hasNextPage ? found.pageInfo.endCursor : null,
  };
}

async function run(query: string, variables: unknown): Promise<Answer<Record<string, Json>>> {
  const answer = await execute<Record<string, Json>>('/graphql', { query, variables });
  if (!answer.data && answer.errors[0]) throw answer.errors[0];
  return answer;
}

const must = (answer: Answer<Record<string, Json>>): Record<string, Json> => {
  if (answer.errors[0]) throw answer.errors[0];
  return answer.data ?? {};
};

/** Runs a query of `found`, of which values may fail without the rest. */
async function find(query: string, variables: unknown): Promise<{ found: Json; failures: Failure[] }> {
  const { data, errors } = await run(query, variables);
  const found = data?.found ?? null;
  if (found === null && errors[0]) throw errors[0];
  return { found, failures: errors };
}

export async function byId(entity: Entity, id: string): Promise<Found<Doc> | null> {
  const { found, failures } = await find(
    `query Document($id: ID!) { found: ${entity.one}(id: $id) { ${whole(entity, true)} } }`,
    { id },
  );
  return isObject(found) ? { ...read(entity, found), failures } : null;
}

/** The id of the document that has a key. The key goes as a variable, in the body: never into an address. */
export async function idByKey(entity: Entity, key: InputModel, value: string): Promise<string | null> {
  const typed =
    key.shape.kind === 'scalar' && ['Int', 'Long', 'Float'].includes(key.shape.scalar) ? Number(value) : value;
  if (!exact(typed)) throw new Failure('BAD_USER_INPUT', 'The number has more digits than a browser keeps.');
  const found = must(
    await run(`query Find($by: ${entity.byType}!) { found: ${entity.one}(by: $by) { id } }`, {
      by: { [key.name]: typed },
    }),
  ).found;
  return isObject(found) ? (found.id as string) : null;
}

const page = async (entity: Entity, query: string, variables: unknown): Promise<Found<DocPage>> => {
  const { found, failures } = await find(query, variables);
  return { ...readPage(entity, found), failures };
};

/** Further documents that an owner has of one kind. */
export async function moreOwned(owner: Entity, id: string, { field, entity }: Owned, after: string | null) {
  const { found, failures } = await find(
    `query Owned($id: ID!, $after: String) { found: ${owner.one}(id: $id) { owned: ${field}(first: ${ownedPage}, after: $after) { nodes { ${whole(entity, false)} } ${pageInfo} } } }`,
    { id, after },
  );
  return { ...readPage(entity, isObject(found) ? found.owned : null), failures };
}

export const list = (entity: Entity, after: string | null, first = 20) =>
  page(
    entity,
    `query List($after: String, $first: Int) { found: ${entity.list}(first: $first, after: $after) { nodes { ${whole(entity, false)} } ${pageInfo} } }`,
    { after, first },
  );

export const versions = (entity: Entity, id: string, after: string | null) =>
  page(
    entity,
    `query Versions($id: ID!, $after: String) { found: ${entity.one}Versions(id: $id, first: 20, after: $after) { nodes { ${whole(entity, false)} } ${pageInfo} } }`,
    { id, after },
  );

export interface Change {
  path: string;
  kind: 'ADDED' | 'REMOVED' | 'CHANGED';
  from: Json;
  to: Json;
}

export async function diff(entity: Entity, id: string, from: string, to: string): Promise<Change[]> {
  return (must(
    await run(
      `query Diff($id: ID!, $from: ID!, $to: ID!) { found: ${entity.one}VersionDiff(id: $id, from: $from, to: $to) { path kind from to } }`,
      { id, from, to },
    ),
  ).found ?? []) as unknown as Change[];
}

/** The fields of a document that a path names: those that are not masked in the answer are in clear. */
export interface Disclosure {
  values: JsonObject;
  masked: string[];
  audit: Receipt | undefined;
  refusal: Failure | undefined;
}

/** Asks for chosen fields in clear. Only these are decrypted, and on the record. */
export async function reveal(
  entity: Entity,
  id: string,
  version: string | undefined,
  paths: string[],
  why: Unmask,
): Promise<Disclosure> {
  const field = version
    ? `${entity.one}Version(id: $id, version: $version, unmask: $why)`
    : `${entity.one}(id: $id, unmask: $why)`;
  const query = `query Reveal($id: ID!${version ? ', $version: ID!' : ''}, $why: Unmask) { found: ${field} { ${selection(entity.fields, paths)} meta { masked } } }`;
  const { data, errors, audit } = await run(query, { id, ...(version && { version }), why });
  const found = data?.found;
  if (!isObject(found)) throw errors[0] ?? new Failure('NOT_FOUND', 'The document is not there any more.');
  const { meta: _, ...values } = found;
  return { values: plain(values) as JsonObject, masked: metaOf(found).masked, audit, refusal: errors[0] };
}

export async function create(
  entity: Entity,
  owner: string | undefined,
  input: JsonObject,
  ttlDays: number | undefined,
): Promise<string> {
  const owned = entity.ownerField;
  const query = `mutation Create($input: ${entity.name}Input!, $ttlDays: Int${owned ? ', $owner: ID!' : ''}) { made: ${entity.create}(${owned ? `${owned}: $owner, ` : ''}input: $input, ttlDays: $ttlDays) { id } }`;
  const { made } = must(await run(query, { input, ttlDays, ...(owned && { owner }) }));
  return (made as { id: string }).id;
}

export async function update(
  entity: Entity,
  id: string,
  patch: JsonObject,
  ifVersion: string,
  ttlDays: number | undefined,
): Promise<void> {
  must(
    await run(
      `mutation Update($id: ID!, $patch: ${entity.name}Patch!, $ifVersion: ID, $ttlDays: Int) { made: ${entity.update}(id: $id, patch: $patch, ifVersion: $ifVersion, ttlDays: $ttlDays) { id } }`,
      { id, patch, ifVersion, ttlDays },
    ),
  );
}

export async function remove(entity: Entity, id: string, ifVersion: string): Promise<void> {
  must(
    await run(`mutation Delete($id: ID!, $ifVersion: ID) { gone: ${entity.remove}(id: $id, ifVersion: $ifVersion) }`, {
      id,
      ifVersion: ifVersion || null,
    }),
  );
}

/** The value that a path leads to. Of a list, the values of its elements. */
export function at(values: Json, path: string): Json {
  let value: Json = values;
  for (const name of path ? path.split('.') : []) {
    if (Array.isArray(value)) value = value.map((v) => (isObject(v) ? (v[name] ?? null) : null));
    else value = isObject(value) ? (value[name] ?? null) : null;
  }
  return value;
}
