import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { History as Clock, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { Comparison } from '../../editor';
import { graphql } from '../../gql';
import { control, type Finding } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { compact } from '../../lib/json';
import { usePerson } from '../../lib/session';
import { Await, Badge, Button, Card, Dialog, Empty, FailureNotice, Field, Moment, useAction, useToast } from '../../ui';
import { Changes } from './changes';
import { SchemaPage } from './frame';
import { useAllow } from './review';

const PastSchemas = graphql(`
  query SchemaHistory($entity: String!, $before: Int) {
    schemaHistory(entity: $entity, first: 20, before: $before) {
      version
      current
      author
      creationDate
      note
      text
      changes {
        kind
        path
        from
        to
      }
    }
  }
`);
const Difference = graphql(`
  query SchemaDifference($entity: String!, $from: Int!, $to: Int) {
    schemaDiff(entity: $entity, from: $from, to: $to) {
      kind
      path
      from
      to
    }
  }
`);
const RollBack = graphql(`
  mutation RollBackSchema($entity: String!, $to: Int!, $expectedVersion: Int, $allow: [String!], $note: String) {
    rollbackSchema(entity: $entity, to: $to, expectedVersion: $expectedVersion, allow: $allow, note: $note) {
      version
    }
  }
`);

export const History = ({ entity }: { entity: string }) => (
  <SchemaPage entity={entity} tab="/history">
    {({ version }) => <Past key={version} entity={entity} current={version} />}
  </SchemaPage>
);

function Past({ entity, current }: { entity: string; current: number }) {
  const { t, many, find } = useWords();
  const { may } = usePerson();
  const query = useInfiniteQuery({
    queryKey: ['history', entity, current],
    queryFn: async ({ pageParam }) => (await control(PastSchemas, { entity, before: pageParam })).schemaHistory,
    initialPageParam: null as number | null,
    getNextPageParam: (last) => (last.length < 20 ? undefined : last.at(-1)?.version),
  });
  const [pair, setPair] = useState<{ from?: number; to?: number }>({});
  const [target, setTarget] = useState<number | null>(null);
  return (
    <Await query={query}>
      {({ pages }) => {
        const all = pages.flat();
        const to = all.find((v) => v.version === pair.to) ?? all[0];
        const from = all.find((v) => v.version === pair.from) ?? all[1];
        return (
          <div className="stack wide">
            <Card title={t('history.title')} flush>
              <div className="table-wrap">
                <table className="fold">
                  <thead>
                    <tr>
                      <th>{t('schemas.version')}</th>
                      <th>{t('history.when')}</th>
                      <th>{t('history.who')}</th>
                      <th>{t('history.what')}</th>
                      <th>
                        <span className="sr">{t('actions')}</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {all.map((v) => (
                      <tr key={v.version}>
                        <td data-label={t('schemas.version')}>
                          {v.version} {v.current && <Badge tone="accent">{t('versions.current')}</Badge>}
                          {v.version === 0 && <Badge>{t('schemas.builtIn')}</Badge>}
                        </td>
                        <td data-label={t('history.when')}>{v.creationDate ? <Moment at={v.creationDate} /> : '—'}</td>
                        <td data-label={t('history.who')}>{v.author ? <code>{v.author}</code> : '—'}</td>
                        <td data-label={t('history.what')}>
                          {v.note}
                          {v.changes.length > 0 && (
                            <span
                              className="sub"
                              title={v.changes
                                .map((c) => `${find(`changes.${c.kind}`) ?? c.kind} ${c.path}`)
                                .join('\n')}
                            >
                              {many('history.changes', v.changes.length)}
                            </span>
                          )}
                        </td>
                        <td className="actions">
                          {may('SCHEMA') && !v.current && (
                            <Button small onClick={() => setTarget(v.version)}>
                              <Undo2 aria-hidden />
                              {t('history.rollBack')}
                            </Button>
                          )}
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
            {from && to ? (
              <Card
                title={t('history.compare')}
                flush
                actions={
                  <>
                    <select
                      className="small auto"
                      aria-label={t('versions.from')}
                      value={from.version}
                      onChange={(e) => setPair({ ...pair, from: Number(e.target.value) })}
                    >
                      {all.map((v) => (
                        <option key={v.version} value={v.version}>
                          {t('versions.one', { version: v.version })}
                        </option>
                      ))}
                    </select>
                    <span aria-hidden>→</span>
                    <select
                      className="small auto"
                      aria-label={t('versions.to')}
                      value={to.version}
                      onChange={(e) => setPair({ ...pair, to: Number(e.target.value) })}
                    >
                      {all.map((v) => (
                        <option key={v.version} value={v.version}>
                          {t('versions.one', { version: v.version })}
                        </option>
                      ))}
                    </select>
                  </>
                }
              >
                <ChangesBetween entity={entity} from={from.version} to={to.version} />
                <Comparison
                  language="json"
                  before={compact(from.text)}
                  after={compact(to.text)}
                  labels={[t('versions.one', { version: from.version }), t('versions.one', { version: to.version })]}
                />
              </Card>
            ) : (
              <Card>
                <Empty icon={Clock} title={t('history.none')}>
                  {t('history.none.todo')}
                </Empty>
              </Card>
            )}
            {target !== null && (
              <RollBackDialog entity={entity} current={current} to={target} onClose={() => setTarget(null)} />
            )}
          </div>
        );
      }}
    </Await>
  );
}

function ChangesBetween({ entity, from, to }: { entity: string; from: number; to: number }) {
  const { t } = useWords();
  const query = useQuery({
    queryKey: ['history', entity, 'diff', from, to],
    queryFn: async () => (await control(Difference, { entity, from, to })).schemaDiff,
  });
  return (
    <Await query={query}>
      {(changes) =>
        changes.length ? <Changes changes={changes} /> : <p className="body quiet">{t('versions.same')}</p>
      }
    </Await>
  );
}

/** Rolling back is refused like a publication where it breaks rules; then they can be allowed by name. */
function RollBackDialog({
  entity,
  current,
  to,
  onClose,
}: {
  entity: string;
  current: number;
  to: number;
  onClose(): void;
}) {
  const { t } = useWords();
  const toast = useToast();
  const queries = useQueryClient();
  const [note, setNote] = useState('');
  const [typed, setTyped] = useState('');
  const [findings, setFindings] = useState<Finding[]>([]);
  const { allow, boxes, missing } = useAllow(findings);
  const { run, busy, failure } = useAction(
    async () => {
      try {
        return await control(RollBack, { entity, to, expectedVersion: current, allow, note: note.trim() || null });
      } catch (error) {
        const broken = (error as { findings?: Finding[] }).findings;
        if (broken?.length) setFindings(broken);
        throw error;
      }
    },
    ({ rollbackSchema: { version } }) => {
      toast(t('publish.done', { entity, version }));
      for (const queryKey of [['schema'], ['schemas'], ['sdl'], ['model'], ['documents'], ['document'], ['history']])
        void queries.invalidateQueries({ queryKey });
      onClose();
    },
  );
  const ready = typed === entity && !missing;
  return (
    <Dialog
      title={t('rollBack.title', { version: to })}
      onClose={onClose}
      onSubmit={() => {
        if (ready) run();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="danger primary" type="submit" busy={busy} disabled={!ready}>
            <Undo2 aria-hidden />
            {t('history.rollBack')}
          </Button>
        </>
      }
    >
      <p>{t('rollBack.lead', { version: to })}</p>
      {failure && <FailureNotice failure={failure} />}
      {boxes}
      <Field label={t('publish.note')} optional>
        {(props) => <input {...props} value={note} onChange={(e) => setNote(e.target.value)} />}
      </Field>
      <Field
        label={
          <>
            {t('danger.type')} <code>{entity}</code>
          </>
        }
      >
        {(props) => (
          <input
            {...props}
            value={typed}
            autoComplete="off"
            spellCheck={false}
            onChange={(e) => setTyped(e.target.value)}
          />
        )}
      </Field>
    </Dialog>
  );
}
