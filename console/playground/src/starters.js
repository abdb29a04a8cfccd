// Starter operations, written from the schema that the server has just told, so that they name the
// account's own entities and fields.
import {
  getNamedType, getNullableType, isEnumType, isInputObjectType, isInterfaceType, isLeafType, isListType,
  isNonNullType, isObjectType, isRequiredArgument, isRequiredInputField, isUnionType, parse, print, validate,
} from 'graphql';

/** Starters for a plane: [{ group, label, query, variables }], each of them valid for the schema. */
export function starters(plane, schema) {
  const offers = plane === 'control' ? controlStarters(schema) : dataStarters(schema);
  return offers
    .map((s) => ({ ...s, query: print(parse(s.query)), variables: s.variables ? JSON.stringify(s.variables, null, 2) : '' }))
    .filter((s) => validate(schema, parse(s.query)).length === 0);
}

function dataStarters(schema) {
  const queries = schema.getQueryType()?.getFields() ?? {};
  const mutations = schema.getMutationType()?.getFields() ?? {};
  const offers = [];
  // What can be found by a key comes first: that is what an account is about.
  const findable = (entity) => Object.values(queries).some((f) => getNamedType(f.type) === entity && argument(f, 'by'));
  const lists = Object.values(queries).map((list) => ({ list, entity: listedEntity(list) })).filter(({ entity }) => entity);
  for (const { list, entity } of [...lists.filter((l) => findable(l.entity)), ...lists.filter((l) => !findable(l.entity))]) {
    const group = entity.name;
    const document = selection(entity);
    offers.push({ group, label: `List ${spaced(list.name)}`, query: `query List${capital(list.name)} { ${list.name}(first: 5) { nodes ${document} pageInfo { hasNextPage endCursor } } }` });

    const one = Object.values(queries).find((f) => getNamedType(f.type) === entity && argument(f, 'by'));
    const by = one && argument(one, 'by');
    const key = by && Object.values(getNamedType(by.type).getFields?.() ?? {})[0];
    if (key) {
      offers.push({
        group,
        label: `Find one by ${spaced(key.name)}`,
        query: `query Find${entity.name}($by: ${getNullableType(by.type)}!) { ${one.name}(by: $by) ${document} }`,
        variables: { by: { [key.name]: placeholder(key.name, key.type) } },
      });
    }

    const create = mutations[`create${entity.name}`];
    const input = create && argument(create, 'input');
    if (input) {
      offers.push({
        group,
        label: `Create ${article(entity.name)}`,
        query: `mutation Create${entity.name}($input: ${input.type}) { ${create.name}(input: $input) ${document} }`,
        variables: { input: placeholder('input', input.type) },
      });
    }
  }
  return offers;
}

// The schema of a new custom field, for an account to try publishing with.
const sampleSchema = {
  type: 'object',
  properties: {
    loyaltyTier: { type: 'string', title: 'Loyalty tier', enum: ['bronze', 'silver', 'gold'] },
    nickname: { type: 'string', title: 'What friends call the shopper', maxLength: 40, sensitive: true, pii: true },
  },
};

function controlStarters(schema) {
  const queries = schema.getQueryType()?.getFields() ?? {};
  const mutations = schema.getMutationType()?.getFields() ?? {};
  const entity = 'Profile';
  const offer = (label, kind, name, field, values, variables) => {
    if (!field) return [];
    const declared = Object.keys(variables ?? {}).filter((v) => argument(field, v)).map((v) => `$${v}: ${argument(field, v).type}`);
    const given = Object.entries(values).filter(([arg]) => argument(field, arg)).map(([arg, value]) => `${arg}: ${value}`);
    const head = declared.length ? `(${declared.join(', ')})` : '';
    const args = given.length ? `(${given.join(', ')})` : '';
    return [{ group: 'Schemas', label, query: `${kind} ${name}${head} { ${field.name}${args} ${selection(getNamedType(field.type))} }`, variables }];
  };
  return [
    ...offer(`Show the ${entity} schema`, 'query', 'CurrentSchema', queries.schema, { entity: `"${entity}"` }),
    ...offer(`History of the ${entity} schema`, 'query', 'SchemaHistory', queries.schemaHistory, { entity: `"${entity}"`, first: 10 }),
    ...offer('Check a custom field', 'query', 'CheckSchema', queries.checkSchema, { entity: `"${entity}"`, schema: '$schema' }, { schema: sampleSchema }),
    ...offer('Publish a custom field', 'mutation', 'PublishSchema', mutations.publishSchema,
      { entity: `"${entity}"`, schema: '$schema', note: '"Loyalty tier and nickname"' }, { schema: sampleSchema }),
  ];
}

