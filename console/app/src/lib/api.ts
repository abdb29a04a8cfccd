// How the console talks to the server: same-origin requests that carry the session's cookie, and no other
// credential. Whatever fails is thrown as a Failure, which can be shown to a person.
import type { TypedDocumentString } from '../gql/graphql';
import { isObject } from './json';

/** What the server says about a broken rule of a document, with the property's path. */
export interface Violation {
  path: string;
  rule: string;
  message: string;
}

export interface Finding {
  rule: string;
  kind: string;
  path: string;
  from?: string | null;
  to?: string | null;
  message: string;
  fix: string;
  breaking: boolean;
}

export interface Problem {
  pointer: string;
  keyword: string;
  message: string;
  fix: string;
}

interface WireError {
  message: string;
  path?: (string | number)[];
  extensions?: { code?: string } & Record<string, unknown>;
}

/** The place of a disclosure on the audit record, and a signed checkpoint that covers it. */
export interface Receipt {
  entries: number[];
  checkpoint: string;
}

export class Failure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
  }

  get violations() {
    return (this.details.violations ?? []) as Violation[];
  }
  get findings() {
    return (this.details.findings ?? []) as Finding[];
  }
  /** Why the subgraphs of a federated graph do not compose, in the composer's words. */
  get composition() {
    return (this.details.composition ?? []) as string[];
  }
  get problems() {
    return (this.details.problems ?? []) as Problem[];
  }
}

export const asFailure = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure('INTERNAL', error instanceof Error ? error.message : String(error));

const failureOf = (error: WireError) =>
  new Failure(error.extensions?.code ?? 'UNKNOWN', error.message, error.extensions);

let onRefused: () => void = () => {};

/** Says who is told when the server no longer knows the session. */
export function whenRefused(tell: () => void) {
  onRefused = tell;
}

/** Sends one request. A status of 400 or more is a Failure, but for the GraphQL answers that `accept` lets through. */
export async function send(
  path: string,
  init: RequestInit = {},
  accept: (response: Response) => boolean = (r) => r.ok,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      ...init,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Failure('UNREACHABLE', 'The server cannot be reached.');
  }
  if (accept(response)) return response;
  const body: unknown = await response.json().catch(() => null);
  const first =
    isObject(body) && Array.isArray(body.errors) ? (body.errors[0] as unknown as WireError | undefined) : undefined;
  if (response.status === 401 && path !== '/console/session') onRefused();
  throw first
    ? failureOf(first)
    : new Failure(`HTTP_${response.status}`, `The server answered with status ${response.status}.`);
}

const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
  body: JSON.stringify(body),
});

export const postJson = (path: string, body: unknown) => send(path, json(body));

export interface Answer<Data> {
  data: Data | null;
  errors: Failure[];
  audit: Receipt | undefined;
}

/** Runs an operation and returns what came of it, errors included. */
export async function execute<Data>(
  path: string,
  operation: { query: string; variables?: unknown; operationName?: string | undefined },
  signal?: AbortSignal,
): Promise<Answer<Data>> {
  const response = await send(
    path,
    { ...json(operation), signal: signal ?? null },
    (r) => r.ok || r.status === 400 || r.status === 422,
  );
  const answer = (await response.json()) as { data?: Data; errors?: WireError[]; extensions?: { audit?: Receipt } };
  return { data: answer.data ?? null, errors: (answer.errors ?? []).map(failureOf), audit: answer.extensions?.audit };
}

/** Runs an operation of the control plane. Any error is thrown. */
export async function control<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  ...[variables]: Variables extends Record<string, never> ? [] : [Variables]
): Promise<Result> {
  const { data, errors } = await execute<Result>('/control/graphql', { query: document.toString(), variables });
  if (errors[0]) throw errors[0];
  return data as Result;
}
