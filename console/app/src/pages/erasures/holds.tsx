import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { LockOpen, Scale } from 'lucide-react';
import { useState } from 'react';
import { graphql } from '../../gql';
import type { LegalHoldsQuery } from '../../gql/graphql';
import { control } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import {
  Await,
  Button,
  Card,
  Danger,
  Dialog,
  Empty,
  FailureNotice,
  Moment,
  Table,
  useAction,
  useToast,
} from '../../ui';
import { isReference, Reference } from './reference';

const Holds = graphql(`
  query LegalHolds($subject: ID, $after: ID) {
    legalHolds(subject: $subject, first: 50, after: $after) {
      id
      subject
      reference
      creationDate
      createdBy
    }
  }
`);
const Place = graphql(`
  mutation PlaceLegalHold($subject: ID!, $reference: String!) {
    placeLegalHold(subject: $subject, reference: $reference) {
      id
    }
  }
`);
const Release = graphql(`
  mutation ReleaseLegalHold($id: ID!) {
    releaseLegalHold(id: $id) {
      id
    }
  }
`);

export type Hold = LegalHoldsQuery['legalHolds'][number];

/** The legal holds of a shopper, or all there are. */
export const useHolds = (subject: string | null) =>
  useInfiniteQuery({
    queryKey: ['holds', subject],
    queryFn: async ({ pageParam }) => (await control(Holds, { subject, after: pageParam })).legalHolds,
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (last.length < 50 ? undefined : last.at(-1)?.id),
  });

export function HoldList() {
  const { t } = useWords();
  const query = useHolds(null);
  const [releasing, setReleasing] = useState<Hold | null>(null);
  return (
    <Card title={t('holds.title')} lead={t('holds.lead')} flush>
      <Await query={query}>
        {({ pages }) => {
          const holds = pages.flat();
          return holds.length === 0 ? (
            <Empty icon={Scale} title={t('holds.none')}>
              {t('holds.none.todo')}
            </Empty>
          ) : (
            <>
              <Table
                rows={holds}
                id={({ id }) => id}
                columns={[
                  [t('approvals.subject'), ({ subject }) => <code>{subject}</code>],
                  [t('reference'), ({ reference }) => reference],
                  [
                    t('holds.placed'),
                    ({ creationDate, createdBy }) => (
                      <>
                        <Moment at={creationDate} />
                        <span className="sub">{createdBy}</span>
                      </>
                    ),
                  ],
                ]}
                actions={(hold) => <ReleaseButton onClick={() => setReleasing(hold)} />}
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
      {releasing && <ReleaseHold hold={releasing} onClose={() => setReleasing(null)} />}
    </Card>
  );
}

export function ReleaseButton({ onClick }: { onClick(): void }) {
  const { t } = useWords();
  return (
    <Button small kind="danger" onClick={onClick}>
      <LockOpen aria-hidden />
      {t('holds.release')}
    </Button>
  );
}

export function ReleaseHold({ hold: { id, reference }, onClose }: { hold: Hold; onClose(): void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  return (
    <Danger
      title={t('holds.release.title')}
      name={reference}
      action={t('holds.release')}
      done={t('holds.released')}
      onClose={onClose}
      run={async () => {
        await control(Release, { id });
        await queries.invalidateQueries({ queryKey: ['holds'] });
      }}
    >
      <p>{t('holds.release.lead')}</p>
    </Danger>
  );
}

export function PlaceHold({ subject, onClose }: { subject: string; onClose(): void }) {
  const { t } = useWords();
  const toast = useToast();
  const queries = useQueryClient();
  const [reference, setReference] = useState('');
  const right = isReference(reference);
  const { run, busy, failure } = useAction(
    async () => {
      await control(Place, { subject, reference });
      await queries.invalidateQueries({ queryKey: ['holds'] });
    },
    () => {
      toast(t('holds.done'));
      onClose();
    },
  );
  return (
    <Dialog
      title={t('holds.place.title')}
      onClose={onClose}
      onSubmit={() => {
        if (right) run();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={busy} disabled={!right}>
            {t('holds.place.do')}
          </Button>
        </>
      }
    >
      <p>{t('holds.place.lead')}</p>
      <Reference value={reference} onChange={setReference} hint={t('holds.reference.hint')} />
      {failure && <FailureNotice failure={failure} />}
    </Dialog>
  );
}