const argument = (field, name) => field.args.find((a) => a.name === name);

// listedEntity is the type of the documents behind a root list field such as profiles(first: 5) { nodes { ... } }.
function listedEntity(field) {
  const connection = getNamedType(field.type);
  if (!argument(field, 'first') || field.args.some(isRequiredArgument) || !isObjectType(connection)) return null;
  const nodes = connection.getFields().nodes;
  const entity = nodes && getNamedType(nodes.type);
  return isObjectType(entity) ? entity : null;
}

// selection asks for the fields that need no arguments: leaves, and one level of plain objects such
// as meta. Lists of documents stay out, since they cost a read each.
function selection(type, depth = 1) {
  if (isLeafType(type)) return '';
  if (isUnionType(type)) return '{ __typename }';
  if (!isObjectType(type) && !isInterfaceType(type)) return '';
  const lines = [];
  for (const field of Object.values(type.getFields())) {
    const named = getNamedType(field.type);
    if (field.args.some(isRequiredArgument) || field.deprecationReason) continue;
    if (isLeafType(named)) lines.push(field.name);
    else if (field.name === 'meta' && isObjectType(named)) lines.push(`meta { ${metaFields(named)} }`);
    else if (depth > 0 && isObjectType(named) && !argument(field, 'first') && !named.getFields().id) {
      const inner = selection(named, depth - 1);
      if (inner !== '{ __typename }') lines.push(`${field.name} ${inner}`);
    }
  }
  return `{ ${lines.join(' ') || '__typename'} }`;
}

function metaFields(meta) {
  const wanted = ['version', 'masked'].filter((name) => name in meta.getFields());
  return wanted.join(' ') || '__typename';
}

// placeholder is a value of an input type that a person can see through and edit. Of an object it
// fills the required fields, or the first field where none is required.
function placeholder(name, type, depth = 3) {
  if (isNonNullType(type)) return placeholder(name, type.ofType, depth);
  if (isListType(type)) return [placeholder(name, type.ofType, depth)];
  if (isEnumType(type)) return type.getValues()[0].name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const required = fields.filter(isRequiredInputField);
    const chosen = required.length ? required : fields.slice(0, 1);
    return depth > 0 ? Object.fromEntries(chosen.map((f) => [f.name, placeholder(f.name, f.type, depth - 1)])) : {};
  }
  return samples[type.name] ?? (/e-?mail/i.test(name) ? samples.EmailAddress : /phone/i.test(name) ? '+15550100' : spaced(name));
}

const samples = {
  Boolean: true,
  Int: 1,
  Float: 1.5,
  Long: 1,
  Decimal: '1.50',
  Date: '1990-12-31',
  DateTime: '2030-01-31T12:00:00Z',
  Time: '12:00:00Z',
  EmailAddress: 'ada@example.com',
  URL: 'https://example.com/',
  UUID: '00000000-0000-4000-8000-000000000000',
  JSON: {},
};

const capital = (name) => name[0].toUpperCase() + name.slice(1);
const spaced = (name) => name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
const article = (name) => `${/^[aeio]/i.test(name) ? 'an' : 'a'} ${spaced(name)}`;
