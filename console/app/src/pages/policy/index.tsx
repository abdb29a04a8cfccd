import { useQuery, useQueryClient } from '@tanstack/react-query';
import { FileLock2, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { graphql } from '../../gql';
import type { PurposeInput } from '../../gql/graphql';
import { control } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { usePerson } from '../../lib/session';
import { Await, Badge, Button, Card, Danger, Empty, Moment, Page, useToast } from '../../ui';
import { PurposeDialog } from './purpose';
import { Settings } from './settings';
import { TryPolicy } from './try';
import type { Purpose } from './types';

const Current = graphql(`
  query Policy {
    policy {
      refuseMisplaced
      auditDays
      purposes {
        code
        description
        legalBasis
        fields
        roles
        budgetPerHour
        expirationDate
        approval
      }
    }
  }
`);

const Put = graphql(`
  mutation PutPolicy($purposes: [PurposeInput!]!, $refuseMisplaced: Boolean!, $auditDays: Int) {
    putPolicy(purposes: $purposes, refuseMisplaced: $refuseMisplaced, auditDays: $auditDays) {
      refuseMisplaced
    }
  }
`);

const inputOf = ({
  code,
  description,
  legalBasis,
  fields,
  roles,
  budgetPerHour,
  expirationDate,
  approval,
}: Purpose): PurposeInput => ({
  code,
  description,
  legalBasis,
  fields,
  roles,
  approval,
  budgetPerHour: budgetPerHour ?? null,
  expirationDate: expirationDate ?? null,
});

export default function Purposes() {
  const { t } = useWords();
  const { may } = usePerson();
  const toast = useToast();
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ['policy', 'whole'], queryFn: async () => (await control(Current)).policy });
  const [editing, setEditing] = useState<Purpose | 'new' | null>(null);
  const [removing, setRemoving] = useState<Purpose | null>(null);
  const write = may('PRIVACY');
  const put = async (
    change: Partial<{ purposes: PurposeInput[]; refuseMisplaced: boolean; auditDays: number | null }>,
  ) => {
    const now = query.data;
    if (!now) return;
    await control(Put, {
      purposes: now.purposes.map(inputOf),
      refuseMisplaced: now.refuseMisplaced,
      auditDays: now.auditDays ?? null,
      ...change,
    });
    await queries.invalidateQueries({ queryKey: ['policy'] });
    toast(t('policy.saved'));
  };
  return (
    <Page
      title={t('policy.title')}
      lead={t('policy.lead')}
      actions={
        write && (
          <Button kind="primary" onClick={() => setEditing('new')}>
            <Plus aria-hidden />
            {t('policy.new')}
          </Button>
        )
      }
    >
      <Await query={query}>
        {(policy) => (
          <>
            {policy.purposes.length === 0 ? (
              <Card>
                <Empty
                  icon={FileLock2}
                  title={t('policy.none')}
                  actions={write && <Button onClick={() => setEditing('new')}>{t('policy.new')}</Button>}
                >
                  {t('policy.none.todo')}
                </Empty>
              </Card>
            ) : (
              policy.purposes.map((p) => (
                <Card
                  key={p.code}
                  title={<code>{p.code}</code>}
                  lead={p.description}
                  actions={
                    write && (
                      <>
                        <Button small kind="plain" onClick={() => setEditing(p)}>
                          <Pencil aria-hidden />
                          {t('edit')}
                        </Button>
                        <Button small kind="danger" onClick={() => setRemoving(p)}>
                          <Trash2 aria-hidden />
                          {t('policy.remove')}
                        </Button>
                      </>
                    )
                  }
                >
                  <dl className="facts tight">
                    <dt>{t('policy.legalBasis')}</dt>
                    <dd>{p.legalBasis}</dd>
                    <dt>{t('policy.fields')}</dt>
                    <dd>
                      <span className="badges">
                        {p.fields.map((f) => (
                          <Badge key={f} tone="secret">
                            {f}
                          </Badge>
                        ))}
                      </span>
                    </dd>
                    <dt>{t('apiKeys.roles')}</dt>
                    <dd>
                      <span className="badges">
                        {p.roles.map((r) => (
                          <Badge key={r} tone="accent">
                            {r}
                          </Badge>
                        ))}
                      </span>
                    </dd>
                    <dt>{t('policy.budget')}</dt>
                    <dd>{p.budgetPerHour ? t('policy.budget.n', { n: p.budgetPerHour }) : t('policy.budget.none')}</dd>
                    <dt>{t('policy.approval')}</dt>
                    <dd>{p.approval ? t('yes') : t('no')}</dd>
                    <dt>{t('policy.ends')}</dt>
                    <dd>{p.expirationDate ? <Moment at={p.expirationDate} full /> : t('doc.never')}</dd>
                  </dl>
                </Card>
              ))
            )}
            {write && <TryPolicy policy={policy} />}
            <Settings
              key={JSON.stringify([policy.refuseMisplaced, policy.auditDays])}
              policy={policy}
              write={write}
              put={put}
            />
            {editing && (
              <PurposeDialog
                purpose={editing === 'new' ? null : editing}
                taken={policy.purposes.map((p) => p.code)}
                onClose={() => setEditing(null)}
                save={(purpose) =>
                  put({
                    purposes:
                      editing === 'new'
                        ? [...policy.purposes.map(inputOf), purpose]
                        : policy.purposes.map((p) => (p === editing ? purpose : inputOf(p))),
                  })
                }
              />
            )}
            {removing && (
              <Danger
                title={t('policy.remove.title')}
                name={removing.code}
                action={t('policy.remove')}
                onClose={() => setRemoving(null)}
                run={() => put({ purposes: policy.purposes.filter((p) => p !== removing).map(inputOf) })}
              >
                <p>{t(policy.purposes.length === 1 ? 'policy.remove.last' : 'policy.remove.lead')}</p>
              </Danger>
            )}
          </>
        )}
      </Await>
    </Page>
  );
}
