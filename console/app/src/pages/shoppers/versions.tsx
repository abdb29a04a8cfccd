import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { diff, versions, type Change, type Doc } from '../../data/documents';
import type { Entity } from '../../data/model';
import { useWords } from '../../lib/i18n';
import { spokenPath } from '../../lib/names';
import { Await, Badge, Button, Card, FailureNotice, Field, Moment } from '../../ui';
import { Fields } from './fields';
import { Value } from './values';

const numberOf = (version: string) => version.split('-')[0] ?? version;

/** Every version of a document, and what differs between any two. */
export function Versions({ entity, id }: { entity: Entity; id: string }) {
  const { t, time } = useWords();
  const query = useInfiniteQuery({
    queryKey: ['document', entity.name, id, 'versions'],
    queryFn: ({ pageParam }) => versions(entity, id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  });
  const [pair, setPair] = useState<{ from?: string; to?: string }>({});
  const [open, setOpen] = useState<string | null>(null);
  return (
    <Await query={query}>
      {({ pages }) => {
        const all = pages.flatMap((p) => p.docs);
        const [damage] = pages.flatMap((p) => p.failures);
        const to = all.find((d) => d.meta.version === pair.to) ?? all[0];
        const from = all.find((d) => d.meta.version === pair.from) ?? all[1];
        const shown = all.find((d) => d.meta.version === open);
        const choice = (doc: Doc) => (
          <option
            key={doc.meta.version}
            value={doc.meta.version}
          >{`${numberOf(doc.meta.version)} · ${doc.meta.lastUpdate && time(doc.meta.lastUpdate)}`}</option>
        );
        return (
          <div className="stack wide">
            {damage && <FailureNotice failure={damage} />}
            {from && to && (
              <Card title={t('versions.compare')} lead={t('versions.compare.lead')}>
                <div className="form">
                  <div className="two">
                    <Field label={t('versions.from')}>
                      {(props) => (
                        <select
                          {...props}
                          value={from.meta.version}
                          onChange={(e) => setPair({ ...pair, from: e.target.value })}
                        >
                          {all.map(choice)}
                        </select>
                      )}
                    </Field>
                    <Field label={t('versions.to')}>
                      {(props) => (
                        <select
                          {...props}
                          value={to.meta.version}
                          onChange={(e) => setPair({ ...pair, to: e.target.value })}
                        >
                          {all.map(choice)}
                        </select>
                      )}
                    </Field>
                  </div>
                  <Difference entity={entity} id={id} from={from.meta.version} to={to.meta.version} />
                </div>
              </Card>
            )}
            <Card title={t('doc.versions')} flush>
              <div className="table-wrap">
                <table className="fold">
                  <thead>
                    <tr>
                      <th>{t('doc.version')}</th>
                      <th>{t('versions.written')}</th>
                      <th>{t('doc.author')}</th>
                      <th>
                        <span className="sr">{t('actions')}</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {all.map(({ meta }, i) => (
                      <tr key={meta.version}>
                        <td data-label={t('doc.version')}>
                          <code>{meta.version}</code> {i === 0 && <Badge tone="accent">{t('versions.current')}</Badge>}
                        </td>
                        <td data-label={t('versions.written')}>
                          <Moment at={meta.lastUpdate} full />
                        </td>
                        <td data-label={t('doc.author')}>
                          <code>{meta.author}</code>
                        </td>
                        <td className="actions">
                          <Button
                            small
                            aria-expanded={open === meta.version}
                            onClick={() => setOpen(open === meta.version ? null : meta.version)}
                          >
                            {open === meta.version ? t('close') : t('versions.show')}
                          </Button>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              {query.hasNextPage && (
                <footer className="row end">
                  <Button onClick={() => void query.fetchNextPage()}>{t('more')}</Button>
                </footer>
              )}
            </Card>
            {shown && (
              <Fields
                key={shown.meta.version}
                entity={entity}
                doc={shown}
                subject={id}
                version={shown.meta.version}
                title={t('versions.one', { version: numberOf(shown.meta.version) })}
              />
            )}
          </div>
        );
      }}
    </Await>
  );
}

const tones = { ADDED: 'good', REMOVED: 'bad', CHANGED: 'warn' } as const;

function Difference({ entity, id, from, to }: { entity: Entity; id: string; from: string; to: string }) {
  const { t } = useWords();
  const query = useQuery({
    queryKey: ['document', entity.name, id, 'diff', from, to],
    queryFn: () => diff(entity, id, from, to),
  });
  return (
    <Await query={query}>
      {(changes: Change[]) =>
        changes.length === 0 ? (
          <p className="quiet">{t('versions.same')}</p>
        ) : (
          <div className="table-wrap bordered">
            <table className="fold">
              <thead>
                <tr>
                  <th>{t('versions.field')}</th>
                  <th>{t('versions.kind')}</th>
                  <th>{t('versions.before')}</th>
                  <th>{t('versions.after')}</th>
                </tr>
              </thead>
              <tbody>
                {changes.map(({ path, kind, from: before, to: after }) => (
                  <tr key={path}>
                    <td data-label={t('versions.field')}>{spokenPath(path)}</td>
                    <td data-label={t('versions.kind')}>
                      <Badge tone={tones[kind]}>{t(`change.${kind}`)}</Badge>
                    </td>
                    <td data-label={t('versions.before')}>
                      <Value value={before} />
                    </td>
                    <td data-label={t('versions.after')}>
                      <Value value={after} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )
      }
    </Await>
  );
}
