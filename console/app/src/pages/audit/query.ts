// What one asks the record: a filter, in the address and in what is saved, and without personal data.
import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import type { AuditFilter } from '../../gql/graphql';

export const names = ['from', 'to', 'actor', 'action', 'outcome', 'subject', 'field', 'entity'] as const;
export type Name = (typeof names)[number];
export type Filter = Partial<Record<Name, string>>;

/** The filter that an address holds. Addresses are kept and sent around, so they take ids and names, and no personal data. */
export function useFilter(): [Filter, (filter: Filter) => void] {
  const [params, setParams] = useSearchParams();
  const filter = useMemo(
    () =>
      Object.fromEntries(
        names.flatMap((n) => {
          const v = params.get(n);
          return v && !personal(n, v) ? [[n, v]] : [];
        }),
      ) as Filter,
    [params],
  );
  return [filter, (next) => setParams(Object.fromEntries(Object.entries(next).filter(([, v]) => v)))];
}

const id = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const manyDigits = /\d{3}[.\- ]?\d{3}[.\- ]?\d{3}/;

/** Whether a value looks like personal data where a name, a day or an id belongs. */
export function personal(name: Name, value: string): boolean {
  if (name === 'subject') return !id.test(value);
  const plain = ['from', 'to', 'actor'].includes(name); // days, and ids of credentials
  return value.includes('@') || (!plain && manyDigits.test(value));
}

/** The filter as the control plane takes it: days in the person's own time zone. */
export const variablesOf = ({ from, to, ...rest }: Filter): AuditFilter => ({
  ...rest,
  ...(from && { from: new Date(`${from}T00:00:00`).toISOString() }),
  ...(to && { to: new Date(new Date(`${to}T00:00:00`).getTime() + 86_400_000).toISOString() }),
});
