// The two GraphQL APIs of the server, and how the page talks to them.
import { buildClientSchema, getIntrospectionQuery } from 'graphql';

export const planes = {
  data: { label: 'Data', path: '/graphql', url: new URL('../graphql', document.baseURI) },
  control: { label: 'Control', path: '/control/graphql', url: new URL('../control/graphql', document.baseURI) },
};

/** A failure that can be shown to a person as it is. `refused` says that the API key is at fault. */
export class Failure extends Error {
  constructor(message, refused = false) {
    super(message);
    this.refused = refused;
  }
}

const keyRefused = 'The server refused this API key. Check that it was copied whole, has not expired and was not revoked.';
const refusals = { 401: keyRefused, 403: 'This API key may not use this API.' };
const refusedCodes = new Set(['UNAUTHENTICATED', 'UNAUTHORIZED']);

/** Sends one operation and returns the GraphQL result, which may hold errors. Throws a Failure where there is no result. */
export async function send(plane, key, { query, variables, operationName }, signal) {
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Failure('An API key has no spaces and no special characters. Copy it again.', true);
  let response;
  try {
    response = await fetch(planes[plane].url, {
      method: 'POST',
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', Authorization: `Bearer ${key}` },
      body: JSON.stringify({ query, variables, operationName }),
      signal,
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Failure('The server cannot be reached. Is it running?');
  }
  const result = await response.json().catch((error) => {
    if (error.name === 'AbortError') throw error;
    return null;
  });
  if (response.status === 401) throw new Failure(keyRefused, true);
  if (result?.data !== undefined || Array.isArray(result?.errors)) return result;
  throw new Failure(explain(response.status), response.status in refusals);
}

function explain(status) {
  if (status in refusals) return refusals[status];
  if (status === 429 || status === 503) return 'The server is busy. Wait a moment and try again.';
  if (status === 404) return 'The server has no GraphQL API at this address.';
  return `The server answered with status ${status} and no GraphQL result.`;
}

/** The schema of a plane, as this key sees it. */
export async function introspect(plane, key, signal) {
  const query = getIntrospectionQuery({
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  });
  const result = await send(plane, key, { query, operationName: 'IntrospectionQuery' }, signal);
  if (!result.data?.__schema) throw failureOf(result);
  return buildClientSchema(result.data);
}

/** Who the key speaks for, or null where the control plane does not tell this key. */
export async function viewer(key, signal) {
  const result = await send('control', key, { query: '{ viewer { actor account { id name } } }' }, signal);
  return result.data?.viewer ?? null;
}

function failureOf({ errors = [] }) {
  if (errors.some((e) => refusedCodes.has(e.extensions?.code))) return new Failure(keyRefused, true);
  const words = errors.map((e) => e.message).join(' ');
  return new Failure(`The server did not give its schema. ${words}`.trim());
}
