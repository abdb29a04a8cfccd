import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import {
  Ban,
  BookOpenCheck,
  ChevronDown,
  Download,
  Eraser,
  Eye,
  FileCog,
  Fingerprint,
  KeyRound,
  RotateCw,
  Scale,
  Stamp,
  type LucideIcon,
} from 'lucide-react';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { graphql } from '../../gql';
import type { AuditRecordQuery } from '../../gql/graphql';
import { control } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { isObject, pretty } from '../../lib/json';
import { spokenPath } from '../../lib/names';
import { usePerson } from '../../lib/session';
import { Await, Badge, Button, Card, Empty, Notice } from '../../ui';
import { variablesOf, type Filter } from './query';

const AuditRecord = graphql(`
  query AuditRecord($filter: AuditFilter, $after: Int) {
    audit(filter: $filter, after: $after, first: 50) {
      entries {
        index
        time
        action
        outcome
        actor
        onBehalfOf
        entity
        id
        subject
        version
        fields
        purpose
        reason
        requestId
        details
      }
      hasNextPage
    }
  }
`);

const KeyNames = graphql(`
  query KeyNames {
    apiKeys {
      id
      name
    }
  }
`);

type Entry = AuditRecordQuery['audit']['entries'][number];

function useKeyNames(): (actor: string) => string | undefined {
  const { may } = usePerson();
  const { data } = useQuery({ queryKey: ['key-names'], queryFn: () => control(KeyNames), enabled: may('ACCOUNT') });
  return (actor) => data?.apiKeys.find((k) => `key:${k.id}` === actor)?.name;
}

export function TimeLine({ filter, onFilter }: { filter: Filter; onFilter(filter: Filter): void }) {
  const { t, day, many } = useWords();
  const nameOf = useKeyNames();
  const query = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: async ({ pageParam }) =>
      (await control(AuditRecord, { filter: variablesOf(filter), after: pageParam })).audit,
    initialPageParam: null as number | null,
    getNextPageParam: (last) => (last.hasNextPage ? last.entries.at(-1)?.index : undefined),
  });
  const title = filter.subject ? t('audit.whoSaw') : filter.actor ? t('audit.whatSaw') : t('audit.timeLine');
  return (
    <Card
      title={title}
      lead={filter.subject ?? filter.actor}
      flush
      actions={
        <Button small kind="plain" busy={query.isFetching} onClick={() => void query.refetch()}>
          <RotateCw aria-hidden />
          {t('audit.reload')}
        </Button>
      }
    >
      <Await query={query}>
        {({ pages }) => {
          const entries = pages.flatMap((p) => p.entries);
          if (entries.length === 0)
            return (
              <Empty
                icon={BookOpenCheck}
                title={t('audit.none')}
                actions={
                  Object.keys(filter).length > 0 && <Button onClick={() => onFilter({})}>{t('audit.clear')}</Button>
                }
              >
                {t(Object.keys(filter).length ? 'audit.none.filtered' : 'audit.none.todo')}
              </Empty>
            );
          const days = Map.groupBy(entries, (e) => day(e.time));
          return (
            <>
              {filter.subject && <Summary entries={entries} nameOf={nameOf} />}
              {[...days].map(([date, list]) => (
                <section key={date} aria-label={date}>
                  <h3 className="day">
                    {date}
                    <span className="quiet"> · {many('audit.entries', list.length)}</span>
                  </h3>
                  <ol className="time-line">
                    {list.map((entry) => (
                      <EntryLine key={entry.index} entry={entry} nameOf={nameOf} filter={filter} />
                    ))}
                  </ol>
                </section>
              ))}
              {query.hasNextPage && (
                <footer className="row end">
                  <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                    {t('more')}
                  </Button>
                </footer>
              )}
            </>
          );
        }}
      </Await>
    </Card>
  );
}

