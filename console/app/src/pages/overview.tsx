import { useQuery } from '@tanstack/react-query';
import { Stamp } from 'lucide-react';
import { Link } from 'wouter';
import { graphql } from '../gql';
import { control } from '../lib/api';
import { useWords } from '../lib/i18n';
import { usePerson } from '../lib/session';
import type { usePlaces } from '../places';
import { Badge, Card, Notice, Page } from '../ui';

const Waiting = graphql(`
  query WaitingApprovals {
    approvals {
      id
      approvedBy
    }
  }
`);

/** The first page: who one is here, what waits, and where to go. */
export function Overview({ groups }: { groups: ReturnType<typeof usePlaces> }) {
  const { t, many, find } = useWords();
  const { account, actor, roles, permissions, subject, may } = usePerson();
  const approvals = useQuery({
    queryKey: ['approvals', 'waiting'],
    queryFn: () => control(Waiting),
    enabled: may('PRIVACY'),
  });
  const waiting = approvals.data?.approvals.filter((a) => !a.approvedBy).length ?? 0;
  return (
    <Page title={account.name || account.id} lead={t('overview.lead')}>
      {waiting > 0 && (
        <Notice tone="warn" title={many('overview.waiting', waiting)}>
          <div className="row">
            <Link className="button small" href="/approvals">
              <Stamp aria-hidden />
              {t('overview.waiting.look')}
            </Link>
          </div>
        </Notice>
      )}
      {groups.map(([group, list]) => (
        <section key={group} className="stack tight" aria-label={t(group)}>
          <h2>{t(group)}</h2>
          <div className="cards">
            {list.map(({ path, label, icon: Icon }) => (
              <Link key={path} href={path} className="card tile">
                <Icon aria-hidden />
                <h3>{t(label)}</h3>
                <p>{find(`${label.replace('.title', '')}.about`)}</p>
              </Link>
            ))}
          </div>
        </section>
      ))}
      <Card title={t('overview.you')}>
        <dl className="facts">
          <dt>{t('overview.account')}</dt>
          <dd>
            <code>{account.id}</code>
          </dd>
          <dt>{t('overview.actor')}</dt>
          <dd>
            <code>{actor}</code>
          </dd>
          {subject && (
            <>
              <dt>{t('overview.subject')}</dt>
              <dd>
                <code>{subject}</code>
              </dd>
            </>
          )}
          <dt>{t('overview.roles')}</dt>
          <dd>
            <span className="badges">
              {roles.map((role) => (
                <Badge key={role} tone="accent">
                  {role}
                </Badge>
              ))}
            </span>
          </dd>
          <dt>{t('overview.permissions')}</dt>
          <dd>{permissions.map((p) => find(`permission.${p}`) ?? p).join(' · ')}</dd>
        </dl>
      </Card>
    </Page>
  );
}
