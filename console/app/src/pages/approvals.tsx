import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Check, Stamp, X } from 'lucide-react';
import { Link } from 'wouter';
import { graphql } from '../gql';
import type { ApprovalsQuery } from '../gql/graphql';
import { control } from '../lib/api';
import { useWords } from '../lib/i18n';
import { usePerson } from '../lib/session';
import { Await, Badge, Button, Card, Empty, FailureNotice, Moment, Page, useAction, useToast } from '../ui';

const All = graphql(`
  query Approvals {
    approvals {
      id
      requester
      purpose
      subject
      reason
      requestDate
      approvedBy
      expirationDate
    }
  }
`);
const Approve = graphql(`
  mutation Approve($id: ID!) {
    approve(id: $id) {
      id
    }
  }
`);
const Decline = graphql(`
  mutation Decline($id: ID!) {
    declineApproval(id: $id) {
      id
    }
  }
`);

type Approval = ApprovalsQuery['approvals'][number];

export default function Approvals() {
  const { t } = useWords();
  const query = useQuery({ queryKey: ['approvals'], queryFn: () => control(All), refetchInterval: 15_000 });
  return (
    <Page title={t('approvals.title')} lead={t('approvals.lead')}>
      <Await query={query}>
        {({ approvals }) =>
          approvals.length === 0 ? (
            <Card>
              <Empty
                icon={Stamp}
                title={t('approvals.none')}
                actions={
                  <Link className="button" href="/purposes">
                    {t('policy.title')}
                  </Link>
                }
              >
                {t('approvals.none.todo')}
              </Empty>
            </Card>
          ) : (
            <div className="stack">
              {approvals.map((a) => (
                <Request key={a.id} approval={a} />
              ))}
            </div>
          )
        }
      </Await>
    </Page>
  );
}

function Request({
  approval: { id, requester, purpose, subject, reason, requestDate, approvedBy, expirationDate },
}: {
  approval: Approval;
}) {
  const { t } = useWords();
  const { actor, may } = usePerson();
  const toast = useToast();
  const queries = useQueryClient();
  const done = (text: string) => () => {
    toast(text);
    void queries.invalidateQueries({ queryKey: ['approvals'] });
  };
  const approve = useAction(() => control(Approve, { id }), done(t('approvals.approved')));
  const decline = useAction(() => control(Decline, { id }), done(t('approvals.declined')));
  const own = requester === actor;
  return (
    <Card
      title={
        <span className="row">
          {purpose}{' '}
          {approvedBy ? (
            <Badge tone="good">{t('approvals.holds')}</Badge>
          ) : (
            <Badge tone="warn">{t('approvals.waits')}</Badge>
          )}
        </span>
      }
      actions={
        <>
          <Button small kind="danger" busy={decline.busy} onClick={() => decline.run()}>
            <X aria-hidden />
            {approvedBy ? t('approvals.withdraw') : own ? t('approvals.withdrawOwn') : t('approvals.decline')}
          </Button>
          {!approvedBy && may('PRIVACY') && (
            <Button
              small
              kind="primary"
              busy={approve.busy}
              disabled={own}
              title={own ? t('approvals.own') : undefined}
              onClick={() => approve.run()}
            >
              <Check aria-hidden />
              {t('approvals.approve')}
            </Button>
          )}
        </>
      }
    >
      <div className="stack">
        <p>{reason}</p>
        <dl className="facts tight">
          <dt>{t('approvals.requester')}</dt>
          <dd>
            <code>{requester}</code>
            {own && <span className="quiet"> ({t('approvals.you')})</span>}
          </dd>
          <dt>{t('approvals.subject')}</dt>
          <dd>
            <Link href={`/shoppers/Profile/${subject}`}>
              <code>{subject}</code>
            </Link>
          </dd>
          <dt>{t('approvals.when')}</dt>
          <dd>
            <Moment at={requestDate} />
          </dd>
          {approvedBy && (
            <>
              <dt>{t('approvals.by')}</dt>
              <dd>
                <code>{approvedBy}</code>
              </dd>
            </>
          )}
          <dt>{t('approvals.until')}</dt>
          <dd>
            <Moment at={expirationDate} full />
          </dd>
        </dl>
        {own && !approvedBy && <p className="quiet">{t('approvals.own')}</p>}
        {(approve.failure ?? decline.failure) && <FailureNotice failure={(approve.failure ?? decline.failure)!} />}
      </div>
    </Card>
  );
}