/** Who saw a shopper: one line for each credential. */
function Summary({ entries, nameOf }: { entries: Entry[]; nameOf(actor: string): string | undefined }) {
  const { t, many } = useWords();
  const seen = [
    ...Map.groupBy(
      entries.filter((e) => e.action.endsWith('Unmasked') && e.outcome === 'ALLOWED'),
      (e) => e.actor,
    ),
  ];
  if (seen.length === 0)
    return (
      <div className="body">
        <Notice tone="good" title={t('audit.nobody')} />
      </div>
    );
  return (
    <div className="body">
      <Notice tone="secret" title={many('audit.seenBy', seen.length)}>
        <ul>
          {seen.map(([actor, list]) => (
            <li key={actor}>
              <strong>{nameOf(actor) ?? actor}</strong>:{' '}
              {[...new Set(list.flatMap((e) => e.fields))].map(spokenPath).join(', ')}{' '}
              <span className="quiet">({many('audit.times', list.length)})</span>
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}

function iconOf({ action, outcome }: Entry): LucideIcon {
  if (outcome === 'DENIED') return Ban;
  if (action.endsWith('Unmasked')) return Eye;
  if (action === 'PutSchema') return FileCog;
  if (action === 'ExportSubject') return Download;
  if (action === 'ProfileSystemUserRightsDelete') return Eraser;
  if (action.endsWith('LegalHold')) return Scale;
  if (/ApiKey|Session/.test(action)) return KeyRound;
  if (/Approv/.test(action)) return Stamp;
  if (/Rotate|Key/.test(action)) return Fingerprint;
  return BookOpenCheck;
}

function EntryLine({
  entry,
  nameOf,
  filter,
}: {
  entry: Entry;
  nameOf(actor: string): string | undefined;
  filter: Filter;
}) {
  const { t, find } = useWords();
  const [open, setOpen] = useState(false);
  const Icon = iconOf(entry);
  const { may } = usePerson();
  const [, go] = useLocation();
  const denied = entry.outcome === 'DENIED';
  const time = new Date(entry.time).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const base = entry.action.replace(/^Get(\w+?)(Version)?Unmasked$/, 'Get$2Unmasked');
  const words = { entity: entry.entity ?? '' };
  const said =
    find(`action.${base}.${entry.outcome.toLowerCase()}`, words) ?? find(`action.${base}`, words) ?? entry.action;
  return (
    <li className={denied ? 'entry denied' : 'entry'}>
      <span className="mark-icon">
        <Icon aria-hidden />
      </span>
      <div className="grow">
        <p className="line">
          <strong>{nameOf(entry.actor) ?? entry.actor}</strong> {said}
          {denied && <Badge tone="bad">{t('audit.DENIED')}</Badge>}
        </p>
        {entry.fields.length > 0 && (
          <p className="badges">
            {entry.fields.map((f) => (
              <Badge key={f} tone={denied ? undefined : 'secret'}>
                {spokenPath(f)}
              </Badge>
            ))}
          </p>
        )}
        {(entry.reason || entry.purpose) && (
          <p className="quiet">
            {entry.purpose && <Badge>{entry.purpose}</Badge>} {entry.reason}
          </p>
        )}
        {open && (
          <dl className="facts tight">
            <dt>{t('audit.index')}</dt>
            <dd>{entry.index}</dd>
            <dt>{t('audit.action')}</dt>
            <dd>
              <code>{entry.action}</code>
            </dd>
            <dt>{t('audit.actor')}</dt>
            <dd>
              <code>{entry.actor}</code>{' '}
              {!filter.actor && (
                <Link href={`/audit?actor=${encodeURIComponent(entry.actor)}`}>{t('audit.whatSaw')}</Link>
              )}
            </dd>
            {entry.onBehalfOf && (
              <>
                <dt>{t('reveal.onBehalfOf')}</dt>
                <dd>{entry.onBehalfOf}</dd>
              </>
            )}
            {entry.id && (
              <>
                <dt>{t('audit.document')}</dt>
                <dd>
                  {entry.entity} <code>{entry.id}</code>
                  {entry.version && (
                    <>
                      {' '}
                      · <code>{entry.version}</code>
                    </>
                  )}
                </dd>
              </>
            )}
            {entry.subject && (
              <>
                <dt>{t('audit.subject')}</dt>
                <dd>
                  <code>{entry.subject}</code>{' '}
                  {!filter.subject && <Link href={`/audit?subject=${entry.subject}`}>{t('audit.whoSaw')}</Link>}
                </dd>
              </>
            )}
            {entry.requestId && (
              <>
                <dt>{t('audit.request')}</dt>
                <dd>
                  <code>{entry.requestId}</code>
                </dd>
              </>
            )}
            {isObject(entry.details) && Object.keys(entry.details).length > 0 && (
              <>
                <dt>{t('audit.details')}</dt>
                <dd>
                  <pre className="code">{pretty(entry.details)}</pre>
                </dd>
              </>
            )}
          </dl>
        )}
        {open && entry.entity && entry.id && may('READ') && (
          <Button small onClick={() => go(`/shoppers/${entry.entity}/${entry.id}`)}>
            {t('audit.open')}
          </Button>
        )}
      </div>
      <time dateTime={entry.time} className="quiet small nowrap">
        {time}
      </time>
      <Button
        kind="plain"
        small
        className="icon"
        aria-expanded={open}
        aria-label={t('audit.more', { index: entry.index })}
        onClick={() => setOpen(!open)}
      >
        <ChevronDown aria-hidden className={open ? 'turned' : undefined} />
      </Button>
    </li>
  );
}
