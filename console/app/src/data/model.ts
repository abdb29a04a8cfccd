// The account's own GraphQL schema, as introspection tells it: which entities there are, what they are made of,
// and by which operations they are reached. Nothing here knows a field or an entity by name.
import { useQuery } from '@tanstack/react-query';
import { execute } from '../lib/api';

interface TypeRef {
  kind: string;
  name: string | null;
  ofType: TypeRef | null;
}
interface WireValue {
  name: string;
  description: string | null;
  type: TypeRef;
}
interface WireField extends WireValue {
  args: WireValue[];
  isDeprecated: boolean;
  deprecationReason: string | null;
}
interface WireType {
  kind: string;
  name: string;
  description: string | null;
  isOneOf?: boolean;
  fields: WireField[] | null;
  inputFields: (WireValue & { isDeprecated: boolean })[] | null;
  interfaces: { name: string }[] | null;
  enumValues: { name: string; description: string | null }[] | null;
  possibleTypes: { name: string }[] | null;
}

const typeRef =
  'kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }';
const introspection = `query Introspection { __schema {
  queryType { name } mutationType { name }
  types {
    kind name description isOneOf
    fields(includeDeprecated: true) { name description isDeprecated deprecationReason type { ${typeRef} } args { name description type { ${typeRef} } } }
    inputFields(includeDeprecated: true) { name description isDeprecated type { ${typeRef} } }
    interfaces { name } enumValues(includeDeprecated: true) { name description } possibleTypes { name }
  }
} }`;

/** What a field of a document holds. */
export type Shape =
  | { kind: 'scalar'; scalar: string }
  | { kind: 'enum'; values: { name: string; description: string | null }[] }
  | { kind: 'object'; type: string; fields(): FieldModel[] }
  | { kind: 'union'; types(): { type: string; fields: FieldModel[] }[] };

export interface FieldModel {
  name: string;
  description: string | null;
  deprecated: string | null;
  list: boolean;
  required: boolean;
  /** Masked unless the reader may see it and says why. */
  sensitive: boolean;
  shape: Shape;
}

/** Documents that a document owns. */
export interface Owned {
  field: string;
  description: string | null;
  many: boolean;
  entity: Entity;
}

export interface Entity {
  name: string;
  description: string | null;
  /** Names of the operations; those that the account does not have are undefined. */
  one: string;
  list: string;
  create: string | undefined;
  update: string | undefined;
  remove: string | undefined;
  /** By which keys one is found, with the type of each. */
  keys: InputModel[];
  byType: string | undefined;
  /** The field that names the owner's id, for instance profileId. */
  ownerField: string | undefined;
  fields: FieldModel[];
  owned(): Owned[];
  input: InputModel[];
  patch: InputModel[];
}

export interface InputModel {
  name: string;
  description: string | null;
  required: boolean;
  list: boolean;
  type: string;
  shape:
    | { kind: 'scalar'; scalar: string }
    | { kind: 'enum'; values: string[] }
    | { kind: 'object'; oneOf: boolean; fields(): InputModel[] };
}

export interface Model {
  entities: Entity[];
  entity(name: string): Entity | undefined;
  roots: Entity[];
}

const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
const lower = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

function unwrap(ref: TypeRef): { name: string; list: boolean; required: boolean; text: string } {
  const text = (r: TypeRef): string =>
    r.kind === 'NON_NULL'
      ? `${text(r.ofType as TypeRef)}!`
      : r.kind === 'LIST'
        ? `[${text(r.ofType as TypeRef)}]`
        : (r.name ?? '');
  let list = false;
  let inner = ref;
  while (inner.ofType) {
    list ||= inner.kind === 'LIST';
    inner = inner.ofType;
  }
  return { name: inner.name ?? '', list, required: ref.kind === 'NON_NULL', text: text(ref) };
}

