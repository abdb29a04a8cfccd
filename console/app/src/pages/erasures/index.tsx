import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Download, Eraser, SearchX } from 'lucide-react';
import { Link, Route, Switch } from 'wouter';
import { graphql } from '../../gql';
import { control, Failure } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { pretty } from '../../lib/json';
import { save } from '../../lib/save';
import {
  Await,
  Badge,
  Button,
  ButtonLink,
  Card,
  Copyable,
  Empty,
  FailureNotice,
  Moment,
  Notice,
  Page,
  Table,
  useAction,
} from '../../ui';
import { HoldList } from './holds';

const All = graphql(`
  query Erasures($after: ID) {
    erasures(first: 50, after: $after) {
      subject
      reference
      requestDate
      requestedBy
      completionDate
      documents
      versions
    }
  }
`);
const One = graphql(`
  query Erasure($subject: ID!) {
    erasure(subject: $subject) {
      reference
      requestDate
      requestedBy
      completionDate
      documents
      versions
    }
  }
`);
const Certificate = graphql(`
  query Certificate($subject: ID!) {
    erasure(subject: $subject) {
      certificate
    }
  }
`);

/** Shoppers that were erased, and those that must not be. */
export default function Erasures() {
  return (
    <Switch>
      <Route path="/erasures/:subject">{({ subject }) => <Done key={subject} subject={subject} />}</Route>
      <Route>
        <Lists />
      </Route>
    </Switch>
  );
}

function Lists() {
  const { t } = useWords();
  return (
    <Page title={t('erasures.title')} lead={t('erasures.lead')}>
      <ErasureList />
      <HoldList />
    </Page>
  );
}

/** Saves a certificate as a file. */
function useCertificate() {
  return useAction(async (subject: string) => {
    const { erasure } = await control(Certificate, { subject });
    if (!erasure?.certificate) throw new Failure('NOT_FOUND', 'The erasure has no certificate yet.');
    save(`erasure-${subject}.json`, pretty(erasure.certificate));
  });
}

function CertificateButton({ small, busy, onClick }: { small?: boolean; busy: boolean; onClick(): void }) {
  const { t } = useWords();
  return (
    <Button small={small ?? false} busy={busy} onClick={onClick}>
      <Download aria-hidden />
      {t('erasures.certificate')}
    </Button>
  );
}

const Completed = ({ at, full }: { at: string | null | undefined; full?: boolean }) => {
  const { t } = useWords();
  return at ? <Moment at={at} full={full ?? false} /> : <Badge tone="warn">{t('erasures.underWay')}</Badge>;
};

function ErasureList() {
  const { t, many } = useWords();
  const certificate = useCertificate();
  const query = useInfiniteQuery({
    queryKey: ['erasures'],
    queryFn: async ({ pageParam }) => (await control(All, { after: pageParam })).erasures,
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (last.length < 50 ? undefined : last.at(-1)?.subject),
  });
  return (
    <Card title={t('erasures.list')} lead={t('erasures.list.lead')} flush>
      {certificate.failure && (
        <div className="body">
          <FailureNotice failure={certificate.failure} />
        </div>
      )}
      <Await query={query}>
        {({ pages }) => {
          const erasures = pages.flat();
          return erasures.length === 0 ? (
            <Empty icon={Eraser} title={t('erasures.none')}>
              {t('erasures.none.todo')}
            </Empty>
          ) : (
            <>
              <Table
                rows={erasures}
                id={({ subject }) => subject}
                columns={[
                  [
                    t('approvals.subject'),
                    ({ subject }) => (
                      <Link href={`/erasures/${subject}`}>
                        <code>{subject}</code>
                      </Link>
                    ),
                  ],
                  [t('reference'), ({ reference }) => reference ?? <span className="quiet">—</span>],
                  [
                    t('erasures.requested'),
                    ({ requestDate, requestedBy }) => (
                      <>
                        <Moment at={requestDate} />
                        <span className="sub">{requestedBy}</span>
                      </>
                    ),
                  ],
                  [t('erasures.completed'), ({ completionDate }) => <Completed at={completionDate} />],
                  [
                    t('erasures.erased'),
                    ({ documents, versions }) => (
                      <>
                        {many('erasures.documents', documents)}
                        <span className="sub">{many('erasures.versions', versions)}</span>
                      </>
                    ),
                  ],
                ]}
                actions={({ subject, completionDate }) =>
                  completionDate && (
                    <CertificateButton small busy={certificate.busy} onClick={() => certificate.run(subject)} />
                  )
                }
              />
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

/** What was done about one shopper. */
function Done({ subject }: { subject: string }) {
  const { t, many } = useWords();
  const certificate = useCertificate();
  const query = useQuery({
    queryKey: ['erasures', subject],
    queryFn: async () => (await control(One, { subject })).erasure ?? null,
    refetchInterval: ({ state }) => (state.data && !state.data.completionDate ? 5_000 : false),
  });
  return (
    <Page
      title={t('erasures.one')}
      crumbs={[['/erasures', t('erasures.title')]]}
      lead={<Copyable text={subject} />}
      actions={
        query.data?.completionDate && (
          <CertificateButton busy={certificate.busy} onClick={() => certificate.run(subject)} />
        )
      }
    >
      {certificate.failure && <FailureNotice failure={certificate.failure} />}
      <Await query={query}>
        {(erasure) =>
          erasure ? (
            <>
              {erasure.completionDate ? (
                <Notice tone="good" title={t('erasures.done')}>
                  {t('erasures.done.lead')}
                </Notice>
              ) : (
                <Notice tone="warn" title={t('erasures.notYet')}>
                  {t('erasures.notYet.lead')}
                </Notice>
              )}
              <Card>
                <dl className="facts">
                  <dt>{t('erasures.erased')}</dt>
                  <dd>
                    {many('erasures.documents', erasure.documents)}, {many('erasures.versions', erasure.versions)}
                  </dd>
                  <dt>{t('reference')}</dt>
                  <dd>{erasure.reference ?? <span className="quiet">—</span>}</dd>
                  <dt>{t('erasures.requested')}</dt>
                  <dd>
                    <Moment at={erasure.requestDate} full /> · <code>{erasure.requestedBy}</code>
                  </dd>
                  <dt>{t('erasures.completed')}</dt>
                  <dd>
                    <Completed at={erasure.completionDate} full />
                  </dd>
                </dl>
              </Card>
            </>
          ) : (
            <Card>
              <Empty
                icon={SearchX}
                title={t('erasures.missing')}
                actions={<ButtonLink href="/erasures">{t('erasures.title')}</ButtonLink>}
              />
            </Card>
          )
        }
      </Await>
    </Page>
  );
}
