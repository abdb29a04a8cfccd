import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { BookOpenCheck, Pencil, Plus, SearchX, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { byId, moreOwned, remove, type Doc, type DocPage } from '../../data/documents';
import type { Entity, Owned } from '../../data/model';
import { asFailure } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { spoken } from '../../lib/names';
import { usePerson } from '../../lib/session';
import { Await, Button, ButtonLink, Card, Copyable, Danger, Empty, FailureNotice, Moment, Page, Tabs } from '../../ui';
import { Fields } from './fields';
import { Privacy } from './privacy';
import { Versions } from './versions';

export const useDocument = (entity: Entity, id: string) =>
  useQuery({ queryKey: ['document', entity.name, id], queryFn: () => byId(entity, id) });

/** One document: what it holds, masked, what it owns, and how it came to be. */
export function Shopper({ entity, id, tab }: { entity: Entity; id: string; tab: 'details' | 'versions' }) {
  const { t } = useWords();
  const { may } = usePerson();
  const query = useDocument(entity, id);
  const here = `/shoppers/${entity.name}/${id}`;
  const kind = entity.ownerField ? 'Profile' : entity.name;
  return (
    <Page
      title={spoken(entity.name)}
      crumbs={[[`/shoppers/${kind}`, t('shoppers.title')]]}
      lead={<Copyable text={id} />}
      actions={
        query.data && (
          <>
            {may('AUDIT') && (
              <ButtonLink href={`/audit?subject=${id}`}>
                <BookOpenCheck aria-hidden />
                {t('doc.whoSaw')}
              </ButtonLink>
            )}
            {may('WRITE') && entity.update && (
              <ButtonLink href={`${here}/edit`}>
                <Pencil aria-hidden />
                {t('edit')}
              </ButtonLink>
            )}
          </>
        )
      }
    >
      <Await query={query}>
        {(doc) =>
          doc ? (
            <>
              <Tabs
                label={t('doc.views')}
                current={tab === 'details' ? here : `${here}/versions`}
                tabs={[
                  [here, t('doc.details')],
                  [`${here}/versions`, t('doc.versions')],
                ]}
              />
              {tab === 'versions' ? (
                <Versions entity={entity} id={id} />
              ) : (
                <div className="split">
                  <div className="stack">
                    {doc.failures[0] && <FailureNotice failure={doc.failures[0]} />}
                    <Fields entity={entity} doc={doc} subject={id} title={t('doc.fields')} />
                    {entity.owned().map((owned) => (
                      <OwnedDocuments
                        key={owned.field}
                        of={entity}
                        owned={owned}
                        owner={id}
                        first={doc.owned[owned.field] ?? { docs: [], next: null }}
                      />
                    ))}
                  </div>
                  <div className="narrow stack">
                    <About entity={entity} doc={doc} />
                    {may('PRIVACY') && !entity.ownerField && <Privacy subject={id} />}
                  </div>
                </div>
              )}
            </>
          ) : (
            <Card>
              <Empty
                icon={SearchX}
                title={t('doc.none')}
                actions={<ButtonLink href={`/shoppers/${kind}`}>{t('find')}</ButtonLink>}
              >
                {t('doc.none.todo')}
              </Empty>
            </Card>
          )
        }
      </Await>
    </Page>
  );
}

function OwnedDocuments({
  of,
  owned,
  owner,
  first,
}: {
  of: Entity;
  owned: Owned;
  owner: string;
  /** The first of them, which come with the owner. */
  first: DocPage;
}) {
  const { t, number } = useWords();
  const { may } = usePerson();
  const { field, description, many: plural, entity } = owned;
  const [wanted, setWanted] = useState(false);
  const more = useInfiniteQuery({
    queryKey: ['document', of.name, owner, field, first.next],
    queryFn: ({ pageParam }) => moreOwned(of, owner, owned, pageParam),
    initialPageParam: first.next,
    getNextPageParam: (last) => last.next,
    enabled: wanted,
  });
  const further = (wanted && more.data?.pages) || [];
  const docs = [first, ...further].flatMap((p) => p.docs);
  const [damage] = further.flatMap((p) => p.failures);
  const isMore = further.length > 0 ? more.hasNextPage : first.next !== null;
  const add = may('WRITE') && entity.create && (plural || docs.length === 0) && (
    <ButtonLink className="small" href={`/shoppers/${entity.name}/new/${owner}`}>
      <Plus aria-hidden />
      {t('doc.add')}
    </ButtonLink>
  );
  if (docs.length === 0) {
    return (
      <section className="card slim" aria-label={spoken(field)}>
        <header>
          <div>
            <h2>{spoken(field)}</h2>
            <p>{t('doc.ownsNone')}</p>
          </div>
          {add}
        </header>
      </section>
    );
  }
  return (
    <section className="stack" aria-label={plural ? spoken(field) : undefined}>
      <div className="row between">
        <h2 title={description ?? undefined}>
          {spoken(field)}
          {plural && (
            <span className="quiet">
              {' '}
              · {isMore ? t('doc.first', { n: number(docs.length) }) : number(docs.length)}
            </span>
          )}
        </h2>
        {add}
      </div>
      {docs.map((doc, i) => (
        <Fields
          key={doc.id}
          entity={entity}
          doc={doc}
          subject={owner}
          title={plural ? `${spoken(entity.name)} ${i + 1}` : spoken(entity.name)}
          actions={
            <>
              <ButtonLink className="small plain" href={`/shoppers/${entity.name}/${doc.id}/versions`}>
                {t('doc.versions')}
              </ButtonLink>
              {may('WRITE') && entity.update && (
                <ButtonLink className="small plain" href={`/shoppers/${entity.name}/${doc.id}/edit`}>
                  <Pencil aria-hidden />
                  {t('edit')}
                </ButtonLink>
              )}
            </>
          }
        />
      ))}
      {damage && <FailureNotice failure={damage} />}
      {more.error && <FailureNotice failure={asFailure(more.error)} retry={() => void more.refetch()} />}
      {isMore && (
        <div className="row">
          <Button
            busy={wanted && more.isFetching}
            onClick={() => (wanted ? void more.fetchNextPage() : setWanted(true))}
          >
            {t('more')}
          </Button>
        </div>
      )}
    </section>
  );
}

function About({ entity, doc }: { entity: Entity; doc: Doc }) {
  const { t } = useWords();
  const { may } = usePerson();
  const [, go] = useLocation();
  const queries = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  return (
    <Card title={t('doc.about')}>
      <dl className="facts tight">
        <dt>{t('doc.version')}</dt>
        <dd>
          <code>{doc.meta.version}</code>
        </dd>
        <dt>{t('doc.author')}</dt>
        <dd>
          <code>{doc.meta.author ?? '—'}</code>
        </dd>
        <dt>{t('doc.created')}</dt>
        <dd>
          <Moment at={doc.meta.creationDate} />
        </dd>
        <dt>{t('doc.updated')}</dt>
        <dd>
          <Moment at={doc.meta.lastUpdate} />
        </dd>
        <dt>{t('doc.expires')}</dt>
        <dd>{doc.meta.expirationDate ? <Moment at={doc.meta.expirationDate} /> : t('doc.never')}</dd>
      </dl>
      {may('DELETE') && entity.remove && (
        <p className="apart">
          <Button kind="danger" small onClick={() => setDeleting(true)}>
            <Trash2 aria-hidden />
            {t('doc.delete')}
          </Button>
        </p>
      )}
      {deleting && (
        <Danger
          title={t('doc.delete')}
          name={doc.id.slice(-12)}
          action={t('doc.delete.do')}
          done={t('doc.deleted')}
          onClose={() => setDeleting(false)}
          run={async () => {
            await remove(entity, doc.id, doc.meta.version);
            queries.removeQueries({ queryKey: ['document', entity.name, doc.id] });
            void queries.invalidateQueries({ queryKey: ['documents'] });
            go(`/shoppers/${entity.ownerField ? 'Profile' : entity.name}`);
          }}
        >
          <p>{t('doc.delete.lead')}</p>
        </Danger>
      )}
    </Card>
  );
}
