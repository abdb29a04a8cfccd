import { useInfiniteQuery } from '@tanstack/react-query';
import { Plus, Search, SearchX, UsersRound } from 'lucide-react';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { idByKey, list } from '../../data/documents';
import type { Entity } from '../../data/model';
import { useWords } from '../../lib/i18n';
import { spoken } from '../../lib/names';
import { usePerson } from '../../lib/session';
import {
  Await,
  Button,
  ButtonLink,
  Card,
  Empty,
  FailureNotice,
  Field,
  Moment,
  Notice,
  Page,
  useAction,
} from '../../ui';
import { Value } from './values';

export function Find({ roots, entity }: { roots: Entity[]; entity: Entity }) {
  const { t } = useWords();
  const { may } = usePerson();
  const [, go] = useLocation();
  return (
    <Page
      title={t('shoppers.title')}
      lead={t('shoppers.lead')}
      actions={
        may('WRITE') &&
        entity.create && (
          <ButtonLink kind="primary" href={`/shoppers/${entity.name}/new`}>
            <Plus aria-hidden />
            {t('shoppers.new', { entity: spoken(entity.name) })}
          </ButtonLink>
        )
      }
    >
      <Card>
        <FindForm
          roots={roots}
          entity={entity}
          onEntity={(name) => go(`/shoppers/${name}`)}
          onFound={(id) => go(`/shoppers/${entity.name}/${id}`)}
        />
      </Card>
      <Newest entity={entity} />
    </Page>
  );
}

function FindForm({
  roots,
  entity,
  onEntity,
  onFound,
}: {
  roots: Entity[];
  entity: Entity;
  onEntity(name: string): void;
  onFound(id: string): void;
}) {
  const { t } = useWords();
  const [key, setKey] = useState(entity.keys[0]?.name ?? 'id');
  const [value, setValue] = useState('');
  // What was typed is forgotten with the answer: it stays out of addresses, storage and the page.
  const { run, busy, failure, reset } = useAction(
    async (typed: string) => {
      const by = entity.keys.find((k) => k.name === key);
      return by ? idByKey(entity, by, typed) : typed;
    },
    (id) => {
      setValue('');
      if (id) onFound(id);
      else setMissed(true);
    },
  );
  const [missed, setMissed] = useState(false);
  return (
    <form
      className="form"
      noValidate
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        setMissed(false);
        if (value.trim()) run(value.trim());
      }}
    >
      <div className="find">
        <Field label={t('find.kind')}>
          {(props) => (
            <select {...props} value={entity.name} onChange={(e) => onEntity(e.target.value)}>
              {roots.map(({ name }) => (
                <option key={name} value={name}>
                  {spoken(name)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={t('find.by')}>
          {(props) => (
            <select
              {...props}
              value={key}
              onChange={(e) => {
                setKey(e.target.value);
                reset();
              }}
            >
              {entity.keys.map(({ name }) => (
                <option key={name} value={name}>
                  {spoken(name)}
                </option>
              ))}
              <option value="id">{t('find.id')}</option>
            </select>
          )}
        </Field>
        <Field label={key === 'id' ? t('find.id') : spoken(key)}>
          {(props) => (
            <input
              {...props}
              value={value}
              autoComplete="off"
              spellCheck={false}
              autoCapitalize="off"
              placeholder={key === 'id' ? '019…' : t('find.exact')}
              onChange={(e) => {
                setValue(e.target.value);
                setMissed(false);
              }}
            />
          )}
        </Field>
        <Button kind="primary" type="submit" busy={busy} disabled={!value.trim()}>
          <Search aria-hidden />
          {t('find')}
        </Button>
      </div>
      <p className="quiet small">{t('find.privacy')}</p>
      {missed && (
        <Notice tone="warn" title={t('find.none')}>
          {t('find.none.todo')}
        </Notice>
      )}
      {failure && <FailureNotice failure={failure} />}
    </form>
  );
}

const columns = 4;

function Newest({ entity }: { entity: Entity }) {
  const { t } = useWords();
  const { may } = usePerson();
  const query = useInfiniteQuery({
    queryKey: ['documents', entity.name],
    queryFn: ({ pageParam }) => list(entity, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  });
  const shown = entity.fields
    .filter((f) => f.shape.kind !== 'object' && f.shape.kind !== 'union' && !f.list)
    .slice(0, columns);
  return (
    <Card title={t('find.all', { entity: spoken(entity.name) })} lead={t('find.all.lead')} flush>
      <Await query={query}>
        {({ pages }) => {
          const docs = pages.flatMap((p) => p.docs);
          const [damage] = pages.flatMap((p) => p.failures);
          if (docs.length === 0) {
            return (
              <Empty
                icon={entity.keys.length ? UsersRound : SearchX}
                title={t('find.empty')}
                actions={
                  may('WRITE') &&
                  entity.create && (
                    <ButtonLink href={`/shoppers/${entity.name}/new`}>
                      <Plus aria-hidden />
                      {t('shoppers.new', { entity: spoken(entity.name) })}
                    </ButtonLink>
                  )
                }
              >
                {t('find.empty.todo')}
              </Empty>
            );
          }
          return (
            <>
              {damage && <FailureNotice failure={damage} />}
              <div className="table-wrap">
                <table className="fold">
                  <thead>
                    <tr>
                      <th>{t('doc.id')}</th>
                      {shown.map((f) => (
                        <th key={f.name}>{spoken(f.name)}</th>
                      ))}
                      <th>{t('doc.updated')}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {docs.map((doc) => (
                      <tr key={doc.id} className="link">
                        <td data-label={t('doc.id')}>
                          <Link href={`/shoppers/${entity.name}/${doc.id}`}>
                            <code title={doc.id}>{`${doc.id.slice(0, 8)}…${doc.id.slice(-4)}`}</code>
                          </Link>
                        </td>
                        {shown.map((f) => (
                          <td key={f.name} data-label={spoken(f.name)}>
                            <Value value={doc.values[f.name] ?? null} masked={doc.meta.masked.includes(f.name)} />
                          </td>
                        ))}
                        <td data-label={t('doc.updated')}>
                          <Moment at={doc.meta.lastUpdate} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
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
