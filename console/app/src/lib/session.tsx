// Who is signed in. The credential is in a cookie that scripts cannot read; here is only what it may do.
import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Permission } from '../gql/graphql';
import { asFailure, Failure, postJson, send, whenRefused } from './api';

export interface Person {
  account: { id: string; name: string };
  actor: string;
  roles: string[];
  permissions: Permission[];
  subject: string | null;
}

/**
 * `left`: somebody has just signed out. `expired` keeps the person: the pages stay, with what was typed, until the
 * same person signs in again.
 */
export type SessionState =
  | { kind: 'starting' }
  | { kind: 'none'; left: boolean }
  | { kind: 'failed'; failure: Failure }
  | { kind: 'open' | 'expired'; person: Person };

interface Session {
  state: SessionState;
  signIn(key: string): Promise<void>;
  signOut(): Promise<void>;
  retry(): void;
}

const Context = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(Context);
  if (!session) throw new Error('useSession outside of SessionProvider');
  return session;
}

/** The person who is signed in, for pages, which are shown to nobody else. */
export function usePerson(): Person & { may(...any: Permission[]): boolean } {
  const { state } = useSession();
  if (!('person' in state)) throw new Error('nobody is signed in');
  const { person } = state;
  return useMemo(
    () => ({ ...person, may: (...any: Permission[]) => any.some((p) => person.permissions.includes(p)) }),
    [person],
  );
}

interface Provider {
  name: string;
  label: string;
}

/** How one can sign in here, and whether the browser has a session. */
export const configuration = {
  queryKey: ['configuration'],
  staleTime: 60_000,
  queryFn: async () => (await (await send('/console/config')).json()) as { providers: Provider[]; signedIn: boolean },
};

// An identity provider sends people to the console's first page; they go on where they were.
const place = 'profilegraph.place';

/** Remembers this place for whoever goes to an identity provider. */
export const comeBack = () => sessionStorage.setItem(place, location.pathname + location.search);

function goBack() {
  const kept = sessionStorage.getItem(place);
  sessionStorage.removeItem(place);
  if (kept?.startsWith('/console/') && location.pathname === '/console/') history.replaceState(null, '', kept);
}

const whoIsIt = async () => (await (await send('/console/session')).json()) as Person;

export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, set] = useState<SessionState>({ kind: 'starting' });
  const queries = useQueryClient();

  const enter = useCallback(
    (person: Person | null) =>
      set((before) => {
        // Someone else: what the pages hold belongs to who was here before.
        if (
          'person' in before &&
          (!person || before.person.actor !== person.actor || before.person.account.id !== person.account.id)
        )
          queries.clear();
        return person ? { kind: 'open', person } : { kind: 'none', left: 'person' in before };
      }),
    [queries],
  );

  const retry = useCallback(() => {
    queries
      .fetchQuery(configuration)
      .then(({ signedIn }) => (signedIn ? whoIsIt() : null))
      .then((person) => {
        if (person) goBack();
        return person;
      })
      .then(enter, (error: unknown) => set({ kind: 'failed', failure: asFailure(error) }));
  }, [enter, queries]);
  useEffect(retry, [retry]);
  useEffect(() => whenRefused(() => set((now) => (now.kind === 'open' ? { ...now, kind: 'expired' } : now))), []);

  // A session that ends while nothing is asked is noticed too. Asking this does not put off its end.
  const open = state.kind === 'open';
  useEffect(() => {
    if (!open) return undefined;
    const look = async () => {
      if (document.hidden) return;
      const { signedIn } = await configuration.queryFn();
      if (!signedIn) set((now) => (now.kind === 'open' ? { ...now, kind: 'expired' } : now));
    };
    const timer = setInterval(() => {
      look().catch(() => {});
    }, 60_000); // what is unreachable now is asked again
    return () => clearInterval(timer);
  }, [open]);

  const session = useMemo<Session>(
    () => ({
      state,
      retry,
      async signIn(key) {
        await postJson('/console/session', { key });
        enter(await whoIsIt());
        void queries.invalidateQueries();
      },
      async signOut() {
        await send('/console/session', { method: 'DELETE' }, (r) => r.ok || r.status === 401);
        enter(null);
      },
    }),
    [state, retry, enter, queries],
  );
  return <Context value={session}>{children}</Context>;
}