export function buildModel(types: WireType[], queryType: string, mutationType: string | null): Model {
  const byName = new Map(types.map((type) => [type.name, type]));
  const fieldsOf = (name: string) => byName.get(name)?.fields ?? [];
  const queries = new Map(fieldsOf(queryType).map((f) => [f.name, f]));
  const mutations = new Map(fieldsOf(mutationType ?? '').map((f) => [f.name, f]));
  const isDocument = (name: string) => byName.get(name)?.interfaces?.some((i) => i.name === 'Document') ?? false;
  const nodeOf = (name: string) => {
    const nodes = fieldsOf(name).find((f) => f.name === 'nodes');
    return nodes ? unwrap(nodes.type).name : '';
  };

  const shape = (name: string): Shape => {
    const type = byName.get(name);
    switch (type?.kind) {
      case 'ENUM':
        return { kind: 'enum', values: type.enumValues ?? [] };
      case 'OBJECT':
        return { kind: 'object', type: name, fields: () => plainFields(name) };
      case 'UNION':
      case 'INTERFACE':
        return {
          kind: 'union',
          types: () => (type.possibleTypes ?? []).map((p) => ({ type: p.name, fields: plainFields(p.name) })),
        };
      default:
        return { kind: 'scalar', scalar: name };
    }
  };
  // The fields that are part of the document itself: not meta, not what it owns, not its owner.
  const plainFields = (name: string): FieldModel[] =>
    fieldsOf(name).flatMap((f) => {
      const { name: inner, list, required } = unwrap(f.type);
      if (f.name === 'meta' || isDocument(inner) || isDocument(nodeOf(inner))) return [];
      return [
        {
          name: f.name,
          description: f.description,
          deprecated: f.isDeprecated ? (f.deprecationReason ?? '') : null,
          list,
          required,
          sensitive: f.args.some((a) => a.name === 'unmask'),
          shape: shape(inner),
        },
      ];
    });
  const inputs = (name: string): InputModel[] =>
    (byName.get(name)?.inputFields ?? []).map((f) => {
      const { name: inner, list, required, text } = unwrap(f.type);
      const type = byName.get(inner);
      return {
        name: f.name,
        description: f.description,
        required,
        list,
        type: text,
        shape:
          type?.kind === 'ENUM'
            ? { kind: 'enum', values: (type.enumValues ?? []).map((v) => v.name) }
            : type?.kind === 'INPUT_OBJECT'
              ? { kind: 'object', oneOf: type.isOneOf ?? false, fields: () => inputs(inner) }
              : { kind: 'scalar', scalar: inner },
      };
    });
  const argument = (field: WireField | undefined, name: string) => {
    const found = field?.args.find((a) => a.name === name);
    return found && unwrap(found.type);
  };

  const entities = [...queries.values()].flatMap((list): Entity[] => {
    const name = nodeOf(unwrap(list.type).name);
    if (!isDocument(name) || list.args.some((a) => a.name === 'id')) return [];
    const one = lower(name);
    const create = mutations.get(`create${capital(name)}`);
    const update = mutations.get(`update${capital(name)}`);
    const owner = create?.args.find((a) => a.name.endsWith('Id') && a.type.kind === 'NON_NULL');
    const by = argument(queries.get(one), 'by')?.name;
    return [
      {
        name,
        one,
        list: list.name,
        description: byName.get(name)?.description ?? null,
        create: create?.name,
        update: update?.name,
        remove: mutations.get(`delete${capital(name)}`)?.name,
        byType: by,
        keys: by ? inputs(by) : [],
        ownerField: owner?.name,
        fields: plainFields(name).filter((f) => f.name !== 'id' && f.name !== owner?.name),
        input: inputs(argument(create, 'input')?.name ?? ''),
        patch: inputs(argument(update, 'patch')?.name ?? ''),
        owned: () =>
          fieldsOf(name).flatMap((f): Owned[] => {
            const { name: inner } = unwrap(f.type);
            const many = nodeOf(inner);
            const entity = entities.find((e) => e.name === (many || inner));
            return entity?.ownerField && entity.ownerField === `${lower(name)}Id`
              ? [{ field: f.name, description: f.description, many: many !== '', entity }]
              : [];
          }),
      },
    ];
  });
  return {
    entities,
    roots: entities.filter((e) => !e.ownerField),
    entity: (name) => entities.find((e) => e.name === name),
  };
}

/** The account's model, read anew when a schema was published here. */
export function useModel() {
  return useQuery({
    queryKey: ['model'],
    staleTime: 60_000,
    queryFn: async (): Promise<Model> => {
      const { data, errors } = await execute<{
        __schema: { types: WireType[]; queryType: { name: string }; mutationType: { name: string } | null };
      }>('/graphql', { query: introspection });
      if (!data) throw errors[0] ?? new Error('no schema');
      return buildModel(data.__schema.types, data.__schema.queryType.name, data.__schema.mutationType?.name ?? null);
    },
  });
}
